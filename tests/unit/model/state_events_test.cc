// SPDX-License-Identifier: Apache-2.0
// What State tells of a tick as events.
#include <gtest/gtest.h>

#include "unit/model/world.h"

namespace tickwire::model {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr ConnectionId kFirst{.slot = 0, .generation = 0};

// The events of a snapshot that are newer than `after`.
std::vector<Event> events_since(const Snapshot& snapshot, std::uint64_t after = 0) {
  std::vector<Event> found;
  for (std::uint64_t sequence = after + 1; sequence <= snapshot.events.newest(); ++sequence)
    found.push_back(*snapshot.events.find(sequence));
  return found;
}

std::vector<EventKind> kinds(const std::vector<Event>& events) {
  std::vector<EventKind> result;
  for (const Event& event : events) result.push_back(event.kind());
  return result;
}
using Kinds = std::vector<EventKind>;

ConnectionChange tcp(nanoseconds opened) {
  ConnectionChange change = new_connection(kFirst, kLobbyNumber, opened);
  change.state = ConnectionState::kSynRecv;
  return change;
}

ToldEvent told(nanoseconds at, ConnectionState from, ConnectionState to) {
  const ConnectionChange change = tcp(at);
  return {.at = at, .service = kLobbyNumber, .connection = {.id = change.id, .key = change.key}, .what = StateChanged{from, to}};
}

TEST(StateEvents, TellThatAConnectionWasOpened) {
  World world;
  ConnectionChange change = new_connection(kFirst, kWorldNumber, milliseconds(900));
  change.seeded = true;
  const auto events = events_since(world.apply(seconds(1), {change}));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].at, milliseconds(900));
  EXPECT_EQ(*events[0].service, kWorld);
  EXPECT_EQ(events[0].connection, (Event::Subject{.id = kFirst, .key = change.key}));
  EXPECT_EQ(std::get<Opened>(events[0].what), (Opened{.state = ConnectionState::kActive, .seeded = true}));
}

TEST(StateEvents, TellNothingOfTrafficAlone) {
  World world;
  ConnectionChange change = new_connection(kFirst, kWorldNumber, milliseconds(900));
  world.apply(seconds(1), {change});
  change = next(change);
  change.traffic[0] = {.packets = 1, .bytes = 10};
  EXPECT_EQ(world.apply(seconds(2), {change}).events.newest(), 1U);
}

TEST(StateEvents, TellTheEndOfAUdpConnectionWithItsSummary) {
  World world;
  ConnectionChange change = new_connection(kFirst, kWorldNumber, milliseconds(900));
  change.traffic = {Traffic{.packets = 2, .bytes = 20}, Traffic{.packets = 3, .bytes = 30}};
  change.turnaround = world.gain(20, 30, milliseconds(30));
  const Snapshot before = world.apply(seconds(1), {change});
  const Snapshot after = world.apply(seconds(31));
  const auto events = events_since(after, before.events.newest());
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].at, seconds(31));
  const Closed& closed = std::get<Closed>(events[0].what);
  EXPECT_EQ(closed.reason, CloseReason::kIdle);
  EXPECT_EQ(closed.duration, milliseconds(30'100));
  EXPECT_EQ(closed.traffic, change.traffic);
  EXPECT_EQ(closed.retransmissions, std::nullopt);
  const auto row = find_id(after, kFirst);
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(closed.turnaround, (LatencySummary{.series = Series::kTurnaroundNextPacket,
                                               .samples = 30,
                                               .p50 = row->turnaround.p50,
                                               .p95 = row->turnaround.p95,
                                               .p99 = std::nullopt,
                                               .max = row->turnaround.max}));
  EXPECT_EQ(closed.rtt, LatencySummary{});
}

TEST(StateEvents, OfATcpConnectionAreInTheOrderOfTime) {
  World world;
  ConnectionChange change = tcp(milliseconds(100));
  change.state_from_kernel = true;
  change.state = ConnectionState::kClosed;
  change.close_reason = CloseReason::kRemoteFin;
  change.closed = milliseconds(300);
  change.retransmissions = 4;
  world.tick.events = {told(milliseconds(300), ConnectionState::kLastAck, ConnectionState::kClosed),
                       told(milliseconds(200), ConnectionState::kSynRecv, ConnectionState::kEstablished)};
  const auto events = events_since(world.apply(seconds(1), {change}));
  EXPECT_EQ(kinds(events), (Kinds{EventKind::kOpened, EventKind::kStateChanged, EventKind::kStateChanged, EventKind::kClosed}));
  EXPECT_EQ(std::get<StateChanged>(events[1].what).to, ConnectionState::kEstablished);
  EXPECT_EQ(std::get<StateChanged>(events[2].what).to, ConnectionState::kClosed);
  EXPECT_EQ(events[3].at, milliseconds(300));
  EXPECT_EQ(std::get<Closed>(events[3].what).retransmissions, 4U);
}

TEST(StateEvents, OfATcpConnectionAreInferredWithoutAHook) {
  World world;
  ConnectionChange change = tcp(milliseconds(100));
  const Snapshot first = world.apply(seconds(1), {change});
  change = next(change);
  change.established = milliseconds(1'500);
  const Snapshot second = world.apply(seconds(2), {change});
  auto events = events_since(second, first.events.newest());
  ASSERT_EQ(kinds(events), Kinds{EventKind::kStateChanged});
  EXPECT_EQ(std::get<StateChanged>(events[0].what), (StateChanged{ConnectionState::kSynRecv, ConnectionState::kEstablished}));
  EXPECT_EQ(events[0].at, seconds(2));
  change.fin_in = change.fin_out = true;
  events = events_since(world.apply(seconds(3), {change}), second.events.newest());
  ASSERT_EQ(kinds(events), (Kinds{EventKind::kStateChanged, EventKind::kClosed}));
  EXPECT_EQ(std::get<StateChanged>(events[0].what), (StateChanged{ConnectionState::kEstablished, ConnectionState::kClosed}));
}

TEST(StateEvents, OfATcpConnectionThatWasEstablishedBeforeItsFirstTickSayHowItBegan) {
  World world;
  ConnectionChange change = tcp(milliseconds(100));
  change.established = milliseconds(200);
  const auto events = events_since(world.apply(seconds(1), {change}));
  ASSERT_EQ(kinds(events), (Kinds{EventKind::kOpened, EventKind::kStateChanged}));
  EXPECT_EQ(std::get<Opened>(events[0].what).state, ConnectionState::kSynRecv);
  EXPECT_EQ(std::get<StateChanged>(events[1].what), (StateChanged{ConnectionState::kSynRecv, ConnectionState::kEstablished}));
}

TEST(StateEvents, OfATcpConnectionThatIsOlderThanTheAgentBeginWithItsState) {
  World world;
  ConnectionChange change = tcp(milliseconds(100));
  change.seeded = true;
  change.state = ConnectionState::kEstablished;
  const auto events = events_since(world.apply(seconds(1), {change}));
  ASSERT_EQ(kinds(events), Kinds{EventKind::kOpened});
  EXPECT_EQ(std::get<Opened>(events[0].what), (Opened{.state = ConnectionState::kEstablished, .seeded = true}));
}

TEST(StateEvents, AreNotInferredWhereAHookTellsThem) {
  World world;
  ConnectionChange change = tcp(milliseconds(100));
  change.state_from_kernel = true;
  world.apply(seconds(1), {change});
  change = next(change);
  change.state = ConnectionState::kEstablished;
  EXPECT_EQ(world.apply(seconds(2), {change}).events.newest(), 1U);
}

TEST(StateEvents, LaterThanTheTickComeWithTheNextOne) {
  World world;
  EXPECT_EQ(world.apply(seconds(1), {tcp(milliseconds(1'001))}).events.newest(), 0U);
  world.tick.events = {told(milliseconds(1'002), ConnectionState::kSynRecv, ConnectionState::kEstablished)};
  EXPECT_EQ(kinds(events_since(world.apply(seconds(2)))), (Kinds{EventKind::kOpened, EventKind::kStateChanged}));
}

TEST(StateEvents, OfAServiceThatIsNotTheConnectionsAreDropped) {
  World world;
  ToldEvent stray = told(milliseconds(500), ConnectionState::kSynRecv, ConnectionState::kEstablished);
  stray.service = kWorldNumber;
  ToldEvent unknown = stray;
  unknown.service = 7;
  world.tick.events = {stray, unknown};
  EXPECT_EQ(world.apply(seconds(1)).events.newest(), 0U);
}

TEST(StateEvents, PassASampleOverItsThresholdOn) {
  World world;
  ToldEvent over = told(milliseconds(500), ConnectionState::kNone, ConnectionState::kNone);
  const OverThreshold what{
      .series = Series::kRttTimestamp, .value = milliseconds(200), .threshold = milliseconds(150), .suppressed_before = 3};
  over.what = what;
  world.tick.events = {over};
  const auto events = events_since(world.apply(seconds(1)));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<OverThreshold>(events[0].what), what);
  EXPECT_EQ(*events[0].service, kLobby);
  EXPECT_EQ(events[0].connection, over.connection);
}

TEST(StateEvents, TellTheEndOfAServicesConnectionsWithTheNextTick) {
  World world;
  const Snapshot before = world.apply(seconds(1), {new_connection(kFirst, kWorldNumber, milliseconds(900))});
  world.state.remove_service(kWorldNumber, milliseconds(1'500));
  const auto events = events_since(world.apply(seconds(2)), before.events.newest());
  ASSERT_EQ(kinds(events), Kinds{EventKind::kClosed});
  EXPECT_EQ(events[0].at, milliseconds(1'500));
  EXPECT_EQ(*events[0].service, kWorld);
  EXPECT_EQ(std::get<Closed>(events[0].what).reason, CloseReason::kServiceGone);
}

TEST(StateEvents, AddSuppressedOnesToTheirService) {
  World world;
  world.tick.services = {{.service = kWorldNumber, .suppressed = 5}};
  world.apply(seconds(1));
  world.tick.services = {{.service = kWorldNumber, .suppressed = 2}};
  const Snapshot snapshot = world.apply(seconds(2));
  EXPECT_EQ(service_in(snapshot, kWorld).suppressed, 7U);
  EXPECT_EQ(service_in(snapshot, kLobby).suppressed, 0U);
}

}  // namespace
}  // namespace tickwire::model
