// SPDX-License-Identifier: Apache-2.0
// What a bot makes of the server's state: snapshots, presence, and the lockstep room.
#include <gtest/gtest.h>

#include <array>

#include "gameserver/bots/player.h"
#include "gameserver/snapshot/delta.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kConn = 77;
constexpr std::uint16_t kTickRateHz = 2;

class PlayerStateTest : public testing::Test {
 protected:
  void join(std::uint8_t flags = 0) {
    player_.connected();
    hello_ = player_.hello({});
    take(Welcome{.nonce = 5, .player_id = 3, .tick_rate_hz = kTickRateHz}, flags);
  }
  void take(const Body& body, std::uint8_t flags = 0) {
    ++seq_;
    player_.take({.header = {.flags = flags, .conn = kConn, .seq = seq_}, .body = body}, milliseconds(seq_));
  }
  std::uint16_t acknowledged() { return player_.input(milliseconds(seq_)).header.ack; }

  Player player_{5};
  Message hello_;
  std::uint16_t seq_ = 0;
};

std::vector<std::byte> encoded(const PlayerState& state) {
  std::vector<std::byte> bytes;
  encode_state(state, bytes);
  return bytes;
}

TEST_F(PlayerStateTest, CountsTheStatesOfASnapshot) {
  join();
  const auto content = encoded({.id = 3, .x_mm = 10});
  take(Snapshot{.count = 1, .content = content});
  EXPECT_EQ(player_.snapshot_counts().states, 1U);
  EXPECT_EQ(player_.snapshot_counts().content_bytes, kStateBytes);
  EXPECT_EQ(player_.snapshot_counts().deltas, 0U);
  EXPECT_EQ(acknowledged(), 2);
}

TEST_F(PlayerStateTest, ReadsADeltaToASnapshotBefore) {
  join();
  const PlayerState before{.id = 3, .x_mm = 10};
  const PlayerState now{.id = 3, .x_mm = 20};
  const auto content = encoded(before);
  take(Snapshot{.count = 1, .content = content});
  DeltaBuilder delta;
  encode_delta(std::array{before}, std::array{now}, delta);
  take(Snapshot{.baseline = seq_, .count = delta.count(), .content = delta.content()});
  EXPECT_EQ(player_.snapshot_counts().deltas, 1U);
  EXPECT_EQ(player_.snapshots(), 2U);
  EXPECT_EQ(player_.snapshot_counts().unreadable, 0U);
}

TEST_F(PlayerStateTest, DoesNotAcknowledgeADeltaThatItCannotRead) {
  join();
  take(Snapshot{.baseline = 40});
  EXPECT_EQ(player_.snapshots(), 0U);
  EXPECT_EQ(player_.snapshot_counts().unreadable, 1U);
  EXPECT_EQ(acknowledged(), 1);
}

TEST_F(PlayerStateTest, FailsWhenPresenceHasAGap) {
  join();
  std::vector<std::byte> events;
  encode_presence({.joined = true, .player_id = 4}, events);
  take(Presence{.first = 7, .events = events});
  EXPECT_EQ(player_.presence().joined(), 1U);
  take(Presence{.first = 9, .events = events});
  EXPECT_EQ(player_.failure(), "presence 9 came where 8 was next, and no gap was announced");
}

TEST_F(PlayerStateTest, CountsChat) {
  join();
  take(Chat{.player_id = 4, .text = "hello"});
  EXPECT_EQ(player_.chats(), 1U);
}

TEST_F(PlayerStateTest, SaysItsTicket) {
  player_.set_ticket({std::byte{1}, std::byte{2}});
  join();
  EXPECT_EQ(std::get<Hello>(hello_.body).ticket.size(), 2U);
}

TEST_F(PlayerStateTest, RefusesATickRateOfZero) {
  player_.connected();
  static_cast<void>(player_.hello({}));
  take(Welcome{.nonce = 5});
  EXPECT_EQ(player_.failure(), "the server welcomes to 0 ticks a second");
}

// A bot in the lockstep room, and the room.
class PlayerInLockstepTest : public PlayerStateTest {
 protected:
  void join_room(bool diverges = false) {
    player_.ask_for_lockstep(diverges);
    join(kFlagLockstep);
    take_state();
  }
  void take_state() {
    std::vector<std::byte> content;
    room_.encode(content);
    take(RoomState{.frame = room_.frame(), .content = content});
  }
  void take_frame(std::uint8_t flags = 0, std::uint16_t last_input = 0) {
    const std::array commands = {Command{.seat = 0, .kind = Command::Kind::kJoin, .player = 3}};
    const auto now = room_.frame() == 0 ? std::span<const Command>(commands) : std::span<const Command>();
    room_.step(now);
    std::vector<std::byte> content;
    encode_frame(now, content);
    take(Frames{.first = room_.frame(), .last_input = last_input, .count = 1, .content = content}, flags);
  }

  LockstepSimulation room_{1};
};

TEST_F(PlayerInLockstepTest, AsksForTheRoom) {
  join_room();
  EXPECT_NE(hello_.header.flags & kFlagLockstep, 0);
  EXPECT_EQ(player_.state(), BotState::kPlaying);
}

TEST_F(PlayerInLockstepTest, FailsWhenItComesToAnotherRoom) {
  player_.ask_for_lockstep(false);
  join();
  EXPECT_EQ(player_.failure(), "the server welcomes, but not to the lockstep room");
}

TEST_F(PlayerInLockstepTest, ReportsTheRoomsHashEachSecond) {
  join_room();
  take_frame();
  EXPECT_EQ(player_.state_hash({}), std::nullopt);
  take_frame();
  const auto report = player_.state_hash({});
  ASSERT_TRUE(report);
  EXPECT_EQ(std::get<StateHash>(report->body), (StateHash{.frame = 2, .hash = room_.hash()}));
  EXPECT_EQ(player_.state_hash({}), std::nullopt);
  EXPECT_EQ(player_.hashes_sent(), 1U);
}

TEST_F(PlayerInLockstepTest, MeasuresFromAnInputToTheFrameThatContainsIt) {
  join_room();
  static_cast<void>(player_.input(milliseconds(1)));
  take_frame(kFlagInput, 1);
  EXPECT_EQ(player_.responses().summary()->max, milliseconds(2));
  EXPECT_TRUE(player_.has_played());
}

TEST_F(PlayerInLockstepTest, DoesNotAcknowledgeAFrameBehindAGap) {
  join_room();
  room_.step({});
  take_frame();
  EXPECT_EQ(player_.lockstep()->counts().unusable, 1U);
  EXPECT_EQ(acknowledged(), 2);
}

TEST_F(PlayerInLockstepTest, DivergesOnceWhenItIsTold) {
  join_room(true);
  for (int i = 0; i < 6; ++i) take_frame();
  EXPECT_NE(std::get<StateHash>(player_.state_hash({})->body).hash, room_.hash());
  take(Diverged{.frame = 6});
  take_state();
  for (int i = 0; i < 6; ++i) take_frame();
  EXPECT_EQ(std::get<StateHash>(player_.state_hash({})->body).hash, room_.hash());
  EXPECT_EQ(player_.lockstep()->counts().divergences, 1U);
}

TEST_F(PlayerStateTest, HasNoUseForFramesOutsideOfTheRoom) {
  join();
  take(Frames{.first = 1});
  take(RoomState{});
  EXPECT_EQ(player_.lockstep(), nullptr);
  EXPECT_EQ(acknowledged(), 1);
}

}  // namespace
}  // namespace tickwire::game
