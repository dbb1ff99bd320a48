// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

TEST(MonotonicClock, NeverGoesBack) {
  const auto before = monotonic_now();
  EXPECT_GE(monotonic_now(), before);
}

TEST(UnixClock, CountsFrom1970) {
  const auto now = std::chrono::duration_cast<std::chrono::years>(unix_now());
  EXPECT_GE(now.count(), 2024 - 1970);
  EXPECT_LT(now.count(), 2200 - 1970);
}

}  // namespace
}  // namespace tickwire
