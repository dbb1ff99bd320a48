// SPDX-License-Identifier: Apache-2.0
// The samples of the last five minutes, by a clock of the test's own.
#include "model/recent.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>
#include <vector>

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr RecentKey kOne{.number = 7, .generation = 1};
constexpr Series kRtt = Series::kRttRule;
constexpr std::uint16_t kCell = 56;

// A recorder of connections, with what tests ask of it.
struct Connections {
  RecentRecorder recorder{Resolution::kConnection};
  nanoseconds now{};

  void add(const RecentKey& key, std::uint16_t cell, std::uint32_t samples, std::optional<nanoseconds> shortest = {}) {
    recorder.add(key, kRtt, std::vector<CellGain>{{cell, samples}}, shortest);
  }
  void tick(nanoseconds at) { recorder.finish(now = at); }
  // A tick with samples of kOne.
  void tick(nanoseconds at, std::uint16_t cell, std::uint32_t samples, std::optional<nanoseconds> shortest = {}) {
    add(kOne, cell, samples, shortest);
    tick(at);
  }
  [[nodiscard]] WindowSummary in(Window window, const RecentKey& key = kOne) const {
    return recorder.samples().summary(key, kRtt, window, now);
  }
  [[nodiscard]] std::uint64_t samples(Window window, const RecentKey& key = kOne) const { return in(window, key).samples; }
};

TEST(RecentSamples, AreNoneAtFirst) {
  const RecentSamples samples;
  for (const WindowSummary& summary : samples.summaries(kOne, kRtt, 100s)) EXPECT_EQ(summary, WindowSummary{});
  EXPECT_EQ(samples.bytes(), 0U);
}

TEST(RecentSamples, OfATickWithoutSamplesAreNone) {
  Connections connections;
  connections.recorder.add(kOne, kRtt, {}, 1ms);
  connections.recorder.add(kOne, kRtt, std::vector<CellGain>{{kCell, 0}, {TW_CONNECTION_CELLS, 5}}, 1ms);
  connections.tick(100s);
  EXPECT_EQ(connections.in(Window::k5m), WindowSummary{});
  EXPECT_EQ(connections.recorder.samples().bytes(), 0U);
}

TEST(RecentSamples, HaveTheQuantilesOfTheirHistogram) {
  Connections connections;
  Histogram expected(Resolution::kConnection);
  std::vector<CellGain> cells;
  for (std::uint16_t cell = 40; cell < 80; ++cell) {
    cells.push_back({cell, 30U * cell});
    expected.add(cell, 30U * cell);
  }
  connections.recorder.add(kOne, kRtt, cells, 7ms);
  connections.tick(100s);
  WindowSummary summary = WindowSummary::of(expected);
  summary.min = 7ms;
  const RecentSamples& samples = connections.recorder.samples();
  EXPECT_EQ(samples.histogram(kOne, kRtt, Window::k10s, 100s), expected);
  EXPECT_EQ(samples.summary(kOne, kRtt, Window::k10s, 100s), summary);
  for (const WindowSummary& each : samples.summaries(kOne, kRtt, 100s)) EXPECT_EQ(each, summary);
}

TEST(RecentSamples, AreWithheldBelowTheNumberThatAQuantileNeeds) {
  Connections connections;
  connections.tick(100s, kCell, 19);
  EXPECT_TRUE(connections.in(Window::k10s).p90);
  EXPECT_EQ(connections.in(Window::k10s).p95, std::nullopt);
  connections.tick(101s, kCell, 1);
  EXPECT_TRUE(connections.in(Window::k10s).p95);
  connections.tick(102s, kCell, 79);
  EXPECT_EQ(connections.in(Window::k10s).p99, std::nullopt);
  connections.tick(103s, kCell, 1);
  EXPECT_TRUE(connections.in(Window::k10s).p99);
  connections.tick(104s, kCell, 899);
  EXPECT_EQ(connections.in(Window::k10s).p999, std::nullopt);
  connections.tick(105s, kCell, 1);
  EXPECT_TRUE(connections.in(Window::k10s).p999);
}

struct Interval {
  nanoseconds interval;
  std::array<std::uint64_t, 3> least, most;  // ticks in each window
};

class Intervals : public testing::TestWithParam<Interval> {};

// Whole blocks: of a second, or a tick, in the last 10 s, of 10 s in the last minute, of 30 s beyond.
TEST_P(Intervals, AreRoundedUpToWholeBlocks) {
  Connections connections;
  nanoseconds now = 1000s;
  for (int i = 0; i < 9000; ++i) {
    connections.tick(now += GetParam().interval, kCell, 1);
    if (now < 1400s) continue;
    for (std::size_t window = 0; window < kRecentWindows.size(); ++window) {
      const std::uint64_t count = connections.samples(kRecentWindows[window]);
      ASSERT_GE(count, GetParam().least[window]) << name(kRecentWindows[window]);
      ASSERT_LE(count, GetParam().most[window]) << name(kRecentWindows[window]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(RecentSamples, Intervals,
                         testing::Values(Interval{50ms, {200, 1200, 6000}, {219, 1399, 6599}},
                                         Interval{300ms, {34, 200, 1000}, {37, 234, 1100}},
                                         Interval{1s, {10, 60, 300}, {10, 69, 329}}, Interval{3s, {4, 20, 100}, {4, 24, 110}},
                                         Interval{10s, {1, 6, 30}, {1, 6, 33}}, Interval{60s, {1, 1, 5}, {1, 1, 5}}),
                         [](const auto& interval) { return "Every" + std::to_string(interval.param.interval / 1ms) + "ms"; });

TEST(RecentSamples, EmptyAsTimePassesWithoutATick) {
  Connections connections;
  connections.tick(100s, kCell, 7);
  const RecentSamples& samples = connections.recorder.samples();
  EXPECT_EQ(samples.summary(kOne, kRtt, Window::k10s, 110s - 1ns).samples, 7U);
  EXPECT_EQ(samples.summary(kOne, kRtt, Window::k10s, 110s), WindowSummary{});
  EXPECT_EQ(samples.summary(kOne, kRtt, Window::k1m, 160s - 1ns).samples, 7U);
  EXPECT_EQ(samples.summary(kOne, kRtt, Window::k1m, 160s), WindowSummary{});
  EXPECT_EQ(samples.summary(kOne, kRtt, Window::k5m, 400s - 1ns).samples, 7U);
  EXPECT_EQ(samples.summary(kOne, kRtt, Window::k5m, 400s), WindowSummary{});
}

TEST(RecentSamples, EmptyAndGiveTheirMemoryBackInTicksOfOthersAlone) {
  Connections connections;
  connections.tick(100s, kCell, 7);
  const RecentKey other{.number = 8, .generation = 1};
  for (int i = 1; i <= 400; ++i) {
    connections.add(other, kCell, 1);
    connections.tick(100s + i * 1s);
    ASSERT_EQ(connections.samples(Window::k10s), i < 10 ? 7U : 0U) << i;
    ASSERT_EQ(connections.samples(Window::k1m), i < 60 ? 7U : 0U) << i;
    ASSERT_EQ(connections.samples(Window::k5m), i < 300 ? 7U : 0U) << i;
  }
  for (int i = 401; i <= 700; ++i) connections.tick(100s + i * 1s);
  EXPECT_EQ(connections.recorder.samples().bytes(), 0U);
}

TEST(RecentSamples, ForgetTheSlowMinutesOnceTheyAreOver) {
  Connections connections;
  for (int i = 0; i < 600; ++i) connections.tick(1000s + i * 1s, i < 100 ? 70 : 40, 50);
  Histogram fast(Resolution::kConnection);
  fast.add(40, 300 * 50);
  EXPECT_EQ(connections.in(Window::k5m).p50, fast.quantile(0.5));
  EXPECT_EQ(connections.in(Window::k5m).max, fast.max());
}

TEST(RecentSamples, HaveTheShortestOfEachWindow) {
  Connections connections;
  connections.tick(100s, kCell, 1, 20ms);
  for (int i = 1; i < 100; ++i) connections.tick(100s + i * 1s, kCell, 1, 25ms + i * 1us);
  const auto summaries = connections.recorder.samples().summaries(kOne, kRtt, 199s);
  EXPECT_EQ(summaries[0].min, 25ms + 90us);
  EXPECT_GE(summaries[1].min, 25ms + 30us);
  EXPECT_LE(summaries[1].min, 25ms + 40us);
  EXPECT_EQ(summaries[2].min, 20ms);
  EXPECT_EQ(connections.in(Window::k5m), summaries[2]);
}

TEST(RecentSamples, KeepTheShortestToTheNanosecond) {
  Connections connections;
  constexpr nanoseconds kOdd{17'179'869'183};  // the longest sample that the kernel takes
  connections.tick(100s, kCell, 1, kOdd);
  EXPECT_EQ(connections.in(Window::k10s).min, kOdd);
  for (int i = 1; i < 90; ++i) connections.tick(100s + i * 1s, kCell, 1);
  EXPECT_EQ(connections.in(Window::k10s).min, std::nullopt);
  EXPECT_EQ(connections.in(Window::k5m).min, kOdd);
}

TEST(RecentSamples, KeepSeriesAndGenerationsApart) {
  Connections connections;
  const RecentKey later{.number = kOne.number, .generation = 2};
  const RecentKey same_list{.number = kOne.number + static_cast<std::uint32_t>(kRecentLists), .generation = 1};
  for (int i = 0; i < 200; ++i) {
    connections.add(same_list, kCell, 4);
    connections.add(kOne, kCell, 1, 5ms);
    connections.recorder.add(kOne, Series::kTurnaroundRule, std::vector<CellGain>{{kCell, 3}});
    connections.add(later, kCell, 2, 6ms);
    connections.tick(100s + i * 1s);
  }
  const RecentSamples& samples = connections.recorder.samples();
  EXPECT_EQ(samples.summary(kOne, kRtt, Window::k10s, 299s).samples, 10U);
  EXPECT_EQ(samples.summary(kOne, kRtt, Window::k5m, 299s).samples, 200U);
  EXPECT_EQ(samples.summary(kOne, Series::kTurnaroundRule, Window::k5m, 299s).samples, 600U);
  EXPECT_EQ(samples.summary(kOne, Series::kTurnaroundRule, Window::k5m, 299s).min, std::nullopt);
  EXPECT_EQ(samples.summary(kOne, Series::kTurnaroundNextPacket, Window::k5m, 299s), WindowSummary{});
  EXPECT_EQ(samples.summary(later, kRtt, Window::k5m, 299s).samples, 400U);
  EXPECT_EQ(samples.summary(later, kRtt, Window::k5m, 299s).min, 6ms);
  EXPECT_EQ(samples.summary(same_list, kRtt, Window::k5m, 299s).samples, 800U);
}

TEST(RecentSamples, KeepCountsThatNoWordHolds) {
  RecentRecorder services(Resolution::kService);
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  const RecentKey key{.number = 3};
  for (int i = 0; i < 100; ++i) {
    services.add(key, kRtt, std::vector<CellGain>{{TW_SERVICE_CELLS - 1, kMost}, {0, 1U << 18}, {5, (1U << 18) - 1}});
    services.finish(100s + i * 1s);
  }
  Histogram expected(Resolution::kService);
  expected.add(TW_SERVICE_CELLS - 1, 100ULL * kMost);
  expected.add(0, 100ULL << 18);
  expected.add(5, (100ULL << 18) - 100);
  EXPECT_EQ(services.samples().histogram(key, kRtt, Window::k5m, 199s), expected);
}

TEST(RecentSamples, StayAsTheyWereInACopy) {
  Connections connections;
  connections.tick(100s, kCell, 1);
  const RecentSamples copy = connections.recorder.samples();
  for (int i = 1; i < 500; ++i) connections.tick(100s + i * 1s, kCell, 1);
  EXPECT_EQ(copy.summary(kOne, kRtt, Window::k5m, 100s).samples, 1U);
}

TEST(RecentSamples, TakeNoMoreMemoryThanStated) {
  Connections player;
  RecentRecorder worst(Resolution::kConnection);
  std::vector<CellGain> all;
  for (std::uint16_t cell = 0; cell < TW_CONNECTION_CELLS; ++cell) all.push_back({cell, 1});
  std::size_t most_of_player = 0;
  std::size_t most = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto shift = static_cast<std::uint16_t>(kCell + i % 3);
    const std::vector<CellGain> cells{{shift, 20}, {static_cast<std::uint16_t>(shift + 1), 30}, {60, 10}};
    player.recorder.add(kOne, kRtt, cells, 9ms);
    player.recorder.add(kOne, Series::kTurnaroundRule, cells);
    player.tick(1000s + i * 1s);
    worst.add(kOne, kRtt, all, 1us);
    worst.finish(1000s + i * 1s);
    most_of_player = std::max(most_of_player, player.recorder.samples().bytes());
    most = std::max(most, worst.samples().bytes());
  }
  EXPECT_LE(most_of_player, 2048U);
  EXPECT_LE(most, 16U << 10);
}

// Random connections, cells, ticks and silences, beside every tick's samples kept as they came.
TEST(RecentSamplesProperty, HoldAllOfAWindowAndNothingOlderThanItsBlocks) {
  struct Told {
    nanoseconds at;
    std::uint32_t samples;
    nanoseconds shortest;
  };
  std::mt19937_64 random(5);
  Connections connections;
  std::map<RecentKey, std::vector<Told>> book;
  nanoseconds now = 1000s;
  for (int i = 0; i < 3000; ++i) {
    now += random() % 200 == 0 ? nanoseconds(70s) : nanoseconds(50ms + random() % 1200 * 1ms);
    for (int j = 0; j < 6; ++j) {  // in any order, a key twice now and then
      const RecentKey key{.number = static_cast<std::uint32_t>(random() % 25),
                          .generation = static_cast<std::uint32_t>(random() % 2)};
      const Told told{now, static_cast<std::uint32_t>(1 + random() % 400'000), nanoseconds(random() % 1'000'000)};
      connections.add(key, static_cast<std::uint16_t>(random() % TW_CONNECTION_CELLS), told.samples, told.shortest);
      book[key].push_back(told);
    }
    connections.tick(now);
    if (i % 10 != 0) continue;
    for (const auto& [key, all] : book) {
      const auto summaries = connections.recorder.samples().summaries(key, kRtt, now);
      constexpr std::array kSlack{1s, 10s, 30s};
      for (std::size_t window = 0; window < kRecentWindows.size(); ++window) {
        const nanoseconds length = length_of(kRecentWindows[window]);
        std::uint64_t least = 0;
        std::uint64_t most = 0;
        std::optional<nanoseconds> shortest, shortest_of_most;
        for (const Told& told : all) {
          const nanoseconds age = now - told.at;
          if (age < length) {
            least += told.samples;
            shortest = std::min(shortest.value_or(told.shortest), told.shortest);
          }
          if (age < length + kSlack[window]) {
            most += told.samples;
            shortest_of_most = std::min(shortest_of_most.value_or(told.shortest), told.shortest);
          }
        }
        ASSERT_GE(summaries[window].samples, least);
        ASSERT_LE(summaries[window].samples, most);
        ASSERT_EQ(summaries[window], connections.in(kRecentWindows[window], key));
        if (shortest) {
          ASSERT_LE(summaries[window].min, shortest);
        }
        if (summaries[window].min) {
          ASSERT_GE(summaries[window].min, shortest_of_most);
        }
      }
    }
  }
}

}  // namespace
}  // namespace tickwire::model
