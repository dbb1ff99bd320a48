// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/samples.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

TEST(Samples, HaveNoSummaryWhenThereAreNone) { EXPECT_EQ(Samples{}.summary(), std::nullopt); }

TEST(Samples, GiveQuantilesByNearestRank) {
  Samples samples;
  for (int i = 200; i >= 1; --i) samples.add(Nanoseconds(i));
  EXPECT_EQ(samples.summary(), (Summary{.count = 200,
                                        .min = Nanoseconds(1),
                                        .p50 = Nanoseconds(100),
                                        .p90 = Nanoseconds(180),
                                        .p99 = Nanoseconds(198),
                                        .p999 = Nanoseconds(200),
                                        .max = Nanoseconds(200),
                                        .mean = Nanoseconds(100)}));
}

TEST(Samples, GiveTheOnlyOneForEveryQuantile) {
  Samples samples;
  samples.add(Nanoseconds(7));
  const Nanoseconds seven(7);
  EXPECT_EQ(
      samples.summary(),
      (Summary{.count = 1, .min = seven, .p50 = seven, .p90 = seven, .p99 = seven, .p999 = seven, .max = seven, .mean = seven}));
}

TEST(Samples, AreBounded) {
  Samples samples;
  for (std::size_t i = 0; i <= Samples::kMaxSamples; ++i) samples.add(Nanoseconds(1));
  EXPECT_EQ(samples.summary()->count, Samples::kMaxSamples);
  EXPECT_EQ(samples.lost_count(), 1U);
}

}  // namespace
}  // namespace tickwire::game
