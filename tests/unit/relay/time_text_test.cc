// SPDX-License-Identifier: Apache-2.0
#include "relay/time_text.h"

#include <gtest/gtest.h>

namespace tickwire::relay {
namespace {

using std::chrono::seconds;

TEST(ParseTime, ReadsUtc) { EXPECT_EQ(parse_time("2026-01-02T03:04:05Z"), seconds(1'767'323'045)); }

TEST(ParseTime, LeavesFractionsOut) { EXPECT_EQ(parse_time("2026-01-02T03:04:05.999999999Z"), seconds(1'767'323'045)); }

TEST(ParseTime, ReadsAnOffset) {
  EXPECT_EQ(parse_time("2026-01-02T11:04:05+08:00"), seconds(1'767'323'045));
  EXPECT_EQ(parse_time("2026-01-01T21:34:05-05:30"), seconds(1'767'323'045));
}

TEST(ParseTime, ReadsTheFirstYear) { EXPECT_EQ(parse_time("0001-01-01T00:00:00Z"), seconds(-62'135'596'800)); }

TEST(ParseTime, RefusesWhatIsNone) {
  for (const char* text : {"", "now", "2026-01-02", "2026-13-02T03:04:05Z", "2026-02-29T03:04:05Z", "2026-01-02T24:04:05Z",
                           "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+8:00", "2026-01-02T03:04:05ZZ",
                           "2026-01-02T03:04:05+08:0", "+026-01-02T03:04:05Z", "2026-01-02T03:04: 5Z", "0000-01-01T00:00:00Z"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

TEST(ParseTime, KnowsLeapYears) { EXPECT_TRUE(parse_time("2028-02-29T00:00:00Z").has_value()); }

TEST(FormatTime, SaysTheOffset) {
  EXPECT_EQ(format_time(seconds(1'767'323'045), seconds(0)), "2026-01-02 03:04:05 UTC+00:00");
  EXPECT_EQ(format_time(seconds(1'767'323'045), seconds(8 * 3600)), "2026-01-02 11:04:05 UTC+08:00");
  EXPECT_EQ(format_time(seconds(1'767'323'045), seconds(-19'800)), "2026-01-01 21:34:05 UTC-05:30");
}

TEST(FormatTime, ShowsTimesBeforeTheEpoch) {
  EXPECT_EQ(format_time(seconds(-62'135'596'800), seconds(0)), "0001-01-01 00:00:00 UTC+00:00");
}

}  // namespace
}  // namespace tickwire::relay
