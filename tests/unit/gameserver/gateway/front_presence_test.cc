// SPDX-License-Identifier: Apache-2.0
#include "front_harness.h"
#include "gameserver/gateway/presence_sender.h"
#include "gameserver/lockstep/command.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;

class FrontPresenceTest : public FrontHarness {
 protected:
  void play(Transport transport, bool lockstep = false) {
    client_ = add(link_, transport);
    conn_ = join(client_, link_, 7, lockstep);
    say(client_, conn_, Input{.input_seq = ++input_});
  }
  // The presence among the messages since the last call; nothing: there was none.
  std::optional<Message> presence() {
    messages_ = link_.take();
    for (const auto& message : messages_) {
      if (std::holds_alternative<Presence>(message.body)) return message;
    }
    return std::nullopt;
  }
  static PresenceEvent came(PlayerId player) { return {.joined = true, .player_id = player, .name = player_name_of("ann")}; }

  RecordingLink link_;
  ClientId client_ = 0;
  std::uint32_t conn_ = 0;
  std::uint16_t input_ = 0;
  std::vector<Message> messages_;
};

TEST_F(FrontPresenceTest, TellsWhoCameAndWentSinceThePlayerDid) {
  play(Transport::kTcp);
  publish(10, {}, {.first = 0, .events = {came(7), {.reason = Reason::kIdle, .player_id = 3}}});
  const auto message = presence();
  ASSERT_TRUE(message);
  const auto& events = std::get<Presence>(message->body);
  EXPECT_EQ(events.first, 0U);
  ASSERT_EQ(events.events.size(), 2 * kPresenceBytes);
  EXPECT_EQ(decode_presence(events.events.first<kPresenceBytes>()), came(7));
  publish(11, {}, {.first = 0, .events = {came(7), {.reason = Reason::kIdle, .player_id = 3}}});
  EXPECT_EQ(presence(), std::nullopt);
}

TEST_F(FrontPresenceTest, DoesNotTellANewcomerWhatWasBeforeHim) {
  publish(9, {}, {.first = 0, .events = {came(1), came(2)}});
  play(Transport::kTcp);
  publish(10, {}, {.first = 0, .events = {came(1), came(2), came(7)}});
  EXPECT_EQ(std::get<Presence>(presence()->body).first, 2U);
}

TEST_F(FrontPresenceTest, RepeatsOverUdpUntilItIsAcknowledged) {
  play(Transport::kUdp);
  publish(10, {}, {.events = {came(7)}});
  const auto first = presence();
  ASSERT_TRUE(first);
  publish(11, {}, {.events = {came(7), came(8)}});
  EXPECT_EQ(presence(), std::nullopt);
  now_ += PresenceSender::kRepeatAfter;
  publish(12, {}, {.events = {came(7), came(8)}});
  const auto second = presence();
  ASSERT_TRUE(second);
  EXPECT_EQ(std::get<Presence>(second->body).first, 0U);
  EXPECT_EQ(std::get<Presence>(second->body).events.size(), 2 * kPresenceBytes);
  EXPECT_EQ(stats_.presence_repeats.value(), 1U);
  say(client_, conn_, Input{.input_seq = ++input_}, {.flags = kFlagAck, .ack = second->header.seq});
  now_ += PresenceSender::kRepeatAfter;
  publish(13, {}, {.events = {came(7), came(8)}});
  EXPECT_EQ(presence(), std::nullopt);
}

TEST_F(FrontPresenceTest, GoesOnBehindWhatAnOlderSendingBrought) {
  play(Transport::kUdp);
  publish(10, {}, {.events = {came(7)}});
  const auto first = presence();
  now_ += PresenceSender::kRepeatAfter;
  publish(11, {}, {.events = {came(7), came(8)}});
  ASSERT_TRUE(presence());
  say(client_, conn_, Input{.input_seq = ++input_}, {.flags = kFlagAck, .ack = first->header.seq});
  publish(12, {}, {.events = {came(7), came(8)}});
  EXPECT_EQ(std::get<Presence>(presence()->body).first, 1U);
}

TEST_F(FrontPresenceTest, SaysThatEventsAreMissing) {
  play(Transport::kTcp);
  publish(10, {}, {.first = 5, .events = {came(8)}});
  const auto message = presence();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->header.flags & kFlagPartial, kFlagPartial);
  EXPECT_EQ(std::get<Presence>(message->body).first, 5U);
  EXPECT_EQ(stats_.presence_gaps.value(), 1U);
}

TEST_F(FrontPresenceTest, SendsNoMoreEventsThanAMessageHolds) {
  play(Transport::kTcp);
  std::vector<PresenceEvent> events(kMaxPresences + 1, came(8));
  publish(10, {}, {.events = events});
  EXPECT_EQ(std::get<Presence>(presence()->body).events.size(), kMaxPresences * kPresenceBytes);
  publish(11, {}, {.events = events});
  EXPECT_EQ(std::get<Presence>(presence()->body).first, kMaxPresences);
}

class FrontLockstepTest : public FrontPresenceTest {
 protected:
  static std::shared_ptr<const LockstepWindow> window(std::size_t frames) {
    auto window = std::make_shared<LockstepWindow>();
    for (std::size_t i = 0; i < frames; ++i) {
      auto frame = std::make_shared<std::vector<std::byte>>();
      encode_frame(std::span<const Command>{}, *frame);
      window->frames.push_back(std::move(frame));
    }
    window->state = {std::byte{1}};
    return window;
  }
};

TEST_F(FrontLockstepTest, BeginsWithTheRoomsStateAndGoesOnWithItsFrames) {
  play(Transport::kTcp, true);
  publish(10, {{.state = {.id = 7}, .lockstep = true}}, {}, window(3));
  EXPECT_EQ(std::get<RoomState>(link_.take_one().body).frame, 2U);
  publish(11, {{.state = {.id = 7}, .last_input = 1, .has_input = true, .lockstep = true}}, {}, window(4));
  const auto message = link_.take_one();
  const auto& frames = std::get<Frames>(message.body);
  EXPECT_EQ(frames.first, 3U);
  EXPECT_EQ(frames.count, 1U);
  EXPECT_EQ(frames.last_input, 1U);
  EXPECT_EQ(message.header.flags & kFlagInput, kFlagInput);
}

TEST_F(FrontLockstepTest, HandsHashesToTheWorld) {
  play(Transport::kTcp, true);
  say(client_, conn_, StateHash{.frame = 30, .hash = 4});
  const auto reports = told();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(std::get<HashReport>(reports.front()).hash, (StateHash{.frame = 30, .hash = 4}));
}

TEST_F(FrontLockstepTest, TakesNoHashFromOtherPlayers) {
  play(Transport::kTcp);
  say(client_, conn_, StateHash{.frame = 30, .hash = 4});
  EXPECT_EQ(link_.closed, Reason::kUnexpected);
}

TEST_F(FrontLockstepTest, GivesADivergedClientTheState) {
  play(Transport::kTcp, true);
  publish(10, {}, {}, window(3));
  static_cast<void>(link_.take());
  answer(DivergedNotice{.client = client_, .diverged = {.frame = 1, .expected = 2, .received = 3}});
  publish(11, {}, {}, window(4));
  const auto messages = link_.take();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(std::get<Diverged>(messages[0].body), (Diverged{.frame = 1, .expected = 2, .received = 3}));
  EXPECT_EQ(std::get<RoomState>(messages[1].body).frame, 3U);
}

}  // namespace
}  // namespace tickwire::game
