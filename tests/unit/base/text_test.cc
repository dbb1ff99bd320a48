// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace tickwire {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using Parts = std::vector<std::string_view>;

constexpr std::uint64_t kMost64 = std::numeric_limits<std::uint64_t>::max();

TEST(ParseDuration, KnowsEveryUnit) {
  EXPECT_EQ(parse_duration("7ns"), 7ns);
  EXPECT_EQ(parse_duration("250us"), 250us);
  EXPECT_EQ(parse_duration("20ms"), 20ms);
  EXPECT_EQ(parse_duration("2s"), 2s);
  EXPECT_EQ(parse_duration("1m"), 1min);
  EXPECT_EQ(parse_duration("1h"), 1h);
}

TEST(ParseDuration, TakesFractions) {
  EXPECT_EQ(parse_duration("1.5ms"), 1500us);
  EXPECT_EQ(parse_duration("0.25s"), 250ms);
}

TEST(ParseDuration, ReachesFromZeroToADay) {
  EXPECT_EQ(parse_duration("0s"), 0s);
  EXPECT_EQ(parse_duration("24h"), 24h);
}

TEST(ParseDuration, RefusesMoreThanADay) {
  for (const char* text : {"24.1h", "86401s", "99999999999999999999h"}) {
    EXPECT_EQ(parse_duration(text).error().failure, Failure::kUsage) << text;
  }
}

TEST(ParseDuration, RefusesWhatIsNoNumberWithAUnit) {
  for (const char* text :
       {"", "5", "ms", "5 ms", " 5ms", "5ms ", "-5ms", "+5ms", "5e3ms", "1.2.3s", ".5s", "5.s", "infs", "0x5s", "5MS", "5d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ParseDuration, NamesWhatWasGiven) {
  EXPECT_EQ(parse_duration("soon").error(), (Error{Failure::kUsage, "duration \"soon\" is not a number with a unit",
                                                   "write it like 250us, 1.5ms, 2s, 1m or 1h"}));
}

TEST(ParseNumber, TakesTheEndsOfItsRange) {
  EXPECT_EQ(parse_number("1", 1, 65535), 1U);
  EXPECT_EQ(parse_number("65535", 1, 65535), 65535U);
  EXPECT_EQ(parse_number("18446744073709551615", 0, kMost64), kMost64);
}

TEST(ParseNumber, RefusesWhatIsOutsideItsRange) {
  EXPECT_EQ(parse_number("0", 1, 65535).error().message, "0 is not between 1 and 65535");
  EXPECT_EQ(parse_number("65536", 1, 65535).error().message, "65536 is not between 1 and 65535");
  EXPECT_FALSE(parse_number("18446744073709551616", 0, kMost64));
}

TEST(ParseNumber, RefusesWhatIsNotAWholeNumber) {
  for (const char* text : {"", " 1", "1 ", "-1", "+1", "1.0", "0x1", "1e3", "one", "18446744073709551616x"}) {
    EXPECT_EQ(parse_number(text, 0, kMost64).error().message, "\"" + std::string(text) + "\" is not a whole number");
  }
}

TEST(FormatDuration, HasThreeSignificantDigitsAndAUnit) {
  EXPECT_EQ(format_duration(85'300ns), "85.3us");
  EXPECT_EQ(format_duration(16'200us), "16.2ms");
  EXPECT_EQ(format_duration(1030ms), "1.03s");
  EXPECT_EQ(format_duration(250us), "250us");
  EXPECT_EQ(format_duration(2s), "2.00s");
}

TEST(FormatDuration, WritesNanosecondsWhole) {
  EXPECT_EQ(format_duration(1ns), "1ns");
  EXPECT_EQ(format_duration(999ns), "999ns");
}

TEST(FormatDuration, HasNoUnitAboveSeconds) { EXPECT_EQ(format_duration(1h), "3600s"); }

TEST(FormatDuration, RoundsIntoTheNextDigitAndUnit) {
  EXPECT_EQ(format_duration(9'994ns), "9.99us");
  EXPECT_EQ(format_duration(9'995ns), "10.0us");
  EXPECT_EQ(format_duration(99'950ns), "100us");
  EXPECT_EQ(format_duration(999'499ns), "999us");
  EXPECT_EQ(format_duration(999'500ns), "1.00ms");
}

TEST(FormatDuration, WritesZeroInSeconds) { EXPECT_EQ(format_duration(0ns), "0s"); }

TEST(FormatDuration, KeepsTheSign) {
  EXPECT_EQ(format_duration(-85'300ns), "-85.3us");
  EXPECT_EQ(format_duration(nanoseconds::min()), "-9223372037s");
}

TEST(FormatAge, HasTheTwoLargestUnits) {
  EXPECT_EQ(format_age(7s), "7s");
  EXPECT_EQ(format_age(4min + 12s), "4m12s");
  EXPECT_EQ(format_age(3h + 5min + 59s), "3h05m");
  EXPECT_EQ(format_age(52h + 59min), "2d04h");
}

TEST(FormatAge, ChangesUnitExactlyWhenOneIsFull) {
  EXPECT_EQ(format_age(59s + 999ms), "59s");
  EXPECT_EQ(format_age(60s), "1m00s");
  EXPECT_EQ(format_age(1h), "1h00m");
  EXPECT_EQ(format_age(24h), "1d00h");
}

TEST(FormatAge, IsNeverNegative) { EXPECT_EQ(format_age(-5s), "0s"); }

TEST(FormatCount, HasThreeSignificantDigits) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(512), "512");
  EXPECT_EQ(format_count(1500), "1.50k");
  EXPECT_EQ(format_count(2'314'159), "2.31M");
  EXPECT_EQ(format_count(999'999), "1.00M");
  EXPECT_EQ(format_count(kMost64), "18.4E");
}

TEST(FormatBytes, HasThreeSignificantDigitsOfABinaryUnit) {
  EXPECT_EQ(format_bytes(0), "0B");
  EXPECT_EQ(format_bytes(512), "512B");
  EXPECT_EQ(format_bytes(1536), "1.50KiB");
  EXPECT_EQ(format_bytes(2'422'211), "2.31MiB");
  EXPECT_EQ(format_bytes(1023 * 1024), "1023KiB");
  EXPECT_EQ(format_bytes(1024 * 1024 - 1), "1.00MiB");
  EXPECT_EQ(format_bytes(kMost64), "16.0EiB");
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("a,,b", ','), (Parts{"a", "", "b"}));
  EXPECT_EQ(split(",", ','), (Parts{"", ""}));
}

TEST(Split, LeavesATextWithoutSeparatorWhole) { EXPECT_EQ(split("a b", ','), (Parts{"a b"})); }

TEST(Split, FindsNoPartInAnEmptyText) { EXPECT_EQ(split("", ','), Parts{}); }

TEST(Trim, CutsSpacesAndTabsAtBothEnds) { EXPECT_EQ(trim(" \t a b\t "), "a b"); }

TEST(Trim, LeavesNothingOfBlanksAndOtherTextAsItIs) {
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim("a"), "a");
}

}  // namespace
}  // namespace tickwire
