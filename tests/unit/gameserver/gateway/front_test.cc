// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/front.h"

#include "front_harness.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FrontTest : public FrontHarness {
 protected:
  std::uint64_t left(Reason reason) const { return stats_.leaves[static_cast<std::size_t>(reason)].value(); }
  std::uint64_t evicted(Reason reason) const { return stats_.evictions[static_cast<std::size_t>(reason)].value(); }
  std::uint64_t refused(Reason reason) const { return stats_.refused[static_cast<std::size_t>(reason)].value(); }
  // A player over this transport.
  void play(Transport transport) {
    client_ = add(link_, transport);
    conn_ = join(client_, link_, 7);
  }

  RecordingLink link_;
  ClientId client_ = 0;
  std::uint32_t conn_ = 0;
};

TEST_F(FrontTest, AsksTheWorldForASeatAndWelcomesWithIt) {
  const auto client = add(link_);
  front_->take(client, {.header = {.flags = kFlagLockstep, .seq = 1}, .body = Hello{.nonce = 5, .name = {'b', 'o'}}}, now_);
  const auto asked = told();
  ASSERT_EQ(asked.size(), 1U);
  const auto& request = std::get<JoinRequest>(asked.front());
  EXPECT_EQ(request.gateway, kGateway);
  EXPECT_EQ(request.client, client);
  EXPECT_EQ(player_name_text(request.name), "bo");
  EXPECT_TRUE(request.lockstep);
  EXPECT_EQ(request.account, 0U);
  EXPECT_TRUE(link_.is_silent());
  seat(client, 7, true);
  const auto message = link_.take_one();
  EXPECT_EQ(std::get<Welcome>(message.body),
            (Welcome{.nonce = 5, .player_id = 7, .server_tick = 9, .tick_rate_hz = 30, .max_players = 4}));
  EXPECT_EQ(message.header.flags, kFlagAck | kFlagLockstep);
  EXPECT_NE(message.header.conn, 0U);
  EXPECT_EQ(stats_.joins[static_cast<std::size_t>(Transport::kUdp)].value(), 1U);
}

TEST_F(FrontTest, PassesOnThatTheWorldIsFull) {
  const auto client = add(link_, Transport::kTcp);
  hello(client);
  answer(Joined{.client = client, .seat = std::unexpected(Reason::kServerFull)});
  front_->serve(now_);
  EXPECT_EQ(reason_of(link_.take_one()), Reason::kServerFull);
  EXPECT_EQ(link_.closed, Reason::kServerFull);
  EXPECT_EQ(refused(Reason::kServerFull), 1U);
  EXPECT_EQ(evicted(Reason::kServerFull), 0U);
}

TEST_F(FrontTest, TellsTheWorldOnceWhoseAddressIsProven) {
  const auto client = add(link_);
  hello(client);
  EXPECT_TRUE(std::get<JoinRequest>(told().at(0)).unproven);
  seat(client, 7);
  const auto conn = link_.take_one().header.conn;
  say(client, conn + 1, Input{.input_seq = 1});
  EXPECT_TRUE(told().empty());
  say(client, conn, Input{.input_seq = 1});
  say(client, conn, Input{.input_seq = 2});
  const auto proven = told();
  ASSERT_EQ(proven.size(), 1U);
  EXPECT_EQ(std::get<AddressProven>(proven[0]).player, 7U);
}

TEST_F(FrontTest, TakesTheAddressOfAStreamForProven) {
  const auto client = add(link_, Transport::kTcp);
  hello(client);
  EXPECT_FALSE(std::get<JoinRequest>(told().at(0)).unproven);
  seat(client, 7);
  say(client, link_.take_one().header.conn, Input{.input_seq = 1});
  EXPECT_TRUE(told().empty());
}

TEST_F(FrontTest, GivesASeatBackWhoseClientHasGone) {
  const auto client = add(link_, Transport::kTcp);
  hello(client);
  front_->lost(client);
  static_cast<void>(told());
  seat(client, 7);
  const auto back = told();
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(std::get<LeaveRequest>(back.front()).player, 7U);
}

TEST_F(FrontTest, SendsAnUnprovenAddressOneWelcomeForEachHello) {
  const auto client = add(link_);
  hello(client);
  hello(client);
  EXPECT_TRUE(link_.is_silent());
  EXPECT_EQ(told().size(), 1U);
  seat(client, 7);
  static_cast<void>(link_.take_one());
  publish(10, {{.state = {.id = 7}}}, {.events = {{.joined = true, .player_id = 7}}});
  EXPECT_TRUE(link_.is_silent());
  hello(client);
  EXPECT_TRUE(std::holds_alternative<Welcome>(link_.take_one().body));
}

TEST_F(FrontTest, IgnoresAHelloWithAnotherNonce) {
  play(Transport::kUdp);
  hello(client_, 6);
  EXPECT_TRUE(link_.is_silent());
  EXPECT_EQ(stats_.unknown_senders.value(), 1U);
}

TEST_F(FrontTest, EndsAnUnprovenAddressThatIsSilentForThreeSeconds) {
  play(Transport::kUdp);
  now_ += seconds(3);
  front_->sweep(now_);
  EXPECT_EQ(link_.closed, std::nullopt);
  now_ += milliseconds(1);
  front_->sweep(now_);
  EXPECT_EQ(link_.closed, Reason::kIdle);
  EXPECT_EQ(reason_of(link_.take_one()), Reason::kIdle);
}

TEST_F(FrontTest, GivesAProvenPlayerSnapshots) {
  play(Transport::kUdp);
  say(client_, conn_, Input{.client_tick = 3, .input_seq = 1, .buttons = kButtonUp});
  EXPECT_EQ(stats_.confirmed.value(), 1U);
  publish(10, {{.state = {.id = 7, .x_mm = 5}, .last_input = 1, .has_input = true}});
  const auto message = link_.take_one();
  const auto& snapshot = std::get<Snapshot>(message.body);
  EXPECT_EQ(snapshot.server_tick, 10U);
  EXPECT_EQ(snapshot.last_input, 1U);
  EXPECT_EQ(message.header.flags, kFlagAck | kFlagInput);
  ASSERT_EQ(snapshot.count, 1U);
  EXPECT_EQ(decode_state(snapshot.content.first<kStateBytes>()).x_mm, 5);
}

TEST_F(FrontTest, MakesADeltaToASnapshotThatWasAcknowledged) {
  play(Transport::kTcp);
  publish(10, {{.state = {.id = 7}}, {.state = {.id = 8, .x_mm = 5}}});
  const auto first = link_.take_one();
  EXPECT_EQ(std::get<Snapshot>(first.body).baseline, 0U);
  say(client_, conn_, Input{.input_seq = 1}, {.flags = kFlagAck, .ack = first.header.seq});
  publish(11, {{.state = {.id = 7}}, {.state = {.id = 8, .x_mm = 6}}});
  EXPECT_EQ(std::get<Snapshot>(link_.take_one().body).baseline, first.header.seq);
}

TEST_F(FrontTest, HandsInputsToTheWorldOnceAndInOrder) {
  play(Transport::kUdp);
  say(client_, conn_, Input{.client_tick = 3, .input_seq = 9, .buttons = kButtonUp});
  say(client_, conn_, Input{.client_tick = 2, .input_seq = 8});
  EXPECT_EQ(stats_.stale_inputs[static_cast<std::size_t>(Transport::kUdp)].value(), 1U);
  EXPECT_EQ(stats_.duplicates.value(), 0U);
  front_->take(client_, {.header = {.conn = conn_, .seq = 2}, .body = Input{.input_seq = 10}}, now_);  // a duplicate's seq
  EXPECT_EQ(stats_.duplicates.value(), 1U);
  std::vector<BoardEntry> entries;
  world_->inputs.drain(entries);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].player, 7U);
  EXPECT_EQ(entries[0].newest, (PlayerInput{.input_seq = 9, .client_tick = 3, .buttons = kButtonUp, .received_mono = now_}));
  EXPECT_EQ(entries[0].inputs, 2U);
  EXPECT_EQ(entries[0].stale, 1U);
}

TEST_F(FrontTest, TellsTheWorldOfStaleInputsBehindTheTickThatTookTheNewerOne) {
  play(Transport::kTcp);
  std::vector<BoardEntry> entries;
  say(client_, conn_, Input{.input_seq = 9});
  world_->inputs.drain(entries);
  for (const std::uint16_t seq : {8, 9}) say(client_, conn_, Input{.input_seq = seq});
  world_->inputs.drain(entries);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].inputs, 2U);
  EXPECT_EQ(entries[0].stale, 2U);
  EXPECT_EQ(stats_.stale_inputs[static_cast<std::size_t>(Transport::kTcp)].value(), 2U);
  EXPECT_EQ(stats_.stale_inputs[static_cast<std::size_t>(Transport::kUdp)].value(), 0U);
}

TEST_F(FrontTest, HandsChatToTheWorldAndTheWorldsToEverybody) {
  play(Transport::kTcp);
  say(client_, conn_, Chat{.text = "hi"});
  std::vector<ChatLine> lines;
  world_->chat.drain(lines);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].player, 7U);
  EXPECT_EQ(lines[0].text, "hi");
  inbox_->chat.push({.player = 8, .text = "ho"});
  front_->serve(now_);
  const auto message = link_.take_one();
  EXPECT_EQ(std::get<Chat>(message.body).player_id, 8U);
  EXPECT_EQ(std::get<Chat>(message.body).text, "ho");
}

TEST_F(FrontTest, EndsAPlayerWhoSaysBye) {
  play(Transport::kTcp);
  say(client_, conn_, Bye{});
  EXPECT_EQ(reason_of(link_.take_one()), Reason::kDone);
  EXPECT_EQ(link_.closed, Reason::kDone);
  const auto leave = told();
  ASSERT_EQ(leave.size(), 1U);
  EXPECT_EQ(std::get<LeaveRequest>(leave.front()).player, 7U);
  EXPECT_EQ(std::get<LeaveRequest>(leave.front()).reason, Reason::kDone);
  EXPECT_EQ(left(Reason::kDone), 1U);
  EXPECT_EQ(evicted(Reason::kDone), 0U);
}

TEST_F(FrontTest, EndsAStreamThatDoesNotBeginWithHello) {
  const auto client = add(link_, Transport::kTcp);
  front_->take(client, {.header = {.seq = 1}, .body = Input{}}, now_);
  EXPECT_EQ(reason_of(link_.take_one()), Reason::kUnexpected);
}

TEST_F(FrontTest, EndsAPlayerWhoSendsWhatOnlyAServerMay) {
  play(Transport::kTcp);
  say(client_, conn_, Welcome{});
  EXPECT_EQ(reason_of(link_.take_one()), Reason::kUnexpected);
  EXPECT_EQ(evicted(Reason::kUnexpected), 1U);
}

TEST_F(FrontTest, EndsAStreamWithAnotherConnButNotADatagramsPlayer) {
  play(Transport::kTcp);
  say(client_, conn_ + 1, Input{});
  EXPECT_EQ(link_.closed, Reason::kMalformed);
  RecordingLink udp;
  const auto client = add(udp);
  const auto conn = join(client, udp, 8);
  say(client, conn + 1, Bye{});
  EXPECT_EQ(udp.closed, std::nullopt);
  EXPECT_EQ(stats_.unknown_senders.value(), 1U);
}

TEST_F(FrontTest, EndsAPlayerWhoFloods) {
  play(Transport::kUdp);
  for (unsigned i = 0; i < Session::kMostMessagesPerSecond; ++i) say(client_, conn_, Input{.input_seq = 1});
  EXPECT_EQ(link_.closed, std::nullopt);
  say(client_, conn_, Input{.input_seq = 1});
  EXPECT_EQ(link_.closed, Reason::kFlood);
  EXPECT_EQ(evicted(Reason::kFlood), 1U);
}

TEST_F(FrontTest, DoesNotCountAForgersMessagesAsThePlayers) {
  play(Transport::kUdp);
  for (unsigned i = 0; i <= Session::kMostMessagesPerSecond; ++i) say(client_, conn_ + 1, Input{.input_seq = 1});
  say(client_, conn_, Input{.input_seq = 1});
  EXPECT_EQ(link_.closed, std::nullopt);
}

TEST_F(FrontTest, EndsAPlayerWhoIsSilentForHalfAMinute) {
  play(Transport::kTcp);
  now_ += seconds(30);
  front_->sweep(now_);
  EXPECT_EQ(link_.closed, std::nullopt);
  now_ += milliseconds(1);
  front_->sweep(now_);
  EXPECT_EQ(reason_of(link_.take_one()), Reason::kIdle);
}

TEST_F(FrontTest, DoesNotBlameAClientForAWorldThatIsSlow) {
  const auto client = add(link_, Transport::kTcp);
  hello(client);
  now_ += seconds(10);
  front_->sweep(now_);
  EXPECT_EQ(link_.closed, std::nullopt);
}

TEST_F(FrontTest, EndsWhomTheWorldPutsOutWithoutTellingItAgain) {
  play(Transport::kTcp);
  answer(Evicted{.client = client_, .reason = Reason::kRule});
  front_->serve(now_);
  EXPECT_EQ(reason_of(link_.take_one()), Reason::kRule);
  EXPECT_TRUE(told().empty());
  EXPECT_EQ(evicted(Reason::kRule), 1U);
}

TEST_F(FrontTest, SaysByeToEverybodyAtTheEnd) {
  play(Transport::kUdp);
  say(client_, conn_, Input{.input_seq = 1});
  RecordingLink unproven, joining;
  join(add(unproven), unproven, 8);
  hello(add(joining));
  front_->close(now_);
  for (auto* link : {&link_, &unproven, &joining}) EXPECT_EQ(reason_of(link->take_one()), Reason::kShutdown);
}

TEST_F(FrontTest, HoldsAClientWhoseJoinTheWorldHasNoRoomFor) {
  while (world_->control.push(LeaveRequest{})) {
  }
  const auto client = add(link_, Transport::kTcp);
  hello(client);
  EXPECT_TRUE(link_.paused);
  EXPECT_EQ(stats_.world_waits.value(), 1U);
  front_->serve(now_);
  EXPECT_TRUE(link_.paused);
  static_cast<void>(told());
  front_->serve(now_);
  EXPECT_FALSE(link_.paused);
  const auto asked = told();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(std::get<JoinRequest>(asked.front()).client, client);
}

TEST_F(FrontTest, NeverLosesALeaveForWantOfRoom) {
  play(Transport::kTcp);
  while (world_->control.push(HashReport{})) {
  }
  front_->lost(client_);
  static_cast<void>(told());
  front_->sweep(now_);
  const auto leave = told();
  ASSERT_EQ(leave.size(), 1U);
  EXPECT_EQ(std::get<LeaveRequest>(leave.front()).player, 7U);
}

TEST_F(FrontTest, RefusesGuestsWhenItIsToldTo) {
  make_front({.max_players = 4, .guests = false});
  const auto client = add(link_);
  hello(client);
  EXPECT_EQ(reason_of(link_.take_one()), Reason::kNoGuests);
  EXPECT_TRUE(told().empty());
}

TEST_F(FrontTest, TellsTheWorldWhatATicketSays) {
  make_front({.max_players = 4, .guests = false, .tickets = [](auto) {
                return Admission{.account = 11, .match = 12, .mode = GameMode::kLockstep, .name = player_name_of("ann")};
              }});
  hello(add(link_), 5, std::as_bytes(std::span("t")));
  const auto asked = told();
  ASSERT_EQ(asked.size(), 1U);
  const auto& request = std::get<JoinRequest>(asked.front());
  EXPECT_EQ(request.account, 11U);
  EXPECT_EQ(request.match, 12U);
  EXPECT_TRUE(request.lockstep);
  EXPECT_EQ(player_name_text(request.name), "ann");
}

TEST_F(FrontTest, RefusesATicketThatIsNoneHere) {
  const auto client = add(link_, Transport::kTcp);
  hello(client, 5, std::as_bytes(std::span("t")));
  EXPECT_EQ(reason_of(link_.take_one()), Reason::kBadTicket);
  EXPECT_EQ(refused(Reason::kBadTicket), 1U);
}

TEST_F(FrontTest, TellsAnUnprovenAddressNoMoreBytesThanItsHelloHas) {
  const auto bytes_of = [](const Message& message) {
    std::vector<std::byte> bytes;
    encode_datagram(message, bytes);
    return bytes.size();
  };
  const auto hello_bytes = bytes_of({.header = {}, .body = Hello{}});
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto client = add(link_);
    hello(client);
    seat(client, 7);
    front_->end(client, static_cast<Reason>(i), now_);
    const auto answers = link_.take();
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(reason_of(answers[1]), static_cast<Reason>(i));
    EXPECT_LE(bytes_of(answers[0]) + bytes_of(answers[1]), hello_bytes) << reason_name(static_cast<Reason>(i));
  }
}

TEST_F(FrontTest, HasRoomForSoManyClientsOfAllAddressesAndNoMore) {
  make_front({.max_players = 1, .limits = {.most_connections = 0, .joins_per_s = 0}});
  std::vector<ClientId> clients;
  for (std::size_t i = 0; i < 1 + Front::kSpareClients; ++i) clients.push_back(add(link_, Transport::kTcp));
  EXPECT_EQ(front_->add(link_, Transport::kTcp, address(), now_).error(), Reason::kServerFull);
  front_->lost(clients[5]);
  const auto again = front_->add(link_, Transport::kTcp, address(), now_);
  ASSERT_TRUE(again);
  EXPECT_NE(*again, clients[5]);
}

TEST_F(FrontTest, RefusesOneConnectionTooManyOfAnAddress) {
  make_front({.max_players = 4, .limits = {.most_connections = 1}});
  const auto client = add(link_, Transport::kTcp);
  EXPECT_EQ(front_->add(link_, Transport::kTcp, address(), now_).error(), Reason::kTooMany);
  EXPECT_EQ(refused(Reason::kTooMany), 1U);
  front_->lost(client);
  EXPECT_TRUE(front_->add(link_, Transport::kTcp, address(), now_));
}

}  // namespace
}  // namespace tickwire::game
