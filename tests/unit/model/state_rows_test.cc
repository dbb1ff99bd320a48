// SPDX-License-Identifier: Apache-2.0
// What State keeps of ended connections and of services that are watched no more.
#include <gtest/gtest.h>

#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

using Ids = std::vector<ConnectionId>;

// TCP that opened and closed before its first tick.
ConnectionChange ended(ConnectionId id, std::chrono::nanoseconds closed) {
  ConnectionChange change = new_connection(id, kLobbyNumber, closed - 100ms);
  change.established = closed - 50ms;
  change.state_from_kernel = true;
  change.state = ConnectionState::kClosed;
  change.closed = closed;
  change.close_reason = CloseReason::kRemoteFin;
  change.traffic[0] = {2, 200};
  return change;
}

TEST(EndedRow, IsShownUntilItsTimeIsOver) {
  World world({.closed_visible = 60s});
  world.apply(10s, {ended({0, 0}, 10s)});
  EXPECT_NE(find_id(world.apply(69999ms), {0, 0}), nullptr);
  EXPECT_EQ(find_id(world.apply(70s), {0, 0}), nullptr);
}

TEST(EndedRow, IsShownAsLongWithoutItsSlot) {
  World world({.linger = 2s, .closed_visible = 60s});
  world.apply(10s, {ended({0, 0}, 10s)});
  world.apply(13s);
  EXPECT_EQ(world.state.take_ended(), (Ids{{0, 0}}));
  const Snapshot snapshot = world.apply(14s, {new_connection({0, 1}, kLobbyNumber, 13500ms)});
  EXPECT_NE(find_id(snapshot, {0, 0}), nullptr);
  EXPECT_NE(find_id(snapshot, {0, 1}), nullptr);
  EXPECT_EQ(find_id(world.apply(70s), {0, 0}), nullptr);
}

TEST(EndedRow, LeavesItsTotalsBehind) {
  World world({.closed_visible = 60s});
  world.apply(10s, {ended({0, 0}, 10s)});
  const Snapshot snapshot = world.apply(100s);
  EXPECT_TRUE(snapshot.connections.empty());
  EXPECT_EQ(service_in(snapshot, kLobby).closed, 1U);
  EXPECT_EQ(service_in(snapshot, kLobby).traffic[0], (Traffic{2, 200}));
}

TEST(EndedRows, AreBoundedAndTheOldestGoesFirst) {
  World world({.closed_rows = 2});
  const Snapshot snapshot = world.apply(10s, {ended({0, 0}, 9s), ended({1, 0}, 8s), ended({2, 0}, 9500ms)});
  EXPECT_EQ(snapshot.connections.size(), 2U);
  EXPECT_EQ(find_id(snapshot, {1, 0}), nullptr);
  EXPECT_EQ(snapshot.closed_rows_dropped, 1U);
  EXPECT_EQ(service_in(snapshot, kLobby).closed, 3U);
}

TEST(EndedRows, WithinTheBoundAreNotDropped) {
  World world({.closed_rows = 2});
  EXPECT_EQ(world.apply(10s, {ended({0, 0}, 9s), ended({1, 0}, 8s)}).closed_rows_dropped, 0U);
}

TEST(EndedRows, GiveTheirSlotsBackEvenWhenDropped) {
  World world({.linger = 2s, .closed_rows = 0});
  EXPECT_TRUE(world.apply(10s, {ended({0, 0}, 10s)}).connections.empty());
  world.apply(13s);
  EXPECT_EQ(world.state.take_ended(), (Ids{{0, 0}}));
}

TEST(TakeEnded, WaitsForLatePackets) {
  World world({.linger = 2s});
  world.apply(10s, {ended({0, 0}, 10s)});
  world.apply(12s);
  EXPECT_EQ(world.state.take_ended(), Ids{});
  world.apply(12001ms);
  EXPECT_EQ(world.state.take_ended(), (Ids{{0, 0}}));
}

TEST(TakeEnded, GivesEachOnce) {
  World world({.linger = 2s});
  world.apply(10s, {ended({0, 0}, 10s), ended({1, 0}, 9s)});
  world.apply(13s);
  EXPECT_EQ(world.state.take_ended(), (Ids{{1, 0}, {0, 0}}));
  EXPECT_EQ(world.state.take_ended(), Ids{});
  world.apply(100s);
  EXPECT_EQ(world.state.take_ended(), Ids{});
}

TEST(TakeEnded, LeavesLivingOnesAlone) {
  World world({.linger = 2s});
  ConnectionChange living = new_connection({0, 0}, kLobbyNumber, 9s);
  living.established = 9s;
  world.apply(10s, {living});
  world.apply(20s);
  EXPECT_EQ(world.state.take_ended(), Ids{});
}

TEST(TakeEnded, GivesBackASlotThatNoServiceWants) {
  World world({.linger = 2s});
  ConnectionChange stray = new_connection({4, 0}, kLobbyNumber, 9s);
  stray.service = 77;
  EXPECT_TRUE(world.apply(10s, {stray}).connections.empty());
  world.apply(13s, {next(stray)});
  EXPECT_EQ(world.state.take_ended(), (Ids{{4, 0}}));
}

TEST(LatePackets, CountInTheRowAndInTheTotals) {
  World world({.linger = 2s});
  const ConnectionChange change = ended({0, 0}, 10s);
  world.apply(10s, {change});
  ConnectionChange late = next(change);
  late.traffic[1] = {1, 10};
  const Snapshot snapshot = world.apply(11s, {late});
  EXPECT_EQ(find_id(snapshot, {0, 0})->traffic[1], (Traffic{1, 10}));
  EXPECT_EQ(find_id(snapshot, {0, 0})->closed, 10s);
  EXPECT_EQ(find_id(snapshot, {0, 0})->state, ConnectionState::kClosed);
  EXPECT_EQ(service_in(snapshot, kLobby).traffic[1], (Traffic{1, 10}));
}

TEST(LatePackets, CountInTheTotalsAfterTheSlotAndTheRowAreGone) {
  World world({.linger = 2s, .closed_visible = 5s});
  const ConnectionChange change = ended({0, 0}, 10s);
  world.apply(10s, {change});
  world.apply(13s);
  ASSERT_EQ(world.state.take_ended().size(), 1U);
  ConnectionChange late = next(change);
  late.traffic[1] = {1, 10};
  EXPECT_EQ(find_id(world.apply(14s, {late}), {0, 0})->traffic[1], (Traffic{1, 10}));
  const Snapshot snapshot = world.apply(20s, {late});
  EXPECT_TRUE(snapshot.connections.empty());
  EXPECT_EQ(service_in(snapshot, kLobby).traffic[1], (Traffic{2, 20}));
}

TEST(LatePackets, DoNotReviveUdp) {
  World world({.udp_idle = 30s, .linger = 2s});
  const ConnectionChange change = new_connection({0, 0}, kWorldNumber, 10s);
  world.apply(10s, {change});
  world.apply(40s);
  ConnectionChange late = next(change);
  late.traffic[0] = {1, 10};
  const Snapshot snapshot = world.apply(41s, {late});
  EXPECT_EQ(find_id(snapshot, {0, 0})->closed, 40s);
  EXPECT_EQ(service_in(snapshot, kWorld).closed, 1U);
}

TEST(RemovedService, EndsItsConnections) {
  World world({.linger = 2s});
  ConnectionChange change = new_connection({0, 0}, kLobbyNumber, 9s);
  change.established = 9s;
  world.apply(10s, {change, new_connection({1, 0}, kWorldNumber, 9s)});
  world.state.remove_service(kLobbyNumber, 10500ms);
  const Snapshot snapshot = world.apply(13s);
  EXPECT_EQ(find_id(snapshot, {0, 0})->closed, 10500ms);
  EXPECT_EQ(find_id(snapshot, {0, 0})->close_reason, CloseReason::kServiceGone);
  EXPECT_EQ(find_id(snapshot, {1, 0})->closed, std::nullopt);
  EXPECT_EQ(world.state.take_ended(), (Ids{{0, 0}}));
}

TEST(RemovedService, LeavesTheSnapshots) {
  World world;
  world.state.remove_service(kLobbyNumber, 10s);
  const Snapshot snapshot = world.apply(11s);
  ASSERT_EQ(snapshot.services.size(), 1U);
  EXPECT_EQ(snapshot.services[0].id, kWorld);
}

TEST(RemovedService, GoesOnWhereItWasWhenItComesBack) {
  World world;
  world.tick.services = {{.service = kLobbyNumber, .opened = 3}};
  world.apply(10s, {ended({0, 0}, 10s)});
  world.state.remove_service(kLobbyNumber, 10s);
  world.state.add_service(5, kLobby);
  world.tick.services = {{.service = 5, .opened = 4}};
  const Snapshot snapshot = world.apply(11s);
  EXPECT_EQ(service_in(snapshot, kLobby).opened, 7U);
  EXPECT_EQ(service_in(snapshot, kLobby).closed, 1U);
}

TEST(RemovedService, LeavesNothingToAnotherThatGetsItsNumber) {
  World world;
  world.tick.services = {{.service = kLobbyNumber, .opened = 3}};
  const ConnectionChange change = ended({0, 0}, 10s);
  world.apply(10s, {change});
  const ServiceId chat{"chat", Protocol::kTcp, 9001};
  world.state.remove_service(kLobbyNumber, 10s);
  world.state.add_service(kLobbyNumber, chat);
  ConnectionChange late = next(change);
  late.traffic[1] = {1, 10};
  const Snapshot snapshot = world.apply(11s, {late});
  EXPECT_EQ(service_in(snapshot, chat).opened, 0U);
  EXPECT_EQ(service_in(snapshot, chat).traffic[1], Traffic{});
}

TEST(RemovedService, ThatNobodyKnowsIsIgnored) {
  World world;
  world.state.remove_service(900, 10s);
  EXPECT_EQ(world.state.snapshot().services.size(), 2U);
}

TEST(AddedService, KeepsItsTotalsWhenItIsAddedTwice) {
  World world;
  world.tick.services = {{.service = kWorldNumber, .opened = 3}};
  world.apply(10s, {new_connection({0, 0}, kWorldNumber, 9s)});
  world.state.add_service(kWorldNumber, kWorld);
  const Snapshot snapshot = world.apply(11s);
  EXPECT_EQ(service_in(snapshot, kWorld).opened, 3U);
  EXPECT_EQ(find_id(snapshot, {0, 0})->closed, std::nullopt);
}

TEST(AddedService, TakesTheNumberFromTheOneThatHadIt) {
  World world;
  world.apply(10s, {new_connection({0, 0}, kWorldNumber, 9s)});
  const ServiceId arena{"arena", Protocol::kUdp, 7778};
  world.state.add_service(kWorldNumber, arena);
  const Snapshot snapshot = world.apply(11s);
  EXPECT_EQ(find_id(snapshot, {0, 0})->close_reason, CloseReason::kServiceGone);
  EXPECT_EQ(snapshot.services.size(), 2U);
  EXPECT_EQ(service_in(snapshot, arena).closed, 0U);
}

}  // namespace
}  // namespace tickwire::model
