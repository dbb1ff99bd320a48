// SPDX-License-Identifier: Apache-2.0
#include "export/text_parts.h"

#include <gtest/gtest.h>

namespace tickwire::exporting {
namespace {

TEST(PercentOrDash, HasThreeSignificantDigitsFromOnePercentOn) {
  EXPECT_EQ(percent_or_dash(0.0), "0.00%");
  EXPECT_EQ(percent_or_dash(0.00499), "0.50%");
  EXPECT_EQ(percent_or_dash(0.0999), "9.99%");
  EXPECT_EQ(percent_or_dash(0.0999999), "10.0%");
  EXPECT_EQ(percent_or_dash(0.9994), "99.9%");
  EXPECT_EQ(percent_or_dash(0.99999), "100%");
  EXPECT_EQ(percent_or_dash(std::nullopt), "-");
}

}  // namespace
}  // namespace tickwire::exporting
