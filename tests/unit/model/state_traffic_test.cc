// SPDX-License-Identifier: Apache-2.0
// What State counts: rows, service totals, histograms.
#include <gtest/gtest.h>

#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

constexpr ConnectionId kFirst{3, 1};

ConnectionChange with_traffic(ConnectionChange change, Traffic in, Traffic out) {
  change.traffic = {in, out};
  return change;
}

TEST(State, BeginsWithItsServicesAndNothingElse) {
  const World world;
  const Snapshot snapshot = world.state.snapshot();
  ASSERT_EQ(snapshot.services.size(), 2U);
  EXPECT_EQ(snapshot.services[0].id, kLobby);
  EXPECT_EQ(snapshot.services[1].id, kWorld);
  EXPECT_EQ(snapshot.services[1].opened, 0U);
  EXPECT_TRUE(snapshot.connections.empty());
  EXPECT_EQ(snapshot.ticks, 0U);
}

TEST(State, PassesOnWhatATickTellsInTotals) {
  World world;
  world.tick.unix_time = 5000s;
  world.tick.losses[TW_LOSS_FRAGMENT] = 7;
  world.tick.interfaces = {{.name = "eth0", .seen = {10, 20}, .counted = {11, 21}}};
  world.tick.programs = {{.program = "ingress", .runs = 9, .run_time = 100ns}};
  world.tick.slots_used = 3;
  world.tick.slots_capacity = 64;
  const Snapshot snapshot = world.apply(10s);
  EXPECT_EQ(snapshot.monotonic, 10s);
  EXPECT_EQ(snapshot.unix_time, 5000s);
  EXPECT_EQ(snapshot.ticks, 1U);
  EXPECT_EQ(snapshot.losses[TW_LOSS_FRAGMENT], 7U);
  EXPECT_EQ(snapshot.interfaces.at(0).name, "eth0");
  EXPECT_EQ(snapshot.programs.at(0).runs, 9U);
  EXPECT_EQ(snapshot.slots_used, 3U);
  EXPECT_EQ(snapshot.slots_capacity, 64U);
}

TEST(State, ShowsANewConnection) {
  World world;
  ConnectionChange change = new_connection(kFirst, kWorldNumber, 9500ms);
  change.seeded = true;
  const Snapshot snapshot = world.apply(10s, {change});
  ASSERT_EQ(snapshot.connections.size(), 1U);
  const Connection& row = *snapshot.connections[0];
  EXPECT_EQ(row.id, kFirst);
  EXPECT_EQ(row.key, change.key);
  EXPECT_EQ(*row.service, kWorld);
  EXPECT_EQ(row.state, ConnectionState::kActive);
  EXPECT_TRUE(row.seeded);
  EXPECT_EQ(row.opened, 9500ms);
  EXPECT_EQ(row.closed, std::nullopt);
  EXPECT_EQ(row.last_packet, 9500ms);
}

TEST(State, IgnoresAChangeOfAConnectionThatItDoesNotKnow) {
  World world;
  const Snapshot snapshot = world.apply(10s, {with_traffic(next(new_connection(kFirst, kWorldNumber, 9s)), {1, 1}, {})});
  EXPECT_TRUE(snapshot.connections.empty());
  EXPECT_EQ(service_in(snapshot, kWorld).traffic[0], Traffic{});
}

TEST(State, AddsTrafficToTheRowAndToTheService) {
  World world;
  const ConnectionChange change = new_connection(kFirst, kWorldNumber, 9s);
  world.apply(10s, {with_traffic(change, {10, 1000}, {20, 3000})});
  const Snapshot snapshot = world.apply(11s, {with_traffic(next(change), {1, 100}, {2, 300})});
  EXPECT_EQ(snapshot.connections.at(0)->traffic[0], (Traffic{11, 1100}));
  EXPECT_EQ(snapshot.connections.at(0)->traffic[1], (Traffic{22, 3300}));
  EXPECT_EQ(service_in(snapshot, kWorld).traffic[0], (Traffic{11, 1100}));
  EXPECT_EQ(service_in(snapshot, kWorld).traffic[1], (Traffic{22, 3300}));
  EXPECT_EQ(service_in(snapshot, kLobby).traffic[0], Traffic{});
}

TEST(State, AddsPacketsOfConnectionsWithoutASlotToTheService) {
  World world;
  world.tick.services = {{.service = kWorldNumber, .unslotted = {Traffic{5, 500}, Traffic{6, 600}}}};
  const Snapshot snapshot = world.apply(10s, {with_traffic(new_connection(kFirst, kWorldNumber, 9s), {1, 100}, {})});
  EXPECT_EQ(service_in(snapshot, kWorld).traffic[0], (Traffic{6, 600}));
  EXPECT_EQ(service_in(snapshot, kWorld).traffic[1], (Traffic{6, 600}));
}

TEST(State, TakesTheLastTickWithAPacketForTheLastPacket) {
  World world;
  const ConnectionChange change = new_connection(kFirst, kWorldNumber, 9s);
  world.apply(10s, {with_traffic(change, {1, 100}, {})});
  EXPECT_EQ(world.apply(11s, {next(change)}).connections.at(0)->last_packet, 10s);
  EXPECT_EQ(world.apply(12s, {with_traffic(next(change), {}, {1, 0})}).connections.at(0)->last_packet, 12s);
}

TEST(State, TakesFiguresOfTheKernelAsTheyStand) {
  World world;
  ConnectionChange change = new_connection(kFirst, kLobbyNumber, 9s);
  change.established = 9100ms;
  change.handshake = 100ms;
  change.srtt = 20ms;
  change.rtt_min = 18ms;
  change.retransmissions = 4;
  world.apply(10s, {change});
  change.srtt = 30ms;
  change.retransmissions = 5;
  change.out_of_order = 6;
  const auto row = world.apply(11s, {next(change)}).connections.at(0);
  EXPECT_EQ(row->established, 9100ms);
  EXPECT_EQ(row->handshake, 100ms);
  EXPECT_EQ(row->srtt, 30ms);
  EXPECT_EQ(row->rtt_min, 18ms);
  EXPECT_EQ(row->retransmissions, 5U);
  EXPECT_EQ(row->out_of_order, 6U);
}

TEST(State, CountsOpenedConnectionsAsTheKernelDid) {
  World world;
  world.tick.services = {{.service = kWorldNumber, .opened = 3}};
  world.apply(10s, {new_connection(kFirst, kWorldNumber, 9s)});
  world.tick.services = {{.service = kWorldNumber, .opened = 2}};
  EXPECT_EQ(service_in(world.apply(11s), kWorld).opened, 5U);
}

TEST(State, AddsWhatAServicesTcpCounts) {
  World world;
  ServiceChange change{.service = kLobbyNumber, .retransmissions = 7, .out_of_order = 8};
  change.transitions[static_cast<std::size_t>(ConnectionState::kEstablished)] = 2;
  change.transitions[15] = 99;  // no state of TCP
  world.tick.services = {change};
  world.apply(10s);
  world.tick.services = {change};
  const Snapshot snapshot = world.apply(11s);
  EXPECT_EQ(service_in(snapshot, kLobby).retransmissions, 14U);
  EXPECT_EQ(service_in(snapshot, kLobby).out_of_order, 16U);
  EXPECT_EQ(service_in(snapshot, kLobby).transitions,
            (std::map<ConnectionState, std::uint64_t>{{ConnectionState::kEstablished, 4}}));
}

TEST(State, IgnoresAServiceNumberThatNobodyHas) {
  World world;
  world.tick.services = {{.service = 900, .opened = 3}};
  for (const Service& service : world.apply(10s).services) EXPECT_EQ(service.opened, 0U);
}

TEST(State, AccumulatesServiceHistogramsBySeries) {
  World world;
  constexpr auto kSeries = static_cast<std::size_t>(Series::kRttTimestamp);
  for (const auto now : {10s, 11s}) {
    ServiceChange change{.service = kLobbyNumber};
    change.histograms[kSeries] = world.gain(200, 5, 50ms);
    world.tick.services = {change};
    world.apply(now);
  }
  const Snapshot snapshot = world.state.snapshot();
  Histogram expected(Resolution::kService);
  expected.add(200, 10);
  expected.add_sum(100ms);
  ASSERT_NE(service_in(snapshot, kLobby).histograms[kSeries], nullptr);
  EXPECT_EQ(*service_in(snapshot, kLobby).histograms[kSeries], expected);
  EXPECT_EQ(service_in(snapshot, kLobby).histograms[static_cast<std::size_t>(Series::kRttSequence)], nullptr);
}

TEST(State, AccumulatesAConnectionsSamples) {
  World world;
  ConnectionChange change = new_connection(kFirst, kLobbyNumber, 9s);
  change.established = 9s;
  change.rtt_series = Series::kRttTimestamp;
  change.rtt = world.gain(56, 60, 1200ms);
  change.turnaround = world.gain(40, 1, 1ms);
  world.apply(10s, {change});
  ConnectionChange second = next(change);
  second.rtt = world.gain(56, 40, 800ms);
  const auto row = world.apply(11s, {second}).connections.at(0);
  Histogram expected(Resolution::kConnection);
  expected.add(56, 100);
  expected.add_sum(2000ms);
  EXPECT_EQ(row->rtt.series, Series::kRttTimestamp);
  EXPECT_EQ(*row->rtt.histogram, expected);
  EXPECT_EQ(row->rtt.p50, expected.quantile(0.5));
  EXPECT_EQ(row->rtt.p99, expected.quantile(0.99));
  EXPECT_TRUE(row->rtt.p99);
  EXPECT_EQ(row->rtt.p999, std::nullopt);
  EXPECT_EQ(row->rtt.max, expected.max());
  EXPECT_EQ(row->turnaround.series, Series::kTurnaroundNextPacket);
  EXPECT_EQ(row->turnaround.samples(), 1U);
}

TEST(State, SaysNothingOfWhatWasNotMeasured) {
  World world;
  const auto row = world.apply(10s, {new_connection(kFirst, kWorldNumber, 9s)}).connections.at(0);
  EXPECT_EQ(row->rtt.series, std::nullopt);
  EXPECT_EQ(row->rtt.histogram, nullptr);
  EXPECT_EQ(row->rtt.p50, std::nullopt);
  EXPECT_EQ(row->turnaround.series, std::nullopt);
}

TEST(State, NeverMixesSamplesOfTwoMethods) {
  World world;
  ConnectionChange change = new_connection(kFirst, kLobbyNumber, 9s);
  change.established = 9s;
  change.rtt_series = Series::kRttSequence;
  change.rtt = world.gain(56, 60, 1200ms);
  world.apply(10s, {change});
  ConnectionChange second = next(change);
  second.rtt_series = Series::kRttTimestamp;
  second.rtt = world.gain(57, 2, 50ms);
  const auto row = world.apply(11s, {second}).connections.at(0);
  EXPECT_EQ(row->rtt.series, Series::kRttTimestamp);
  EXPECT_EQ(row->rtt.samples(), 2U);
}

TEST(State, CopiesOnlyRowsThatChanged) {
  World world;
  const ConnectionChange first = new_connection({1, 0}, kWorldNumber, 9s);
  const Snapshot before = world.apply(10s, {first, new_connection({2, 0}, kWorldNumber, 9s)});
  const Snapshot after = world.apply(11s, {with_traffic(next(first), {1, 1}, {})});
  EXPECT_NE(before.connections.at(0), after.connections.at(0));
  EXPECT_EQ(before.connections.at(1), after.connections.at(1));
  EXPECT_EQ(before.connections.at(0)->traffic[0], Traffic{});
}

TEST(State, OrdersRowsById) {
  World world;
  world.apply(10s, {new_connection({5, 0}, kWorldNumber, 9s), new_connection({2, 7}, kWorldNumber, 9s)});
  const Snapshot snapshot =
      world.apply(11s, {new_connection({5, 1}, kWorldNumber, 10s), new_connection({1, 9}, kWorldNumber, 10s)});
  std::vector<ConnectionId> ids;
  for (const auto& row : snapshot.connections) ids.push_back(row->id);
  EXPECT_EQ(ids, (std::vector<ConnectionId>{{1, 9}, {2, 7}, {5, 0}, {5, 1}}));
}

}  // namespace
}  // namespace tickwire::model
