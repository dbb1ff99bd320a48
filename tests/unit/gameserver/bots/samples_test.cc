// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/samples.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tickwire::game {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

Summary all_of(std::uint64_t count, Nanoseconds value) {
  return {.count = count,
          .min = value,
          .p50 = value,
          .p90 = value,
          .p99 = value,
          .p999 = value,
          .p9999 = value,
          .max = value,
          .mean = value};
}

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
                                        .p9999 = Nanoseconds(200),
                                        .max = Nanoseconds(200),
                                        .mean = Nanoseconds(100)}));
}

TEST(Samples, GiveTheOnlyOneForEveryQuantile) {
  Samples samples;
  samples.add(Nanoseconds(7));
  EXPECT_EQ(samples.summary(), all_of(1, Nanoseconds(7)));
}

TEST(Samples, AreExactAsLongAsTheyAreFew) {
  Samples samples;
  for (std::size_t i = 0; i < Samples::kMostExact; ++i) samples.add(Nanoseconds(i < 2'048 ? 10'000'001 : 20'000'001));
  EXPECT_EQ(samples.summary()->p50, Nanoseconds(10'000'001));
}

TEST(Samples, BecomeAHistogramWhenTheyAreMany) {
  Samples samples;
  for (std::size_t i = 0; i <= Samples::kMostExact; ++i) samples.add(Nanoseconds(i < 3'000 ? 10'000'001 : 20'000'001));
  EXPECT_EQ(samples.summary()->count, Samples::kMostExact + 1);
  // 10,000 us, in a bucket of 8 us.
  EXPECT_EQ(samples.summary()->p50, Nanoseconds(10'007'999));
  EXPECT_EQ(samples.summary()->min, Nanoseconds(10'000'001));
  EXPECT_EQ(samples.summary()->max, Nanoseconds(20'000'001));
}

TEST(Samples, AddUpWhetherTheyAreFewOrMany) {
  Samples few;
  for (int i = 1; i <= 10; ++i) few.add(microseconds(i));
  Samples many;
  for (int i = 0; i < 5'000; ++i) many.add(milliseconds(1));
  Samples few_first = few;
  few_first.add_all(many);
  Samples many_first = many;
  many_first.add_all(few);
  EXPECT_EQ(few_first.summary()->count, 5'010U);
  EXPECT_EQ(few_first.summary()->min, microseconds(1));
  EXPECT_EQ(few_first.summary(), many_first.summary());
}

TEST(LatencyHistogram, HasNoSummaryWhenNothingWasAdded) { EXPECT_EQ(LatencyHistogram{}.summary(), std::nullopt); }

TEST(LatencyHistogram, GivesTheOnlyOneForEveryQuantile) {
  LatencyHistogram histogram;
  histogram.add(Nanoseconds(123'456'789));
  EXPECT_EQ(histogram.summary(), all_of(1, Nanoseconds(123'456'789)));
}

TEST(LatencyHistogram, HasABucketForEachMicrosecondBelow2048) {
  EXPECT_EQ(LatencyHistogram::bucket_of(Nanoseconds(999)), 0U);
  EXPECT_EQ(LatencyHistogram::bucket_of(Nanoseconds(1'000)), 1U);
  EXPECT_EQ(LatencyHistogram::bucket_of(microseconds(2'047)), 2'047U);
  EXPECT_EQ(LatencyHistogram::upper_end(1), Nanoseconds(1'999));
}

TEST(LatencyHistogram, HasBucketsOfTwoMicrosecondsFrom2048To4095) {
  EXPECT_EQ(LatencyHistogram::bucket_of(microseconds(2'048)), 2'048U);
  EXPECT_EQ(LatencyHistogram::bucket_of(microseconds(2'049)), 2'048U);
  EXPECT_EQ(LatencyHistogram::bucket_of(microseconds(2'050)), 2'049U);
  EXPECT_EQ(LatencyHistogram::bucket_of(microseconds(4'095)), 3'071U);
  EXPECT_EQ(LatencyHistogram::bucket_of(microseconds(4'096)), 3'072U);
  EXPECT_EQ(LatencyHistogram::upper_end(2'048), Nanoseconds(2'049'999));
}

TEST(LatencyHistogram, TellsEveryDurationToAThousandth) {
  for (std::int64_t us = 1; us < 59'000'000; us += 1 + us / 700) {
    const Nanoseconds duration = microseconds(us);
    const auto bucket = LatencyHistogram::bucket_of(duration);
    const auto end = LatencyHistogram::upper_end(bucket);
    ASSERT_LE(duration, end) << us;
    ASSERT_EQ(LatencyHistogram::bucket_of(end), bucket) << us;
    ASSERT_EQ(LatencyHistogram::bucket_of(end + Nanoseconds(1)), bucket + 1) << us;
    ASSERT_LE((end - duration).count(), std::max<std::int64_t>(duration.count() / 1'000, 999)) << us;
  }
}

TEST(LatencyHistogram, PutsWhatIsTooLongIntoTheLastBucketAndKeepsTheGreatest) {
  EXPECT_EQ(LatencyHistogram::bucket_of(seconds(61)), LatencyHistogram::bucket_of(seconds(60)));
  LatencyHistogram histogram;
  histogram.add(seconds(3'600));
  EXPECT_EQ(histogram.summary()->max, seconds(3'600));
  EXPECT_EQ(histogram.summary()->mean, seconds(3'600));
}

TEST(LatencyHistogram, CountsANegativeDurationAsZero) {
  LatencyHistogram histogram;
  histogram.add(microseconds(-5));
  EXPECT_EQ(histogram.summary(), all_of(1, Nanoseconds(0)));
}

TEST(LatencyHistogram, FindsTheOneInTenThousand) {
  LatencyHistogram histogram;
  for (int i = 0; i < 19'998; ++i) histogram.add(microseconds(100));
  histogram.add(milliseconds(1));
  histogram.add(milliseconds(2));
  EXPECT_EQ(histogram.summary()->p999, Nanoseconds(100'999));
  EXPECT_EQ(histogram.summary()->p9999, Nanoseconds(100'999));
  histogram.add(milliseconds(2));
  EXPECT_EQ(histogram.summary()->p9999, Nanoseconds(1'000'999));
}

TEST(LatencyHistogram, IsTheSameMergedAsAddedTogether) {
  LatencyHistogram together, first, second;
  for (int i = 1; i <= 1'000; ++i) {
    const auto duration = microseconds(i * i);
    together.add(duration);
    (i % 3 == 0 ? first : second).add(duration);
  }
  first.merge(second);
  EXPECT_EQ(first.summary(), together.summary());
  first.merge(LatencyHistogram{});
  EXPECT_EQ(first.summary(), together.summary());
}

}  // namespace
}  // namespace tickwire::game
