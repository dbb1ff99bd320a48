// SPDX-License-Identifier: Apache-2.0
#include "model/tick_excess.h"

#include <gtest/gtest.h>

#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// 16.78 ms .. 20.97 ms is one cell of a connection's histogram: [2^24, 2^24 * 1.25) ns.
constexpr nanoseconds kFrom{1 << 24};
constexpr nanoseconds kTo{(1 << 24) + (1 << 22)};

Histogram waits(std::initializer_list<std::pair<nanoseconds, int>> samples) {
  Histogram histogram(Resolution::kConnection);
  for (const auto& [duration, count] : samples) {
    for (int i = 0; i < count; ++i) histogram.record(duration);
  }
  return histogram;
}

TEST(ExcessOver, IsTheShareOfWhatWaitedForLongerThanATick) {
  const auto excess = excess_over(waits({{1ms, 30}, {18ms, 10}}), kFrom);
  ASSERT_TRUE(excess);
  EXPECT_EQ(excess->samples, 40U);
  EXPECT_EQ(excess->share, 0.25);
  EXPECT_EQ(excess->mean, (kTo - kFrom) / 2);
}

TEST(ExcessOver, CutsTheCellThatTheTickFallsIntoByItsLength) {
  const nanoseconds period = kFrom + (kTo - kFrom) / 4;
  const auto excess = excess_over(waits({{1ms, 30}, {18ms, 10}}), period);
  EXPECT_DOUBLE_EQ(excess->share, 7.5 / 40);
  EXPECT_EQ(excess->mean, (kTo - period) / 2);
}

TEST(ExcessOver, IsNothingWhereAllWaitedWithinTheTick) {
  const auto excess = excess_over(waits({{1ms, 30}, {18ms, 10}}), kTo);
  EXPECT_EQ(excess->share, 0.0);
  EXPECT_FALSE(excess->mean);
}

TEST(ExcessOver, IsNoneWithoutSamples) { EXPECT_FALSE(excess_over(waits({}), 20ms)); }

// A service with a confident tick, and a player of it of whose 40 requests 10 waited for 18 ms.
Snapshot played() {
  Snapshot snapshot;
  snapshot.monotonic = 1000s;
  snapshot.services = {{.id = kWorld, .number = 4}};
  snapshot.services[0].tick = LoopTick{.confidence = TickConfidence::kHigh, .period = kFrom};
  snapshot.services[0].histograms[static_cast<std::size_t>(Series::kStageSocketToApp)] =
      std::make_shared<Histogram>(Resolution::kService);
  Connection connection{.id = {.slot = 1, .generation = 0}};
  connection.service = std::make_shared<const ServiceId>(kWorld);
  auto all = std::make_shared<Histogram>(Resolution::kConnection);
  all->record(18ms);
  connection.stages[1] = {.series = Series::kStageSocketToApp, .histogram = std::move(all)};
  RecentRecorder players(Resolution::kConnection);
  RecentRecorder services(Resolution::kService);
  const auto cell = [](nanoseconds wait, std::uint32_t parts) {
    return static_cast<std::uint16_t>(tw_cell(static_cast<__u64>(wait.count()), parts));
  };
  const std::array gains{CellGain{cell(1ms, TW_CONNECTION_PARTS_LOG2), 30}, CellGain{cell(18ms, TW_CONNECTION_PARTS_LOG2), 10}};
  players.add({.number = 1}, Series::kStageSocketToApp, gains);
  players.finish(990s);
  const auto service_cell = [&](nanoseconds wait) { return static_cast<std::uint16_t>(2 * cell(wait, TW_SERVICE_PARTS_LOG2)); };
  const std::array of_service{CellGain{service_cell(1200us), 10}, CellGain{service_cell(18ms), 10}};
  services.add({.number = 4}, Series::kStageSocketToApp, of_service);
  services.finish(990s);
  snapshot.recent_connections = players.samples();
  snapshot.recent_services = services.samples();
  snapshot.connections = {std::make_shared<const Connection>(connection)};
  return snapshot;
}

TEST(TickExcess, IsOfTheLastMinuteOverTheServicesTick) {
  const Snapshot snapshot = played();
  const auto excess = tick_excess(snapshot, *snapshot.connections[0]);
  ASSERT_TRUE(excess);
  EXPECT_EQ(excess->period, kFrom);
  EXPECT_EQ(excess->samples, 40U);
  EXPECT_EQ(excess->share, 0.25);
  const auto of_service = tick_excess(snapshot, snapshot.services[0]);
  ASSERT_TRUE(of_service);
  EXPECT_EQ(of_service->samples, 20U);
  EXPECT_EQ(of_service->share, 0.5);
}

TEST(TickExcess, IsNoneWithoutAConfidentTick) {
  Snapshot snapshot = played();
  snapshot.services[0].tick->confidence = TickConfidence::kLow;
  EXPECT_FALSE(tick_excess(snapshot, *snapshot.connections[0]));
  EXPECT_FALSE(tick_excess(snapshot, snapshot.services[0]));
  snapshot.services[0].tick = std::nullopt;
  EXPECT_FALSE(tick_excess(snapshot, *snapshot.connections[0]));
}

TEST(TickExcess, IsNoneWithoutStages) {
  const Snapshot snapshot = played();
  Connection connection = *snapshot.connections[0];
  connection.stages = {};
  EXPECT_FALSE(tick_excess(snapshot, connection));
  Service service = snapshot.services[0];
  service.histograms = {};
  EXPECT_FALSE(tick_excess(snapshot, service));
}

TEST(TickExcess, IsNoneOfAServiceThatIsGone) {
  Snapshot snapshot = played();
  snapshot.services[0].id = kLobby;
  EXPECT_FALSE(tick_excess(snapshot, *snapshot.connections[0]));
}

}  // namespace
}  // namespace tickwire::model
