// SPDX-License-Identifier: Apache-2.0
// What stages tell of a connection becomes its row's.
#include <gtest/gtest.h>

#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

constexpr ConnectionId kPlayer{1, 0};
constexpr auto kApp = static_cast<std::size_t>(Stage::kApp);
constexpr auto kQdisc = static_cast<std::size_t>(Stage::kQdisc);

struct StageWorld : World {
  ConnectionChange change = new_connection(kPlayer, kWorldNumber, 100s);
  std::chrono::nanoseconds now = 100s;

  // The row after a tick that brought this detail; none: the tick after it brought none.
  std::shared_ptr<const Connection> row(std::optional<DetailChange> detail) {
    change.detail = std::nullopt;
    change.traffic[0] = {.packets = 1, .bytes = 10};
    if (detail) {
      change.detail = 0;
      tick.details.push_back(std::move(*detail));
    }
    const Snapshot snapshot = apply(now += 1s, {change});
    change = next(change);
    return find_id(snapshot, kPlayer);
  }
};

TEST(StateStages, AddUpInTheConnectionsRow) {
  StageWorld world;
  DetailChange detail;
  detail.stages[kApp] = world.gain(40, 2, 3ms);
  world.row(detail);
  detail = {};
  detail.stages[kApp] = world.gain(44, 1, 2ms);
  const auto row = world.row(detail);
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->stages[kApp].series, Series::kStageApp);
  EXPECT_EQ(row->stages[kApp].samples(), 3U);
  EXPECT_EQ(row->stages[kApp].histogram->sum(), 5ms);
  EXPECT_TRUE(row->stages[kApp].p50);
  EXPECT_EQ(row->stages[static_cast<std::size_t>(Stage::kAppToNic)].samples(), 0U);
  EXPECT_EQ(row->stages[static_cast<std::size_t>(Stage::kAppToNic)].series, std::nullopt);
}

TEST(StateStages, KnowTheMeanWaitInTheQdiscAndNoQuantile) {
  StageWorld world;
  DetailChange detail;
  detail.stages[kQdisc] = {.first = 0, .count = 0, .samples = 4, .sum = 40us};
  const auto row = world.row(detail);
  EXPECT_EQ(row->stages[kQdisc].series, Series::kStageQdisc);
  EXPECT_EQ(row->stages[kQdisc].samples(), 4U);
  EXPECT_EQ(row->stages[kQdisc].histogram->mean(), 10us);
  EXPECT_EQ(row->stages[kQdisc].p50, std::nullopt);
  EXPECT_EQ(row->stages[kQdisc].max, std::nullopt);
}

TEST(StateStages, KeepDelayedRoundTripsApartFromTheOthers) {
  StageWorld world;
  DetailChange detail;
  detail.rtt_delayed = world.gain(60, 1, 60ms);
  detail.delayed_series = Series::kRttTimestampDelayed;
  world.change.rtt_series = Series::kRttTimestamp;
  world.change.rtt = world.gain(50, 3, 60ms);
  auto row = world.row(detail);
  EXPECT_EQ(row->rtt_delayed.series, Series::kRttTimestampDelayed);
  EXPECT_EQ(row->rtt_delayed.samples(), 1U);
  EXPECT_EQ(row->rtt.samples(), 3U);
  // Another method: its samples are not mixed with those before.
  detail = {};
  detail.rtt_delayed = world.gain(60, 2, 120ms);
  detail.delayed_series = Series::kRttSequenceDelayed;
  row = world.row(detail);
  EXPECT_EQ(row->rtt_delayed.series, Series::kRttSequenceDelayed);
  EXPECT_EQ(row->rtt_delayed.samples(), 2U);
}

TEST(StateStages, TakeWhatStandsNowAndKeepItUntilItChanges) {
  StageWorld world;
  DetailChange detail;
  detail.rtt_jitter = 3ms;
  detail.pace[0] = {.spacing = 16ms, .jitter = 1ms};
  detail.socket = SocketCounts{.taken = 9, .read = 8, .refused = 7, .waiting_sum = 6, .waiting_max = 5, .starved = 4};
  detail.followed = {.followed = 3, .completed = 2, .resyncs = 1};
  world.row(detail);
  const auto row = world.row(std::nullopt);
  EXPECT_EQ(row->rtt_jitter, 3ms);
  EXPECT_EQ(row->pace[0], detail.pace[0]);
  EXPECT_EQ(row->pace[1], Pace{});
  EXPECT_EQ(row->socket, detail.socket);
  EXPECT_EQ(row->followed, detail.followed);
}

TEST(StateStages, AreEmptyWithoutADetail) {
  StageWorld world;
  const auto row = world.row(std::nullopt);
  ASSERT_NE(row, nullptr);
  for (const Latency& stage : row->stages) EXPECT_EQ(stage.histogram, nullptr);
  EXPECT_FALSE(row->socket);
  EXPECT_FALSE(row->followed);
  EXPECT_FALSE(row->rtt_jitter);
}

}  // namespace
}  // namespace tickwire::model
