// SPDX-License-Identifier: Apache-2.0
#include "model/query.h"

#include <gtest/gtest.h>

#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

using Ids = std::vector<ConnectionId>;

Connection row(std::uint32_t slot, const ServiceId& service, std::uint16_t remote_port) {
  return {.id = {slot, 0},
          .key = {.protocol = service.protocol, .local = local_of(service), .remote = player(remote_port)},
          .service = std::make_shared<const ServiceId>(service),
          .state = service.protocol == Protocol::kUdp ? ConnectionState::kActive : ConnectionState::kEstablished};
}

Snapshot snapshot_of(const std::vector<Connection>& rows) {
  Snapshot snapshot;
  snapshot.monotonic = 100s;
  for (const Connection& connection : rows) snapshot.connections.push_back(std::make_shared<const Connection>(connection));
  return snapshot;
}

Ids ids(const Snapshot& snapshot, const std::vector<std::pair<std::string, std::string>>& parameters) {
  Ids ids;
  for (const auto& found : select(snapshot, ConnectionQuery::parse(parameters).value())) ids.push_back(found->id);
  return ids;
}

// 1: UDP, rtt p50 alone; 2: TCP, rtt p99; 3: TCP from IPv6, nothing measured, closed; 4: UDP, turnaround.
Snapshot four() {
  Connection first = row(1, kWorld, 4001);
  first.opened = 90s;
  first.rtt.p50 = 30ms;
  first.traffic = {Traffic{10, 5000}, Traffic{5, 100}};
  Connection second = row(2, kLobby, 4002);
  second.opened = 10s;
  second.rtt.p50 = 20ms;
  second.rtt.p99 = 120ms;
  second.rtt_min = 15ms;
  second.stages[1].p95 = 8ms;
  second.rtt_jitter = 2ms;
  second.pace[1].jitter = 3ms;
  second.retransmissions = 3;
  second.traffic = {Traffic{1, 100}, Traffic{1, 100}};
  Connection third = row(3, kLobby, 4003);
  third.key.remote.address = IpAddress::parse("2001:db8::3").value();
  third.state = ConnectionState::kClosed;
  third.opened = 20s;
  third.closed = 25s;
  Connection fourth = row(4, kWorld, 4004);
  fourth.opened = 50s;
  fourth.turnaround.p50 = 2ms;
  fourth.turnaround.p99 = 9ms;
  fourth.rtt_min = 5ms;
  fourth.stages[1].p95 = 7ms;
  fourth.stages[2].p95 = 6ms;
  fourth.pace[0].jitter = 1ms;
  return snapshot_of({first, second, third, fourth});
}

TEST(Select, TakesEveryRowByDefaultTheHighestRttFirst) { EXPECT_EQ(ids(four(), {}), (Ids{{2, 0}, {1, 0}, {3, 0}, {4, 0}})); }

TEST(Select, FiltersByService) {
  EXPECT_EQ(ids(four(), {{"service", "world"}, {"sort", "id"}}), (Ids{{1, 0}, {4, 0}}));
  EXPECT_EQ(ids(four(), {{"service", "worl"}}), Ids{});
}

TEST(Select, FiltersByLocalPort) {
  EXPECT_EQ(ids(four(), {{"port", "9000"}, {"sort", "id"}}), (Ids{{2, 0}, {3, 0}}));
  EXPECT_EQ(ids(four(), {{"port", "4001"}}), Ids{});
}

TEST(Select, FiltersByRemotePrefix) {
  EXPECT_EQ(ids(four(), {{"remote", "2001:db8::/32"}}), (Ids{{3, 0}}));
  EXPECT_EQ(ids(four(), {{"remote", "198.51.100.0/24"}, {"sort", "id"}}), (Ids{{1, 0}, {2, 0}, {4, 0}}));
  EXPECT_EQ(ids(four(), {{"remote", "192.0.2.0/24"}}), Ids{});
}

TEST(Select, FiltersByProtocol) { EXPECT_EQ(ids(four(), {{"proto", "tcp"}, {"sort", "id"}}), (Ids{{2, 0}, {3, 0}})); }

TEST(Select, FiltersByState) {
  EXPECT_EQ(ids(four(), {{"state", "closed"}}), (Ids{{3, 0}}));
  EXPECT_EQ(ids(four(), {{"state", "established"}}), (Ids{{2, 0}}));
}

TEST(Select, ComparesTheLeastRttWithP99OrElseP50) {
  EXPECT_EQ(ids(four(), {{"min_rtt", "30ms"}, {"sort", "id"}}), (Ids{{1, 0}, {2, 0}}));
  EXPECT_EQ(ids(four(), {{"min_rtt", "31ms"}}), (Ids{{2, 0}}));
  EXPECT_EQ(ids(four(), {{"min_rtt", "121ms"}}), Ids{});
}

TEST(Select, LeavesOutRowsWithoutTheValueEvenOfALeastOfZero) {
  EXPECT_EQ(ids(four(), {{"min_turnaround", "0s"}}), (Ids{{4, 0}}));
  EXPECT_EQ(ids(four(), {{"min_turnaround", "9ms"}}), (Ids{{4, 0}}));
  EXPECT_EQ(ids(four(), {{"min_turnaround", "10ms"}}), Ids{});
}

TEST(Select, JoinsFiltersWithAnd) {
  EXPECT_EQ(ids(four(), {{"proto", "tcp"}, {"state", "closed"}}), (Ids{{3, 0}}));
  EXPECT_EQ(ids(four(), {{"proto", "udp"}, {"state", "closed"}}), Ids{});
}

TEST(Select, SortsInBothDirections) {
  EXPECT_EQ(ids(four(), {{"sort", "age"}}), (Ids{{3, 0}, {1, 0}, {4, 0}, {2, 0}}));
  EXPECT_EQ(ids(four(), {{"sort", "-age"}}), (Ids{{2, 0}, {4, 0}, {1, 0}, {3, 0}}));
}

TEST(Select, PutsRowsWithoutTheValueLastInBothDirections) {
  EXPECT_EQ(ids(four(), {{"sort", "rtt_min"}}), (Ids{{4, 0}, {2, 0}, {1, 0}, {3, 0}}));
  EXPECT_EQ(ids(four(), {{"sort", "-rtt_min"}}), (Ids{{2, 0}, {4, 0}, {1, 0}, {3, 0}}));
}

TEST(Select, SortsByEveryKey) {
  const std::vector<std::pair<std::string, ConnectionId>> greatest{{"-id", {4, 0}},
                                                                   {"-age", {2, 0}},
                                                                   {"-service", {1, 0}},
                                                                   {"-remote", {3, 0}},
                                                                   {"-state", {2, 0}},
                                                                   {"-rtt_p50", {1, 0}},
                                                                   {"-rtt_p99", {2, 0}},
                                                                   {"-rtt_min", {2, 0}},
                                                                   {"-wait", {2, 0}},
                                                                   {"-app", {4, 0}},
                                                                   {"-jitter", {2, 0}},
                                                                   {"-jitter_in", {4, 0}},
                                                                   {"-jitter_out", {2, 0}},
                                                                   {"-packets", {1, 0}},
                                                                   {"-bytes", {1, 0}},
                                                                   {"-turnaround_p50", {4, 0}},
                                                                   {"-turnaround_p99", {4, 0}},
                                                                   {"-retransmissions", {2, 0}}};
  ASSERT_EQ(greatest.size(), sort_key_names().size());
  for (const auto& [key, id] : greatest) EXPECT_EQ(ids(four(), {{"sort", key}}).front(), id) << key;
}

TEST(Select, BreaksTiesById) {
  EXPECT_EQ(ids(four(), {{"sort", "service"}}), (Ids{{2, 0}, {3, 0}, {1, 0}, {4, 0}}));
  EXPECT_EQ(ids(four(), {{"sort", "-service"}}), (Ids{{1, 0}, {4, 0}, {2, 0}, {3, 0}}));
}

TEST(Select, StopsAtTheLimit) {
  EXPECT_EQ(ids(four(), {{"sort", "-age"}, {"limit", "2"}}), (Ids{{2, 0}, {4, 0}}));
  EXPECT_EQ(ids(four(), {{"limit", "100"}}).size(), 4U);
}

TEST(Select, FindsNothingInAnEmptySnapshot) { EXPECT_EQ(ids(Snapshot{}, {}), Ids{}); }

ConnectionId found(const Snapshot& snapshot, std::string_view text) { return find_connection(snapshot, text).value()->id; }

TEST(FindConnection, KnowsAnId) { EXPECT_EQ(found(four(), "3.0"), (ConnectionId{3, 0})); }

TEST(FindConnection, KnowsARemoteEndpoint) {
  EXPECT_EQ(found(four(), "198.51.100.7:4004"), (ConnectionId{4, 0}));
  EXPECT_EQ(found(four(), "[2001:db8::3]:4003"), (ConnectionId{3, 0}));
}

TEST(FindConnection, KnowsBothEnds) {
  EXPECT_EQ(found(four(), "192.0.2.9:9000>198.51.100.7:4002"), (ConnectionId{2, 0}));
  EXPECT_EQ(found(four(), "192.0.2.9:9000 > 198.51.100.7:4002"), (ConnectionId{2, 0}));
  EXPECT_FALSE(find_connection(four(), "192.0.2.9:7777>198.51.100.7:4002"));
}

TEST(FindConnection, PrefersALivingOneToEndedOnes) {
  Connection ended = row(1, kLobby, 4000);
  ended.closed = 50s;
  const Connection living = row(2, kLobby, 4000);
  EXPECT_EQ(found(snapshot_of({ended, living}), "198.51.100.7:4000"), living.id);
}

TEST(FindConnection, ListsTheIdsOfSeveral) {
  const Snapshot snapshot = snapshot_of({row(1, kLobby, 4000), row(2, kWorld, 4000)});
  EXPECT_EQ(find_connection(snapshot, "198.51.100.7:4000").error(),
            (Error{Failure::kUsage, "2 connections are 198.51.100.7:4000: 1.0, 2.0", "name one by its id"}));
}

TEST(FindConnection, ListsNoMoreThanTenIds) {
  std::vector<Connection> rows;
  for (std::uint32_t slot = 0; slot < 13; ++slot) rows.push_back(row(slot, kLobby, 4000));
  EXPECT_EQ(find_connection(snapshot_of(rows), "198.51.100.7:4000").error().message,
            "13 connections are 198.51.100.7:4000: 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0 and 3 more");
}

TEST(FindConnection, SaysThatThereIsNone) {
  EXPECT_EQ(find_connection(four(), "9.9").error(),
            (Error{Failure::kUsage, "there is no connection 9.9", "`tickwire connections` lists those that there are"}));
}

TEST(FindConnection, RefusesWhatNamesNoConnection) {
  for (const char* text : {"", "x", "198.51.100.7", "1.0.0", ">", "198.51.100.7:4004>", ">198.51.100.7:4004", "1.0>2.0"}) {
    const auto result = find_connection(four(), text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().failure, Failure::kUsage);
    EXPECT_EQ(result.error().message, "\"" + std::string(text) + "\" does not name a connection");
  }
}

}  // namespace
}  // namespace tickwire::model
