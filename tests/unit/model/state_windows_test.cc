// SPDX-License-Identifier: Apache-2.0
// What State keeps for the windows that end now, and what queries ask of it.
#include <gtest/gtest.h>

#include "model/query.h"
#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr ConnectionId kFirst{3, 1};
constexpr ConnectionId kSecond{4, 1};
constexpr std::uint16_t kFast = 40;  // 1.05 .. 1.31 ms
constexpr std::uint16_t kSlow = 60;  // 33.6 .. 41.9 ms

ConnectionChange begun(ConnectionId id = kFirst) {
  ConnectionChange change = new_connection(id, kWorldNumber, 90s);
  change.rtt_series = Series::kRttRule;
  return change;
}

// A change with so many samples of rtt in the cell.
ConnectionChange with_rtt(World& world, ConnectionChange change, std::uint16_t cell, std::uint32_t samples) {
  change.rtt = world.gain(cell, samples, samples * 1ms);
  return change;
}

WindowSummary rtt_in(const Snapshot& snapshot, Window window, ConnectionId id = kFirst) {
  const auto row = find_id(snapshot, id);
  return snapshot.summary(*row, row->rtt, window);
}

TEST(StateWindows, HoldWhatConnectionsGained) {
  World world;
  ConnectionChange change = begun();
  world.apply(100s, {with_rtt(world, change, kSlow, 200)});
  change = next(change);
  for (int i = 1; i < 30; ++i) world.apply(100s + i * 1s, {with_rtt(world, change, kFast, 20)});
  const Snapshot snapshot = world.state.snapshot();
  EXPECT_EQ(rtt_in(snapshot, Window::k10s).samples, 200U);
  EXPECT_LT(rtt_in(snapshot, Window::k10s).p99, 2ms);
  EXPECT_EQ(rtt_in(snapshot, Window::k1m).samples, 780U);
  EXPECT_GT(rtt_in(snapshot, Window::k1m).p99, 30ms);
  EXPECT_EQ(rtt_in(snapshot, Window::kAll).samples, 780U);
  const auto row = find_id(snapshot, kFirst);
  EXPECT_EQ(snapshot.summaries(*row, row->rtt)[0], rtt_in(snapshot, Window::k10s));
  EXPECT_EQ(snapshot.summaries(*row, row->turnaround), WindowSummaries{});
}

TEST(StateWindows, OfAConnectionThatFellSilentEmpty) {
  World world;
  ConnectionChange change = begun();
  world.apply(100s, {with_rtt(world, change, kFast, 25)});
  EXPECT_TRUE(rtt_in(world.apply(109s), Window::k10s).p95);
  const Snapshot later = world.apply(110s);
  EXPECT_EQ(rtt_in(later, Window::k10s), WindowSummary{});
  EXPECT_EQ(rtt_in(later, Window::k1m).samples, 25U);
  EXPECT_EQ(rtt_in(later, Window::kAll).samples, 25U);
}

TEST(StateWindows, OfASnapshotStayAsTheyWere) {
  World world;
  ConnectionChange change = begun();
  const Snapshot before = world.apply(100s, {with_rtt(world, change, kFast, 25)});
  for (int i = 1; i < 400; ++i) world.apply(100s + i * 1s, {with_rtt(world, next(change), kSlow, 5)});
  EXPECT_EQ(rtt_in(before, Window::k5m).samples, 25U);
}

TEST(StateWindows, AreNotInheritedByTheNextConnectionOfASlot) {
  World world;
  world.apply(100s, {with_rtt(world, begun(), kSlow, 25)});
  const ConnectionId later{kFirst.slot, kFirst.generation + 1};
  const Snapshot snapshot = world.apply(101s, {with_rtt(world, begun(later), kFast, 3)});
  EXPECT_EQ(rtt_in(snapshot, Window::k10s, later).samples, 3U);
  EXPECT_EQ(rtt_in(snapshot, Window::k10s, kFirst).samples, 25U);
}

TEST(StateWindows, HaveNoSamplesOfAMethodThatWasGivenUp) {
  World world;
  ConnectionChange change = begun();
  change.rtt_series = Series::kRttSequence;
  world.apply(100s, {with_rtt(world, change, kSlow, 25)});
  change = next(change);
  change.rtt_series = Series::kRttTimestamp;
  EXPECT_EQ(rtt_in(world.apply(101s, {with_rtt(world, change, kFast, 2)}), Window::k10s).samples, 2U);
}

TEST(StateWindows, HaveTheShortestThatTheKernelTells) {
  World world;
  ConnectionChange change = begun();
  change.rtt_min = 34ms;
  change.rtt_min_recent = 35ms;
  EXPECT_EQ(rtt_in(world.apply(100s, {with_rtt(world, change, kSlow, 25)}), Window::k10s).min, 35ms);
}

TEST(StateWindows, TakeTheShortestEverForTheTickThatBroughtIt) {
  World world;
  ConnectionChange change = begun();
  change.rtt_min = 36ms;
  EXPECT_EQ(rtt_in(world.apply(100s, {with_rtt(world, change, kSlow, 25)}), Window::k10s).min, 36ms);
  change = next(change);
  change.rtt_min = 35ms;
  EXPECT_EQ(rtt_in(world.apply(101s, {with_rtt(world, change, kSlow, 25)}), Window::k10s).min, 35ms);
}

TEST(StateWindows, TakeTheEdgeOfTheLowestCellWhereTheShortestIsNotTold) {
  World world;
  ConnectionChange change = begun();
  change.rtt_min = 1100us;
  world.apply(100s, {with_rtt(world, change, kFast, 25)});
  const Snapshot later = world.apply(110s, {with_rtt(world, next(change), kSlow, 25)});
  EXPECT_EQ(rtt_in(later, Window::k10s).min, connection_cell_from(kSlow));
  EXPECT_EQ(rtt_in(later, Window::k5m).min, 1100us);
  // Never less than the shortest ever.
  const Snapshot fast = world.apply(120s, {with_rtt(world, next(change), kFast, 25)});
  EXPECT_EQ(rtt_in(fast, Window::k10s).min, 1100us);
}

TEST(StateWindows, HaveNoShortestOfOtherSeries) {
  World world;
  ConnectionChange change = begun();
  change.rtt_min_recent = 1ms;
  change.turnaround = world.gain(kFast, 25, 25ms);
  const Snapshot snapshot = world.apply(100s, {change});
  const auto row = find_id(snapshot, kFirst);
  EXPECT_EQ(snapshot.summary(*row, row->turnaround, Window::k10s).samples, 25U);
  EXPECT_EQ(snapshot.summary(*row, row->turnaround, Window::k10s).min, std::nullopt);
}

TEST(StateWindows, HoldWhatServicesGained) {
  World world;
  constexpr auto kSeries = Series::kRttTimestamp;
  for (int i = 0; i < 100; ++i) {
    ServiceChange change{.service = kLobbyNumber};
    change.histograms[static_cast<std::size_t>(kSeries)] = world.gain(i < 50 ? 300 : 200, 5, 50ms);
    world.tick.services = {change};
    world.apply(100s + i * 1s);
  }
  const Snapshot snapshot = world.state.snapshot();
  const Service& lobby = service_in(snapshot, kLobby);
  EXPECT_EQ(snapshot.summary(lobby, kSeries, Window::k10s).samples, 50U);
  EXPECT_EQ(snapshot.summary(lobby, kSeries, Window::k5m).samples, 500U);
  EXPECT_LT(snapshot.summary(lobby, kSeries, Window::k10s).max, snapshot.summary(lobby, kSeries, Window::k5m).max);
  EXPECT_EQ(snapshot.summary(lobby, kSeries, Window::kAll),
            WindowSummary::of(*lobby.histograms[static_cast<std::size_t>(kSeries)]));
  EXPECT_EQ(snapshot.summaries(lobby, kSeries)[2], snapshot.summary(lobby, kSeries, Window::k5m));
  EXPECT_EQ(snapshot.summary(service_in(snapshot, kWorld), kSeries, Window::k5m), WindowSummary{});
  EXPECT_EQ(snapshot.summary(lobby, Series::kRttSequence, Window::kAll), WindowSummary{});
  EXPECT_EQ(rtt_in(world.apply(100s, {begun()}), Window::k10s), WindowSummary{});
}

// kFirst was slow a minute ago, kSecond is slow now.
struct Queries : testing::Test {
  World world;
  Snapshot snapshot;

  Queries() {
    world.apply(100s, {with_rtt(world, begun(), kSlow, 300), with_rtt(world, begun(kSecond), kFast, 200)});
    snapshot = world.apply(170s, {with_rtt(world, next(begun()), kFast, 200), with_rtt(world, next(begun(kSecond)), kSlow, 150)});
  }
  std::vector<ConnectionId> ids(const std::vector<std::pair<std::string, std::string>>& parameters) {
    std::vector<ConnectionId> ids;
    for (const auto& found : select(snapshot, ConnectionQuery::parse(parameters).value())) ids.push_back(found->id);
    return ids;
  }
};

TEST_F(Queries, SortByTheWindow) {
  EXPECT_EQ(ids({{"sort", "-rtt_p50"}}).front(), kFirst);
  EXPECT_EQ(ids({{"sort", "-rtt_p50"}, {"window", "1m"}}).front(), kSecond);
  EXPECT_EQ(ids({{"sort", "-rtt_p99"}, {"window", "10s"}}).front(), kSecond);
  EXPECT_EQ(ids({{"sort", "rtt_min"}, {"window", "1m"}}).front(), kFirst);
  EXPECT_EQ(ids({{"sort", "-rtt_min"}, {"window", "1m"}}).front(), kSecond);
}

TEST_F(Queries, FilterByTheWindow) {
  EXPECT_EQ(ids({{"min_rtt", "20ms"}}).size(), 2U);
  EXPECT_EQ(ids({{"min_rtt", "20ms"}, {"window", "1m"}}), std::vector{kSecond});
  EXPECT_EQ(ids({{"min_rtt", "20ms"}, {"window", "5m"}}).size(), 2U);
  EXPECT_TRUE(ids({{"min_turnaround", "1us"}, {"window", "5m"}}).empty());
}

}  // namespace
}  // namespace tickwire::model
