// SPDX-License-Identifier: Apache-2.0
// Windows of one series, by a clock of the test's own.
#include "model/windows.h"

#include <gtest/gtest.h>

#include <vector>

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr auto kConnection = Resolution::kConnection;
constexpr std::uint16_t kCell = 56;

void add(RecentSamples& recent, nanoseconds at, std::uint16_t cell, std::uint32_t samples,
         std::optional<nanoseconds> shortest = {}) {
  recent.add(kConnection, at, std::vector<CellGain>{{cell, samples}}, shortest);
}

// One sample a tick, the last tick at `last`.
RecentSamples steady(nanoseconds last, nanoseconds interval, int ticks) {
  RecentSamples recent;
  for (int i = ticks; i-- > 0;) add(recent, last - i * interval, kCell, 1);
  return recent;
}

std::uint64_t samples(const RecentSamples& recent, Window window, nanoseconds now) { return recent.summary(window, now).samples; }

TEST(RecentSamples, AreNoneAtFirst) {
  const RecentSamples recent;
  for (const WindowSummary& summary : recent.summaries(100s)) EXPECT_EQ(summary, WindowSummary{});
  EXPECT_EQ(recent.bytes(), 0U);
}

TEST(RecentSamples, OfATickWithoutSamplesAreNone) {
  RecentSamples recent;
  recent.add(kConnection, 100s, {}, 1ms);
  recent.add(kConnection, 100s, std::vector<CellGain>{{kCell, 0}, {TW_CONNECTION_CELLS, 5}}, 1ms);
  EXPECT_EQ(recent.summary(Window::k5m, 100s), WindowSummary{});
  EXPECT_EQ(recent.bytes(), 0U);
}

TEST(RecentSamples, HaveTheQuantilesOfTheirHistogram) {
  RecentSamples recent;
  Histogram expected(kConnection);
  std::vector<CellGain> cells;
  for (std::uint16_t cell = 40; cell < 80; ++cell) {
    cells.push_back({cell, 30U * cell});
    expected.add(cell, 30U * cell);
  }
  recent.add(kConnection, 100s, cells, 7ms);
  WindowSummary summary = WindowSummary::of(expected);
  summary.min = 7ms;
  ASSERT_TRUE(summary.p999);
  EXPECT_EQ(recent.histogram(Window::k10s, 100s), expected);
  EXPECT_EQ(recent.summary(Window::k10s, 100s), summary);
  for (const WindowSummary& each : recent.summaries(100s)) EXPECT_EQ(each, summary);
}

TEST(RecentSamples, KeepCountsThatNoWordHolds) {
  RecentSamples recent;
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  recent.add(Resolution::kService, 100s, std::vector<CellGain>{{TW_SERVICE_CELLS - 1, kMost}, {0, 1U << 21}});
  recent.add(Resolution::kService, 101s, std::vector<CellGain>{{TW_SERVICE_CELLS - 1, kMost}, {0, 1U << 21}});
  for (int i = 2; i < 100; ++i) recent.add(Resolution::kService, 100s + i * 1s, std::vector<CellGain>{{5, 1}});
  Histogram expected(Resolution::kService);
  expected.add(TW_SERVICE_CELLS - 1, 2ULL * kMost);
  expected.add(0, 2ULL << 21);
  expected.add(5, 98);
  EXPECT_EQ(recent.histogram(Window::k5m, 199s), expected);
}

TEST(RecentSamples, AreWithheldBelowTheNumberThatAQuantileNeeds) {
  RecentSamples recent;
  add(recent, 100s, kCell, 19);
  EXPECT_TRUE(recent.summary(Window::k10s, 100s).p90);
  EXPECT_EQ(recent.summary(Window::k10s, 100s).p95, std::nullopt);
  add(recent, 101s, kCell, 1);
  EXPECT_TRUE(recent.summary(Window::k10s, 101s).p95);
  add(recent, 102s, kCell, 79);
  EXPECT_EQ(recent.summary(Window::k10s, 102s).p99, std::nullopt);
  add(recent, 103s, kCell, 1);
  EXPECT_TRUE(recent.summary(Window::k10s, 103s).p99);
  add(recent, 104s, kCell, 899);
  EXPECT_EQ(recent.summary(Window::k10s, 104s).p999, std::nullopt);
  add(recent, 105s, kCell, 1);
  EXPECT_TRUE(recent.summary(Window::k10s, 105s).p999);
}

TEST(RecentSamples, ReachBackAsFarAsTheWindowWithTicksOfASecond) {
  const RecentSamples recent = steady(1000s, 1s, 600);
  EXPECT_EQ(samples(recent, Window::k10s, 1000s), 10U);
  // Whole slots: of 10 s beyond the first 10 s, of 30 s beyond the first minute.
  EXPECT_GE(samples(recent, Window::k1m, 1000s), 60U);
  EXPECT_LT(samples(recent, Window::k1m, 1000s), 70U);
  EXPECT_GE(samples(recent, Window::k5m, 1000s), 300U);
  EXPECT_LT(samples(recent, Window::k5m, 1000s), 330U);
}

struct Interval {
  nanoseconds interval;
  std::uint64_t at_least;  // samples in 10 s, at one a tick
  std::uint64_t at_most;
};

class Intervals : public testing::TestWithParam<Interval> {};

TEST_P(Intervals, AreRoundedUpToASecondOrATick) {
  RecentSamples recent;
  nanoseconds now = 1000s;
  for (int i = 0; i < 3000; ++i) {
    add(recent, now += GetParam().interval, kCell, 1);
    if (i < 300) continue;
    const std::uint64_t count = samples(recent, Window::k10s, now);
    ASSERT_GE(count, GetParam().at_least);
    ASSERT_LE(count, GetParam().at_most);
  }
}

INSTANTIATE_TEST_SUITE_P(RecentSamples, Intervals,
                         testing::Values(Interval{50ms, 200, 219}, Interval{300ms, 34, 37}, Interval{1s, 10, 10},
                                         Interval{3s, 4, 4}, Interval{10s, 1, 1}, Interval{60s, 1, 1}),
                         [](const auto& interval) { return "Every" + std::to_string(interval.param.interval / 1ms) + "ms"; });

TEST(RecentSamples, EmptyAsTimePassesWithoutATickOfTheirOwn) {
  RecentSamples recent;
  add(recent, 100s, kCell, 7);
  EXPECT_EQ(samples(recent, Window::k10s, 110s - 1ms), 7U);
  EXPECT_EQ(samples(recent, Window::k10s, 110s), 0U);
  EXPECT_EQ(recent.summary(Window::k10s, 110s).max, std::nullopt);
  EXPECT_EQ(samples(recent, Window::k1m, 160s - 1ms), 7U);
  EXPECT_EQ(samples(recent, Window::k1m, 160s), 0U);
  EXPECT_EQ(samples(recent, Window::k5m, 400s - 1ms), 7U);
  EXPECT_EQ(samples(recent, Window::k5m, 400s), 0U);
}

TEST(RecentSamples, ForgetTheSlowMinutesOnceTheyAreOver) {
  RecentSamples recent;
  for (int i = 0; i < 600; ++i) add(recent, 1000s + i * 1s, i < 100 ? 70 : 40, 50);
  Histogram fast(kConnection);
  fast.add(40, 300 * 50);
  const WindowSummary summary = recent.summary(Window::k5m, 1599s);
  EXPECT_EQ(summary.p50, fast.quantile(0.5));
  EXPECT_EQ(summary.max, fast.max());
}

TEST(RecentSamples, HaveTheShortestOfEachWindow) {
  RecentSamples recent;
  add(recent, 100s, kCell, 1, 20ms);
  for (int i = 1; i < 100; ++i) add(recent, 100s + i * 1s, kCell, 1, 25ms + i * 1us);
  const auto summaries = recent.summaries(199s);
  EXPECT_EQ(summaries[0].min, 25ms + 90us);
  EXPECT_GE(summaries[1].min, 25ms + 30us);
  EXPECT_LE(summaries[1].min, 25ms + 40us);
  EXPECT_EQ(summaries[2].min, 20ms);
  EXPECT_EQ(recent.summary(Window::k5m, 199s), summaries[2]);
}

TEST(RecentSamples, KeepTheShortestToTheNanosecond) {
  RecentSamples recent;
  constexpr nanoseconds kOdd{17'179'869'183};
  add(recent, 100s, kCell, 1, kOdd);
  EXPECT_EQ(recent.summary(Window::k10s, 100s).min, kOdd);
  for (int i = 1; i < 60; ++i) add(recent, 100s + i * 1s, kCell, 1, kOdd + 1ns);
  EXPECT_EQ(recent.summary(Window::k5m, 159s).min, kOdd);
}

TEST(RecentSamples, HaveNoShortestWithoutTicksThatToldOne) {
  EXPECT_EQ(steady(1000s, 1s, 100).summary(Window::k5m, 1000s).min, std::nullopt);
}

TEST(RecentSamples, StayAsTheyWereInACopy) {
  RecentSamples recent;
  add(recent, 100s, kCell, 1);
  const RecentSamples copy = recent;
  for (int i = 1; i < 50; ++i) add(recent, 100s + i * 10ms, kCell, 1);
  EXPECT_EQ(samples(copy, Window::k10s, 101s), 1U);
  EXPECT_EQ(samples(recent, Window::k10s, 101s), 50U);
}

TEST(RecentSamples, PartFromACopyThatWasAddedToAsWell) {
  RecentSamples one;
  add(one, 100s, 40, 1);
  RecentSamples other = one;
  add(one, 101s, 50, 2);
  add(other, 101s, 60, 4);
  Histogram expected(kConnection);
  expected.add(40, 1);
  expected.add(60, 4);
  EXPECT_EQ(other.histogram(Window::k10s, 101s), expected);
  EXPECT_EQ(samples(one, Window::k10s, 101s), 3U);
}

TEST(RecentSamples, TakeNoMoreMemoryThanStated) {
  RecentSamples player;
  RecentSamples worst;
  std::vector<CellGain> all;
  for (std::uint16_t cell = 0; cell < TW_CONNECTION_CELLS; ++cell) all.push_back({cell, 1});
  std::size_t most_of_player = 0;
  std::size_t most = 0;
  for (int i = 0; i < 20'000; ++i) {
    const nanoseconds at = 1000s + i * 50ms;
    if (i % 20 == 0) {
      const auto shift = static_cast<std::uint16_t>(kCell + i / 20 % 2);
      player.add(kConnection, at, std::vector<CellGain>{{shift, 20}, {static_cast<std::uint16_t>(shift + 1), 30}, {60, 10}}, 9ms);
    }
    worst.add(kConnection, at, all, 1us);
    most_of_player = std::max(most_of_player, player.bytes());
    most = std::max(most, worst.bytes());
  }
  EXPECT_LE(most_of_player, 1024U);
  EXPECT_LE(most, 17U << 10);
}

TEST(RecentSamples, GoOnAfterASilenceOfAMonth) {
  RecentSamples recent;
  add(recent, 100s, kCell, 1, 5ms);
  const nanoseconds later = 100s + std::chrono::hours(24 * 30);
  add(recent, later, kCell, 2, 6ms);
  EXPECT_EQ(samples(recent, Window::k5m, later), 2U);
  EXPECT_EQ(recent.summary(Window::k5m, later).min, 6ms);
}

TEST(QueueingDelay, IsTheQuantileLessTheShortest) {
  const QueueingDelay delay = queueing_delay({.p50 = 30ms, .p95 = 90ms}, 20ms);
  EXPECT_EQ(delay.p50, 10ms);
  EXPECT_EQ(delay.p95, 70ms);
}

TEST(QueueingDelay, IsNothingWithinOneCell) {
  // 16.78 .. 20.97 ms is one cell.
  EXPECT_EQ(queueing_delay({.p50 = 18'874'368ns}, 17ms).p50, 0ns);
  EXPECT_EQ(queueing_delay({.p50 = 18'874'368ns}, 20ms).p50, 0ns);
  EXPECT_EQ(queueing_delay({.p50 = 18'874'368ns}, 16ms).p50, 2'874'368ns);
}

TEST(QueueingDelay, IsNotKnownWithoutBoth) {
  EXPECT_EQ(queueing_delay({}, 20ms), QueueingDelay{});
  EXPECT_EQ(queueing_delay({.p50 = 30ms, .p95 = 90ms}, std::nullopt), QueueingDelay{});
}

TEST(Windows, HaveNames) {
  for (const Window window : {Window::k10s, Window::k1m, Window::k5m, Window::kAll}) EXPECT_EQ(window_of(name(window)), window);
  EXPECT_EQ(name(Window::k1m), "1m");
  EXPECT_EQ(window_of("2m"), std::nullopt);
  EXPECT_EQ(window_of(""), std::nullopt);
}

}  // namespace
}  // namespace tickwire::model
