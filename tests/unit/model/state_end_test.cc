// SPDX-License-Identifier: Apache-2.0
// When State takes a connection for ended, and what it says why.
#include <gtest/gtest.h>

#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

constexpr ConnectionId kId{0, 0};

ConnectionChange udp(std::chrono::nanoseconds opened) {
  ConnectionChange change = new_connection(kId, kWorldNumber, opened);
  change.traffic[0] = {1, 100};
  return change;
}

// TCP that was established, its state told by a hook or not.
ConnectionChange tcp(std::chrono::nanoseconds opened, bool from_kernel) {
  ConnectionChange change = new_connection(kId, kLobbyNumber, opened);
  change.established = opened;
  change.state_from_kernel = from_kernel;
  change.state = from_kernel ? ConnectionState::kEstablished : ConnectionState::kNone;
  change.traffic[0] = {1, 100};
  return change;
}

TEST(UdpEnd, ComesWhenTheIdleLimitHasPassed) {
  World world({.udp_idle = 30s});
  world.apply(10s, {udp(9s)});
  EXPECT_EQ(find_id(world.apply(39999ms), kId)->state, ConnectionState::kActive);
  const Snapshot snapshot = world.apply(40s);
  const auto row = find_id(snapshot, kId);
  EXPECT_EQ(row->state, ConnectionState::kClosed);
  EXPECT_EQ(row->close_reason, CloseReason::kIdle);
  EXPECT_EQ(row->closed, 40s);
  EXPECT_EQ(service_in(snapshot, kWorld).closed, 1U);
  EXPECT_EQ(service_in(snapshot, kWorld).closed_by, (std::map<CloseReason, std::uint64_t>{{CloseReason::kIdle, 1}}));
}

TEST(UdpEnd, IsPutOffByAPacket) {
  World world({.udp_idle = 30s});
  const ConnectionChange change = udp(9s);
  world.apply(10s, {change});
  ConnectionChange packet = next(change);
  packet.traffic[1] = {1, 10};
  world.apply(30s, {packet});
  EXPECT_EQ(find_id(world.apply(59s), kId)->closed, std::nullopt);
  EXPECT_EQ(find_id(world.apply(60s), kId)->closed, 60s);
}

TEST(TcpState, IsTheKernelsWhereAHookTellsIt) {
  World world;
  ConnectionChange change = tcp(9s, true);
  change.state = ConnectionState::kFinWait2;
  EXPECT_EQ(find_id(world.apply(10s, {change}), kId)->state, ConnectionState::kFinWait2);
}

TEST(TcpState, IsInferredFromPacketsWithoutAHook) {
  World world;
  ConnectionChange change = tcp(9s, false);
  change.established = std::nullopt;
  EXPECT_EQ(find_id(world.apply(10s, {change}), kId)->state, ConnectionState::kSynRecv);
  change.established = 10500ms;
  EXPECT_EQ(find_id(world.apply(11s, {next(change)}), kId)->state, ConnectionState::kEstablished);
  change.fin_in = true;
  EXPECT_EQ(find_id(world.apply(12s, {next(change)}), kId)->state, ConnectionState::kCloseWait);
}

TEST(TcpState, OfAnOlderConnectionIsEstablished) {
  World world;
  ConnectionChange change = tcp(9s, false);
  change.established = std::nullopt;
  change.seeded = true;
  EXPECT_EQ(find_id(world.apply(10s, {change}), kId)->state, ConnectionState::kEstablished);
}

TEST(TcpEnd, IsToldByTheKernel) {
  World world;
  ConnectionChange change = tcp(9s, true);
  world.apply(10s, {change});
  change.state = ConnectionState::kClosed;
  change.closed = 10700ms;
  change.close_reason = CloseReason::kTimeout;
  const Snapshot snapshot = world.apply(11s, {next(change)});
  EXPECT_EQ(find_id(snapshot, kId)->state, ConnectionState::kClosed);
  EXPECT_EQ(find_id(snapshot, kId)->closed, 10700ms);
  EXPECT_EQ(find_id(snapshot, kId)->close_reason, CloseReason::kTimeout);
  EXPECT_EQ(service_in(snapshot, kLobby).closed_by, (std::map<CloseReason, std::uint64_t>{{CloseReason::kTimeout, 1}}));
}

TEST(TcpEnd, IsNotMadeByFlagsWhereTheKernelTells) {
  World world;
  ConnectionChange change = tcp(9s, true);
  change.fin_in = change.fin_out = change.reset_in = true;
  change.state = ConnectionState::kLastAck;
  EXPECT_EQ(find_id(world.apply(10s, {change}), kId)->closed, std::nullopt);
}

TEST(TcpEnd, TakesItsReasonFromPacketsWhenTheKernelHasNone) {
  World world;
  ConnectionChange change = tcp(9s, true);
  change.reset_in = true;
  change.state = ConnectionState::kClosed;
  EXPECT_EQ(find_id(world.apply(10s, {change}), kId)->close_reason, CloseReason::kRemoteReset);
}

TEST(TcpEnd, IsInferredFromAReset) {
  for (const bool in : {true, false}) {
    World world;
    ConnectionChange change = tcp(9s, false);
    world.apply(10s, {change});
    (in ? change.reset_in : change.reset_out) = true;
    const auto row = find_id(world.apply(11s, {next(change)}), kId);
    EXPECT_EQ(row->closed, 11s);
    EXPECT_EQ(row->close_reason, in ? CloseReason::kRemoteReset : CloseReason::kLocalReset);
  }
}

TEST(TcpEnd, IsInferredFromAFinInBothDirections) {
  for (const bool in_first : {true, false}) {
    World world;
    ConnectionChange change = tcp(9s, false);
    (in_first ? change.fin_in : change.fin_out) = true;
    EXPECT_EQ(find_id(world.apply(10s, {change}), kId)->closed, std::nullopt);
    change.fin_in = change.fin_out = true;
    const auto row = find_id(world.apply(11s, {next(change)}), kId);
    EXPECT_EQ(row->closed, 11s);
    EXPECT_EQ(row->close_reason, in_first ? CloseReason::kRemoteFin : CloseReason::kLocalFin);
  }
}

TEST(TcpEnd, NamesTheFinThatCameBeforeAReset) {
  World world;
  ConnectionChange change = tcp(9s, false);
  change.fin_in = true;
  world.apply(10s, {change});
  change.reset_out = true;
  EXPECT_EQ(find_id(world.apply(11s, {next(change)}), kId)->close_reason, CloseReason::kRemoteFin);
}

TEST(TcpEnd, HasNoReasonWhenBothFinsCameBetweenTwoTicks) {
  World world;
  ConnectionChange change = tcp(9s, false);
  change.fin_in = change.fin_out = true;
  const auto row = find_id(world.apply(10s, {change}), kId);
  EXPECT_EQ(row->state, ConnectionState::kClosed);
  EXPECT_EQ(row->close_reason, CloseReason::kNone);
}

TEST(TcpEnd, ComesToAHalfOpenConnection) {
  for (const bool from_kernel : {true, false}) {
    World world({.half_open = 10s});
    ConnectionChange change = tcp(9s, from_kernel);
    change.established = std::nullopt;
    change.state = ConnectionState::kSynRecv;
    world.apply(10s, {change});
    EXPECT_EQ(find_id(world.apply(18999ms), kId)->closed, std::nullopt);
    const auto row = find_id(world.apply(19s), kId);
    EXPECT_EQ(row->closed, 19s);
    EXPECT_EQ(row->close_reason, CloseReason::kHalfOpen);
  }
}

TEST(TcpEnd, OfAConnectionThatWasNeverEstablishedIsHalfOpen) {
  World world;
  ConnectionChange change = tcp(9s, true);
  change.established = std::nullopt;
  change.state = ConnectionState::kClosed;
  change.closed = 9500ms;
  EXPECT_EQ(find_id(world.apply(10s, {change}), kId)->close_reason, CloseReason::kHalfOpen);
}

TEST(TcpEnd, DoesNotComeToAnEstablishedOneAsHalfOpen) {
  World world({.half_open = 10s});
  world.apply(10s, {tcp(9s, false)});
  EXPECT_EQ(find_id(world.apply(60s), kId)->closed, std::nullopt);
}

TEST(TcpEnd, ComesToASilentOneWithoutAHook) {
  World world({.tcp_silent = 900s});
  world.apply(10s, {tcp(9s, false)});
  EXPECT_EQ(find_id(world.apply(909s), kId)->closed, std::nullopt);
  const auto row = find_id(world.apply(910s), kId);
  EXPECT_EQ(row->closed, 910s);
  EXPECT_EQ(row->close_reason, CloseReason::kIdle);
}

TEST(TcpEnd, DoesNotComeToASilentOneThatTheKernelWatches) {
  World world({.tcp_silent = 900s});
  world.apply(10s, {tcp(9s, true)});
  EXPECT_EQ(find_id(world.apply(100'000s), kId)->closed, std::nullopt);
}

TEST(ConnectionEnd, ComesWhenTheSlotHasANewGeneration) {
  World world;
  world.apply(10s, {udp(9s)});
  const Snapshot snapshot = world.apply(11s, {new_connection({0, 1}, kWorldNumber, 10500ms)});
  ASSERT_EQ(snapshot.connections.size(), 2U);
  EXPECT_EQ(find_id(snapshot, kId)->closed, 10500ms);
  EXPECT_EQ(find_id(snapshot, {0, 1})->closed, std::nullopt);
  EXPECT_EQ(service_in(snapshot, kWorld).closed, 1U);
}

TEST(ConnectionEnd, IsCountedOnceHoweverOftenItIsTold) {
  World world;
  ConnectionChange change = tcp(9s, true);
  change.state = ConnectionState::kClosed;
  change.closed = 9500ms;
  world.apply(10s, {change});
  world.apply(11s, {next(change)});
  const Snapshot snapshot = world.apply(12s, {next(change), new_connection({0, 1}, kLobbyNumber, 11s)});
  EXPECT_EQ(service_in(snapshot, kLobby).closed, 1U);
}

TEST(ConnectionEnd, BetweenTwoTicksIsSeenWithItsBeginning) {
  World world;
  world.tick.services = {{.service = kLobbyNumber, .opened = 1}};
  ConnectionChange change = tcp(9100ms, true);
  change.state = ConnectionState::kClosed;
  change.closed = 9200ms;
  change.close_reason = CloseReason::kRemoteFin;
  const Snapshot snapshot = world.apply(10s, {change});
  EXPECT_EQ(find_id(snapshot, kId)->age(10s), 100ms);
  EXPECT_EQ(service_in(snapshot, kLobby).opened, 1U);
  EXPECT_EQ(service_in(snapshot, kLobby).closed, 1U);
  EXPECT_EQ(service_in(snapshot, kLobby).traffic[0], (Traffic{1, 100}));
  EXPECT_TRUE(service_in(snapshot, kLobby).connections.empty());
}

TEST(ConnectionEnd, OfAThousandBetweenTwoTicksIsAThousandInTheTotals) {
  World world;
  world.tick.services = {{.service = kLobbyNumber, .opened = 1000}};
  std::vector<ConnectionChange> changes;
  for (std::uint32_t slot = 0; slot < 1000; ++slot) {
    ConnectionChange change = tcp(9100ms, true);
    change.id = {slot, 0};
    change.state = ConnectionState::kClosed;
    change.closed = 9200ms;
    change.close_reason = CloseReason::kLocalFin;
    changes.push_back(change);
  }
  const Snapshot snapshot = world.apply(10s, changes);
  EXPECT_EQ(snapshot.connections.size(), 1000U);
  EXPECT_EQ(service_in(snapshot, kLobby).opened, 1000U);
  EXPECT_EQ(service_in(snapshot, kLobby).closed, 1000U);
  EXPECT_EQ(service_in(snapshot, kLobby).traffic[0], (Traffic{1000, 100'000}));
}

TEST(LivingConnections, AreCountedByState) {
  World world;
  ConnectionChange change = tcp(9s, true);
  ConnectionChange other = udp(9s);
  other.id = {1, 0};
  Snapshot snapshot = world.apply(10s, {change, other});
  EXPECT_EQ(service_in(snapshot, kLobby).connections,
            (std::map<ConnectionState, std::uint64_t>{{ConnectionState::kEstablished, 1}}));
  EXPECT_EQ(service_in(snapshot, kWorld).connections, (std::map<ConnectionState, std::uint64_t>{{ConnectionState::kActive, 1}}));
  change.state = ConnectionState::kCloseWait;
  snapshot = world.apply(11s, {next(change)});
  EXPECT_EQ(service_in(snapshot, kLobby).connections,
            (std::map<ConnectionState, std::uint64_t>{{ConnectionState::kCloseWait, 1}}));
  change.state = ConnectionState::kClosed;
  EXPECT_TRUE(service_in(world.apply(12s, {next(change)}), kLobby).connections.empty());
}

}  // namespace
}  // namespace tickwire::model
