// SPDX-License-Identifier: Apache-2.0
#include "gameserver/world/host.h"

#include "host_harness.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class WorldHostTest : public HostHarness {};

std::uint64_t of(const std::array<Counter, kReasonCount>& counters, Reason reason) {
  return counters[static_cast<std::size_t>(reason)].value();
}

TEST_F(WorldHostTest, SeatsWhoWantsToPlay) {
  step();
  const auto seat = join({.client = 77, .name = player_name_of("ann")});
  ASSERT_TRUE(seat);
  EXPECT_EQ(seat->player, 1U);
  EXPECT_EQ(seat->tick, 1U);
  EXPECT_FALSE(seat->lockstep);
  EXPECT_EQ(stats().joins.value(), 1U);
  EXPECT_EQ(stats().players.value(), 1U);
}

TEST_F(WorldHostTest, AnswersTheGatewayThatAsked) {
  tell(JoinRequest{.gateway = 1, .client = 5});
  EXPECT_TRUE(answers(0).empty());
  EXPECT_EQ(answers(1).size(), 1U);
}

TEST_F(WorldHostTest, RefusesOnePlayerTooMany) {
  for (ClientId client = 1; client <= 4; ++client) EXPECT_NE(joined(client), 0U);
  const auto seat = join({.client = 5});
  ASSERT_FALSE(seat);
  EXPECT_EQ(seat.error(), Reason::kServerFull);
  EXPECT_EQ(of(stats().refused_joins, Reason::kServerFull), 1U);
  EXPECT_EQ(stats().players.value(), 4U);
}

TEST_F(WorldHostTest, GivesTheSeatThatIsUnprovenForLongestToTheNextWhicheverGatewayHeComesBy) {
  const auto proven = join({.client = 1, .unproven = true});
  for (ClientId client = 2; client <= 4; ++client) EXPECT_TRUE(join({.client = client, .unproven = true}));
  tell(AddressProven{.player = proven->player});
  tell(JoinRequest{.gateway = 1, .client = 9});
  const auto out = answers(0);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(std::get<Evicted>(out[0]).client, 2U);
  EXPECT_EQ(std::get<Evicted>(out[0]).reason, Reason::kServerFull);
  const auto seated = answers(1);
  ASSERT_EQ(seated.size(), 1U);
  EXPECT_TRUE(std::get<Joined>(seated[0]).seat);
  EXPECT_EQ(stats().players.value(), 4U);
  EXPECT_EQ(of(stats().leaves, Reason::kServerFull), 1U);
  EXPECT_EQ(of(stats().refused_joins, Reason::kServerFull), 0U);
}

TEST_F(WorldHostTest, TakesNoSeatFromWhoIsProvenOrHasLeft) {
  std::vector<PlayerId> players;
  for (ClientId client = 1; client <= 4; ++client) players.push_back(join({.client = client, .unproven = client != 4})->player);
  tell(AddressProven{.player = players[0]});
  tell(AddressProven{.player = players[2]});
  tell(LeaveRequest{.player = players[1]});
  EXPECT_TRUE(join({.client = 5}));
  EXPECT_EQ(join({.client = 6}).error(), Reason::kServerFull);
  EXPECT_EQ(of(stats().leaves, Reason::kServerFull), 0U);
}

TEST_F(WorldHostTest, ShowsEverybodyInTheFrameOfEachGateway) {
  const auto id = joined();
  step();
  for (const GatewayId gateway : {0, 1}) {
    const auto seen = frame(gateway);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->tick(), 1U);
    EXPECT_EQ(seen->players().size(), 1U);
    EXPECT_EQ(seen->players()[0].state.id, id);
  }
}

TEST_F(WorldHostTest, ListsWhoCameAndWent) {
  const auto id = joined();
  tell(LeaveRequest{.player = id, .reason = Reason::kIdle});
  step();
  const auto seen = frame();
  const auto& events = seen->presence().events;
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0], (PresenceEvent{.joined = true, .player_id = id, .name = player_name_of("ann")}));
  EXPECT_EQ(events[1], (PresenceEvent{.reason = Reason::kIdle, .player_id = id, .name = player_name_of("ann")}));
}

TEST_F(WorldHostTest, SaysToTheBusWhoLeft) {
  const auto seat = join({.client = 1, .account = 9, .match = 3});
  now_ += seconds(7);
  tell(LeaveRequest{.player = seat->player, .reason = Reason::kDone});
  ASSERT_EQ(events_.size(), 1U);
  const auto* left = std::get_if<PlayerLeft>(&events_[0].body());
  ASSERT_NE(left, nullptr);
  EXPECT_EQ(left->account, 9U);
  EXPECT_EQ(left->player, seat->player);
  EXPECT_EQ(left->reason, Reason::kDone);
  EXPECT_EQ(left->match, 3U);
  EXPECT_EQ(left->played, seconds(7));
  EXPECT_EQ(left->score, 0);
  EXPECT_EQ(of(stats().leaves, Reason::kDone), 1U);
  EXPECT_TRUE(answers().empty());
}

TEST_F(WorldHostTest, SaysNothingToTheBusOfAGuestWhoSentNoInput) {
  const auto idle = join({.client = 1});
  const auto active = join({.client = 2});
  inbox_->inputs.put(active->player, {.input_seq = 1});
  step();
  tell(LeaveRequest{.player = idle->player});
  EXPECT_TRUE(events_.empty());
  tell(LeaveRequest{.player = active->player});
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_EQ(std::get<PlayerLeft>(events_[0].body()).player, active->player);
  EXPECT_EQ(of(stats().leaves, Reason::kDone), 2U);
}

TEST_F(WorldHostTest, ScoresTheMetresThatWereWalked) {
  const auto id = joined();
  step();
  const bool left_half = frame()->players()[0].state.x_mm < 0;
  inbox_->inputs.put(id, {.input_seq = 1, .buttons = left_half ? kButtonRight : kButtonLeft});
  for (int i = 0; i < 25; ++i) step();
  tell(LeaveRequest{.player = id});
  ASSERT_EQ(events_.size(), 1U);
  EXPECT_EQ(std::get<PlayerLeft>(events_[0].body()).score, 12);
}

TEST_F(WorldHostTest, IgnoresWhoIsNotThere) {
  tell(LeaveRequest{.player = 1});
  tell(EvictRequest{.player = 1});
  tell(HashReport{.player = 1});
  EXPECT_TRUE(events_.empty());
  EXPECT_TRUE(answers().empty());
  EXPECT_EQ(stats().hashes.value(), 0U);
}

TEST_F(WorldHostTest, PutsOutWhomARuleCondemns) {
  const auto id = joined(42);
  tell(EvictRequest{.player = id, .why = "moves too far"});
  const auto out = answers();
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(std::get<Evicted>(out[0]).client, 42U);
  EXPECT_EQ(std::get<Evicted>(out[0]).reason, Reason::kRule);
  EXPECT_EQ(stats().players.value(), 0U);
  EXPECT_EQ(std::get<PlayerLeft>(events_[0].body()).reason, Reason::kRule);
}

TEST_F(WorldHostTest, HoldsJoinsAndLeavesBackWhileTheBusHasNoRoom) {
  options_.max_players = 2000;
  bus_has_room_ = false;
  // Each of these joins and leaves; the event of the last one fills the list.
  for (std::size_t i = 0; i < WorldHost::kMostEventsWaiting; ++i) tell(LeaveRequest{.player = joined()});
  EXPECT_EQ(stats().events_waiting.value(), WorldHost::kMostEventsWaiting);
  tell(JoinRequest{.client = 5});
  EXPECT_TRUE(answers().empty());
  EXPECT_EQ(inbox_->control.counts().depth, 1U);
  bus_has_room_ = true;
  host().serve(now_);
  EXPECT_EQ(answers().size(), 1U);
  EXPECT_EQ(events_.size(), WorldHost::kMostEventsWaiting);
  EXPECT_EQ(stats().events_waiting.value(), 0U);
  EXPECT_EQ(stats().events.value(), WorldHost::kMostEventsWaiting);
}

TEST_F(WorldHostTest, TakesTheRestOfABatchOnceTheBusHasRoomAgain) {
  options_.max_players = 2000;
  for (std::size_t i = 0; i < WorldHost::kMostEventsWaiting - 1; ++i) {
    bus_has_room_ = false;
    tell(LeaveRequest{.player = joined()});
  }
  const auto first = joined();
  const auto second = joined();
  ASSERT_TRUE(inbox_->control.push(LeaveRequest{.player = first}));
  ASSERT_TRUE(inbox_->control.push(LeaveRequest{.player = second}));
  host().serve(now_);
  EXPECT_EQ(stats().players.value(), 1U);
  bus_has_room_ = true;
  host().serve(now_);
  EXPECT_EQ(stats().players.value(), 0U);
}

TEST_F(WorldHostTest, KeepsAnAnswerThatItsGatewayHasNoRoomFor) {
  options_.max_players = 200;
  inbox_ = *WorldInbox::open(200);
  ports_.borrowed_inbox = inbox_.get();
  // A gateway's queue has room for 64 in this harness.
  for (ClientId client = 1; client <= 66; ++client) ASSERT_TRUE(inbox_->control.push(JoinRequest{.client = client}));
  host().serve(now_);
  EXPECT_EQ(stats().joins.value(), 65U);
  EXPECT_EQ(answers().size(), 64U);
  host().serve(now_);
  const auto rest = answers();
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(std::get<Joined>(rest[0]).client, 65U);
  EXPECT_EQ(std::get<Joined>(rest[1]).client, 66U);
}

TEST_F(WorldHostTest, AdmitsOnlyAccountsOfAnnouncedMatchesWhereTheseAreRequired) {
  EventBus bus;
  options_.matches_required = true;
  ports_.events = bus.subscribe({.name = "world_events", .kinds = kinds_of(EventKind::kMatchStarted)});
  ASSERT_TRUE(bus.publish(*Event::make(MatchStarted{.match = 3, .accounts = {9}})));
  EXPECT_TRUE(join({.client = 1, .account = 9, .match = 3}));
  EXPECT_EQ(join({.client = 2, .account = 8, .match = 3}).error(), Reason::kBadTicket);
  EXPECT_EQ(join({.client = 3}).error(), Reason::kBadTicket);
  EXPECT_EQ(of(stats().refused_joins, Reason::kBadTicket), 2U);
}

TEST_F(WorldHostTest, LetsAPlayerInWhoseMatchIsAnnouncedBehindHim) {
  EventBus bus;
  options_.matches_required = true;
  ports_.events = bus.subscribe({.name = "world_events", .kinds = kinds_of(EventKind::kMatchStarted)});
  tell(JoinRequest{.client = 1, .account = 9, .match = 3});
  tell(JoinRequest{.client = 2, .account = 8, .match = 3});
  tell(JoinRequest{.client = 3, .account = 9, .match = 4});
  now_ += WorldHost::kAnnouncedWithin - Nanoseconds(1);
  host().serve(now_);
  EXPECT_TRUE(answers().empty());
  ASSERT_TRUE(bus.publish(*Event::make(MatchStarted{.match = 3, .accounts = {9}})));
  host().serve(now_);
  const auto out = answers();
  ASSERT_EQ(out.size(), 2U);
  EXPECT_TRUE(std::get<Joined>(out[0]).seat);
  EXPECT_EQ(std::get<Joined>(out[1]).seat.error(), Reason::kBadTicket);
  // Of the third one's match nobody says anything.
  now_ += Nanoseconds(1);
  host().serve(now_);
  const auto late = answers();
  ASSERT_EQ(late.size(), 1U);
  EXPECT_EQ(std::get<Joined>(late[0]).client, 3U);
  EXPECT_EQ(std::get<Joined>(late[0]).seat.error(), Reason::kBadTicket);
}

TEST_F(WorldHostTest, KeepsABoundOfPlayersThatWaitForTheirMatch) {
  options_.matches_required = true;
  for (ClientId client = 1; client <= WorldHost::kMostEarlyJoins; ++client) {
    tell(JoinRequest{.client = client, .account = 9, .match = 3});
  }
  EXPECT_TRUE(answers().empty());
  EXPECT_EQ(join({.client = 5000, .account = 9, .match = 3}).error(), Reason::kBadTicket);
}

TEST_F(WorldHostTest, LetsEverybodyLeaveAtTheEnd) {
  joined(1);
  joined(2);
  ASSERT_TRUE(inbox_->control.push(LeaveRequest{.player = 1, .reason = Reason::kDone}));
  host().close(now_);
  ASSERT_EQ(events_.size(), 2U);
  EXPECT_EQ(std::get<PlayerLeft>(events_[0].body()).reason, Reason::kDone);
  EXPECT_EQ(std::get<PlayerLeft>(events_[1].body()).reason, Reason::kShutdown);
  EXPECT_EQ(stats().players.value(), 0U);
  EXPECT_EQ(stats().lost_events.value(), 0U);
}

TEST_F(WorldHostTest, CountsTheEventsThatNobodyTookUntilTheEnd) {
  joined(1);
  bus_has_room_ = false;
  host().close(now_);
  EXPECT_EQ(stats().lost_events.value(), 1U);
}

// The lockstep room.

TEST_F(WorldHostTest, SeatsALockstepPlayerInTheRoom) {
  const auto seat = join({.client = 1, .lockstep = true});
  ASSERT_TRUE(seat);
  EXPECT_TRUE(seat->lockstep);
  EXPECT_EQ(room_->members, std::vector<PlayerId>{seat->player});
  EXPECT_EQ(stats().lockstep_players.value(), 1U);
  step();
  const auto seen = frame();
  EXPECT_TRUE(seen->players()[0].lockstep);
  ASSERT_NE(seen->lockstep(), nullptr);
  EXPECT_EQ(seen->lockstep()->first, 0U);
  tell(LeaveRequest{.player = seat->player});
  EXPECT_TRUE(room_->members.empty());
  EXPECT_EQ(stats().lockstep_players.value(), 0U);
}

TEST_F(WorldHostTest, LeavesNothingBehindOfWhomTheRoomHasNoSeatFor) {
  for (ClientId client = 1; client <= 2; ++client) EXPECT_NE(joined(client, true), 0U);
  EXPECT_EQ(join({.client = 3, .lockstep = true}).error(), Reason::kServerFull);
  EXPECT_EQ(stats().players.value(), 2U);
  EXPECT_EQ(host().world().player_count(), 2U);
  EXPECT_NE(joined(4), 0U);
}

TEST_F(WorldHostTest, GivesASeatOfTheRoomToTheNextWhoWantsOneThere) {
  EXPECT_TRUE(join({.client = 1, .unproven = true}));
  EXPECT_TRUE(join({.client = 2, .lockstep = true, .unproven = true}));
  EXPECT_TRUE(join({.client = 3, .lockstep = true}));
  tell(JoinRequest{.client = 4, .lockstep = true});
  const auto out = answers();
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(std::get<Evicted>(out[0]).client, 2U);
  EXPECT_TRUE(std::get<Joined>(out[1]).seat);
  // The one outside of the room has a seat that is of no use there.
  EXPECT_EQ(join({.client = 5, .lockstep = true}).error(), Reason::kServerFull);
  EXPECT_EQ(stats().players.value(), 3U);
  EXPECT_EQ(stats().lockstep_players.value(), 2U);
}

TEST_F(WorldHostTest, HasNoLockstepPlayersWithoutARoom) {
  ports_.lockstep = nullptr;
  EXPECT_EQ(join({.client = 3, .lockstep = true}).error(), Reason::kServerFull);
  step();
  EXPECT_EQ(frame()->lockstep(), nullptr);
}

TEST_F(WorldHostTest, GivesTheRoomTheNewInputsOfItsPlayersAlone) {
  const auto walker = joined(1);
  const auto member = joined(2, true);
  inbox_->inputs.put(walker, {.input_seq = 1, .buttons = kButtonUp});
  inbox_->inputs.put(member, {.input_seq = 5, .buttons = kButtonDown});
  step();
  ASSERT_EQ(room_->pressed.size(), 1U);
  EXPECT_EQ(room_->pressed[0].player, member);
  EXPECT_EQ(room_->pressed[0].newest.buttons, kButtonDown);
  inbox_->inputs.put(member, {.input_seq = 4});
  step();
  EXPECT_TRUE(room_->pressed.empty());
  EXPECT_EQ(room_->frames, 2U);
}

TEST_F(WorldHostTest, TellsAClientThatItsStateIsNotTheRooms) {
  const auto member = joined(8, true);
  tell(HashReport{.player = member});
  EXPECT_TRUE(answers().empty());
  room_->verdict.diverged = Diverged{.frame = 30, .expected = 1, .received = 2};
  tell(HashReport{.player = member});
  const auto out = answers();
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(std::get<DivergedNotice>(out[0]).client, 8U);
  EXPECT_EQ(std::get<DivergedNotice>(out[0]).diverged.frame, 30U);
  EXPECT_EQ(stats().hashes.value(), 2U);
  EXPECT_EQ(stats().diverged.value(), 1U);
  EXPECT_EQ(stats().players.value(), 1U);
}

TEST_F(WorldHostTest, PutsOutWhoDivergesTooOften) {
  const auto member = joined(8, true);
  room_->verdict = {.diverged = Diverged{}, .evict = true};
  tell(HashReport{.player = member});
  const auto out = answers();
  ASSERT_EQ(out.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<DivergedNotice>(out[0]));
  EXPECT_EQ(std::get<Evicted>(out[1]).reason, Reason::kRule);
  EXPECT_EQ(stats().players.value(), 0U);
}

TEST_F(WorldHostTest, TakesNoHashOfAPlayerOutsideOfTheRoom) {
  const auto walker = joined();
  room_->verdict = {.diverged = Diverged{}, .evict = true};
  tell(HashReport{.player = walker});
  EXPECT_TRUE(answers().empty());
  EXPECT_EQ(stats().players.value(), 1U);
}

}  // namespace
}  // namespace tickwire::game
