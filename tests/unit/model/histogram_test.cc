// SPDX-License-Identifier: Apache-2.0
#include "model/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr std::array kResolutions{Resolution::kConnection, Resolution::kService};

// Durations whose logarithms are spread evenly over the histograms' range, with the edges of all bounds among them.
std::vector<nanoseconds> sweep() {
  std::vector<nanoseconds> durations;
  for (double ns = 1024; ns < 17e9; ns *= 1.003) durations.emplace_back(std::llround(ns));
  for (const auto bounds : {decimal_bounds(), octave_bounds()}) {
    for (const nanoseconds bound : bounds) durations.insert(durations.end(), {bound - 1ns, bound, bound + 1ns});
  }
  return durations;
}

Histogram of(Resolution resolution, const std::vector<nanoseconds>& durations) {
  Histogram histogram(resolution);
  for (const nanoseconds duration : durations) histogram.record(duration);
  return histogram;
}

TEST(Histogram, BeginsEmpty) {
  for (const Resolution resolution : kResolutions) {
    const Histogram empty(resolution);
    EXPECT_EQ(empty.samples(), 0U);
    EXPECT_EQ(empty.mean(), std::nullopt);
    EXPECT_EQ(empty.quantile(0.5), std::nullopt);
    EXPECT_EQ(empty.max(), std::nullopt);
    EXPECT_EQ(empty.samples_up_to(10s), 0U);
    EXPECT_TRUE(empty.filled().empty());
  }
}

TEST(Histogram, HasTheCellsOfItsResolution) {
  EXPECT_EQ(cell_count(Resolution::kConnection), 96U);
  EXPECT_EQ(cell_count(Resolution::kService), 384U);
}

TEST(Histogram, KnowsSumAndMeanExactly) {
  const Histogram histogram = of(Resolution::kService, {1ms, 2ms, 6ms});
  EXPECT_EQ(histogram.sum(), 9ms);
  EXPECT_EQ(histogram.mean(), 3ms);
}

TEST(Histogram, IgnoresACellThatItHasNot) {
  Histogram histogram(Resolution::kConnection);
  histogram.add(96, 5);
  EXPECT_EQ(histogram, Histogram(Resolution::kConnection));
  histogram.add(95, 5);
  EXPECT_EQ(histogram.samples(), 5U);
}

TEST(Histogram, IgnoresAGainOfNothing) {
  Histogram histogram(Resolution::kConnection);
  histogram.add(10, 0);
  EXPECT_EQ(histogram, Histogram(Resolution::kConnection));
}

TEST(Histogram, TakesANegativeDurationForZero) {
  Histogram histogram(Resolution::kConnection);
  histogram.record(-5ms);
  EXPECT_EQ(histogram.sum(), 0ns);
  EXPECT_EQ(histogram.filled().front().from, 0ns);
}

TEST(Histogram, IsTheSameInWhateverOrderItWasFilled) {
  std::vector<nanoseconds> durations = sweep();
  for (const Resolution resolution : kResolutions) {
    const Histogram ascending = of(resolution, durations);
    std::ranges::shuffle(durations, std::mt19937_64(3));
    EXPECT_EQ(of(resolution, durations), ascending);
  }
}

TEST(HistogramMerge, AddsSamplesAndSum) {
  Histogram both = of(Resolution::kService, {1ms, 20ms});
  both.merge(of(Resolution::kService, {5us, 20ms, 3s}));
  EXPECT_EQ(both, of(Resolution::kService, {1ms, 20ms, 5us, 20ms, 3s}));
}

TEST(HistogramMerge, IgnoresAnotherResolution) {
  Histogram histogram = of(Resolution::kService, {1ms});
  histogram.merge(of(Resolution::kConnection, {1ms}));
  EXPECT_EQ(histogram, of(Resolution::kService, {1ms}));
}

TEST(HistogramQuantile, IsTheMiddleOfTheCell) {
  // 20 ms lies in [2^24, 2^24 * 1.25) ns for a connection and in [2^24 * 1.125, 20 ms] for a service.
  EXPECT_EQ(of(Resolution::kConnection, {20ms}).quantile(0.5), nanoseconds(16777216 + 4194304 / 2));
  EXPECT_EQ(of(Resolution::kService, {20ms}).quantile(0.5), nanoseconds((18874368 + 20000000) / 2));
}

TEST(HistogramQuantile, IsWithinTheErrorOfItsResolution) {
  for (const nanoseconds truth : sweep()) {
    const double ns = static_cast<double>(truth.count());
    if (truth < 1280ns) continue;  // the first cell begins at zero
    const double connection = static_cast<double>(of(Resolution::kConnection, {truth}).quantile(0.5)->count());
    const double service = static_cast<double>(of(Resolution::kService, {truth}).quantile(0.5)->count());
    ASSERT_LE(std::abs(connection - ns), 0.125 * ns) << ns;
    ASSERT_LE(std::abs(service - ns), 0.0625 * ns) << ns;
  }
}

TEST(HistogramQuantile, TakesTheSampleOfRankCeilQTimesSamples) {
  Histogram histogram(Resolution::kConnection);
  histogram.add(40, 10);
  histogram.add(50, 9);
  histogram.add(60, 1);
  const nanoseconds low = of(Resolution::kConnection, {nanoseconds(1 << 20)}).quantile(0.5).value();
  EXPECT_EQ(histogram.quantile(0.5), low);                       // rank 10
  EXPECT_GT(histogram.quantile(0.51), low);                      // rank 11
  EXPECT_LT(histogram.quantile(0.95).value(), histogram.max());  // rank 19, not 20
  EXPECT_EQ(histogram.quantile(0.95), histogram.quantile(0.9));  // rank 18
}

TEST(HistogramQuantile, IsNoneBelowTheSamplesFromWhichItMeansSomething) {
  for (const auto& [q, least] :
       std::vector<std::pair<double, std::uint64_t>>{{0.5, 1}, {0.9, 1}, {0.95, 20}, {0.99, 100}, {0.999, 1000}, {1.0, 1000}}) {
    Histogram histogram(Resolution::kConnection);
    histogram.add(40, least - 1);
    EXPECT_EQ(histogram.quantile(q), std::nullopt) << q;
    histogram.add(40, 1);
    EXPECT_TRUE(histogram.quantile(q)) << q;
  }
}

TEST(HistogramQuantile, IsNoneOutsideItsRange) {
  Histogram histogram(Resolution::kConnection);
  histogram.add(40, 1000);
  EXPECT_EQ(histogram.quantile(0.0), std::nullopt);
  EXPECT_EQ(histogram.quantile(-0.5), std::nullopt);
  EXPECT_EQ(histogram.quantile(1.001), std::nullopt);
  EXPECT_EQ(histogram.quantile(std::nan("")), std::nullopt);
}

TEST(HistogramMax, IsTheUpperEdgeOfTheHighestCell) {
  EXPECT_EQ(of(Resolution::kConnection, {1ms, 20ms}).max(), nanoseconds(16777216 + 4194304));
  EXPECT_EQ(of(Resolution::kService, {1ms, 20ms}).max(), 20ms);
  EXPECT_EQ(of(Resolution::kConnection, {100s}).max(), nanoseconds(1LL << 34));
}

TEST(HistogramCells, TileTheWholeRange) {
  for (const Resolution resolution : kResolutions) {
    Histogram histogram(resolution);
    for (std::uint32_t cell = 0; cell < cell_count(resolution); ++cell) histogram.add(cell, 1);
    const auto cells = histogram.filled();
    ASSERT_EQ(cells.size(), cell_count(resolution));
    EXPECT_EQ(cells.front().from, 0ns);
    EXPECT_EQ(cells.back().to, nanoseconds(1LL << 34));
    const std::size_t step = resolution == Resolution::kService ? 2 : 1;
    for (std::size_t i = step; i < cells.size(); i += step) EXPECT_EQ(cells[i].from, cells[i - 1].to);
  }
}

TEST(HistogramCells, CutAServicePartAtItsBound) {
  const auto cells = of(Resolution::kService, {nanoseconds(5'000'000), nanoseconds(5'000'001)}).filled();
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].to, 5ms);
  EXPECT_EQ(cells[1].from, 5ms);
  EXPECT_EQ(cells[0].samples, 1U);
}

TEST(HistogramCells, HoldTheDurationThatWasRecorded) {
  for (const Resolution resolution : kResolutions) {
    for (const nanoseconds duration : sweep()) {
      const auto cell = of(resolution, {duration}).filled().front();
      ASSERT_LE(cell.from, duration);
      ASSERT_LE(duration, cell.to);
    }
  }
}

TEST(HistogramUpTo, CountsExactlyAtTheBoundsOfItsResolution) {
  const std::vector<nanoseconds> durations = sweep();
  for (const Resolution resolution : kResolutions) {
    const Histogram histogram = of(resolution, durations);
    for (const nanoseconds bound : resolution == Resolution::kService ? decimal_bounds() : octave_bounds()) {
      const auto naive = std::ranges::count_if(durations, [bound](nanoseconds duration) { return duration <= bound; });
      EXPECT_EQ(histogram.samples_up_to(bound), static_cast<std::uint64_t>(naive)) << bound.count();
    }
  }
}

TEST(HistogramUpTo, CountsNothingBelowZero) { EXPECT_EQ(of(Resolution::kConnection, {0ns}).samples_up_to(-1ns), 0U); }

TEST(DecimalBounds, AreTheContracts) {
  EXPECT_EQ(decimal_bounds().size(), 38U);
  EXPECT_EQ(decimal_bounds().front(), 5us);
  EXPECT_EQ(decimal_bounds().back(), 10s);
}

TEST(OctaveBounds, AreTheLastNanosecondsOfOctaves) {
  const auto bounds = octave_bounds();
  ASSERT_EQ(bounds.size(), 23U);
  for (std::size_t i = 0; i < bounds.size(); ++i) EXPECT_EQ(bounds[i].count(), (1LL << (11 + i)) - 1);
}

TEST(ServiceCuts, HoldEveryBoundOnceAndNothingElse) {
  const auto cuts = service_cuts();
  for (const nanoseconds bound : decimal_bounds())
    EXPECT_EQ(std::ranges::count(cuts, static_cast<std::uint64_t>(bound.count())), 1);
  EXPECT_EQ(std::ranges::count(cuts, std::numeric_limits<std::uint64_t>::max()), TW_SERVICE_PARTS - TW_BOUND_COUNT);
}

TEST(ServiceCuts, LieInTheirParts) {
  const auto cuts = service_cuts();
  for (std::uint32_t part = 0; part < cuts.size(); ++part) {
    if (cuts[part] == std::numeric_limits<std::uint64_t>::max()) continue;
    EXPECT_EQ(tw_cell(cuts[part], TW_SERVICE_PARTS_LOG2), part);
  }
}

TEST(HistogramRecord, CountsInTheCellOfTheKernel) {
  for (const nanoseconds duration : sweep()) {
    const auto ns = static_cast<std::uint64_t>(duration.count());
    Histogram connection(Resolution::kConnection);
    connection.add(tw_cell(ns, TW_CONNECTION_PARTS_LOG2), 1);
    connection.add_sum(duration);
    ASSERT_EQ(of(Resolution::kConnection, {duration}), connection);
    Histogram service(Resolution::kService);
    service.add(tw_service_cell(service_cuts().data(), ns), 1);
    service.add_sum(duration);
    ASSERT_EQ(of(Resolution::kService, {duration}), service);
  }
}

}  // namespace
}  // namespace tickwire::model
