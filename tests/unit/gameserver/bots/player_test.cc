// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/player.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kConn = 77;

// A player that was welcomed as connection kConn.
class PlayerTest : public testing::Test {
 protected:
  PlayerTest() {
    player_.connected();
    static_cast<void>(player_.hello({}));
    take(Welcome{.nonce = 5, .player_id = 3, .tick_rate_hz = 30}, {});
  }
  void take(const Body& body, Nanoseconds now, std::uint8_t flags = 0) {
    player_.take({.header = {.flags = flags, .conn = kConn, .seq = ++seq_}, .body = body}, now);
  }
  void take_snapshot(std::uint16_t last_input, Nanoseconds now) { take(Snapshot{.last_input = last_input}, now, kFlagInput); }

  Player player_{5};
  std::uint16_t seq_ = 0;
};

TEST_F(PlayerTest, PlaysOnceItIsWelcomed) {
  EXPECT_EQ(player_.state(), BotState::kPlaying);
  EXPECT_EQ(player_.player_id(), 3U);
  EXPECT_EQ(player_.input({}).header.conn, kConn);
}

TEST_F(PlayerTest, MeasuresFromAnInputToTheSnapshotThatContainsIt) {
  static_cast<void>(player_.input(milliseconds(100)));
  take_snapshot(1, milliseconds(130));
  EXPECT_EQ(player_.responses().summary()->max, milliseconds(30));
  EXPECT_EQ(player_.responses().summary()->count, 1U);
}

TEST_F(PlayerTest, MeasuresTheNewestOfSeveralInputsInOneSnapshot) {
  static_cast<void>(player_.input(milliseconds(100)));
  static_cast<void>(player_.input(milliseconds(120)));
  take_snapshot(2, milliseconds(130));
  EXPECT_EQ(player_.responses().summary()->max, milliseconds(10));
  EXPECT_EQ(player_.responses().summary()->count, 1U);
}

TEST_F(PlayerTest, MeasuresAnInputOnce) {
  static_cast<void>(player_.input(milliseconds(100)));
  take_snapshot(1, milliseconds(130));
  take_snapshot(1, milliseconds(160));
  EXPECT_EQ(player_.responses().summary()->count, 1U);
  EXPECT_EQ(player_.snapshots(), 2U);
}

TEST_F(PlayerTest, MeasuresNothingForAnInputThatItNeverSent) {
  take_snapshot(1, milliseconds(130));
  static_cast<void>(player_.input(milliseconds(140)));
  take_snapshot(2, milliseconds(150));
  take_snapshot(60000, milliseconds(150));
  EXPECT_EQ(player_.responses().summary(), std::nullopt);
}

TEST_F(PlayerTest, MeasuresNothingFromASnapshotWithoutAnInput) {
  static_cast<void>(player_.input(milliseconds(100)));
  take(Snapshot{.last_input = 1}, milliseconds(130), 0);
  EXPECT_EQ(player_.responses().summary(), std::nullopt);
}

TEST_F(PlayerTest, GoesOnMeasuringAcrossTheWrapOfInputNumbers) {
  for (int i = 1; i <= 70'000; ++i) {
    static_cast<void>(player_.input(milliseconds(i)));
    take_snapshot(static_cast<std::uint16_t>(i), milliseconds(i + 1));
  }
  EXPECT_EQ(player_.responses().summary()->count, 70'000U);
  EXPECT_EQ(player_.responses().summary()->max, milliseconds(1));
}

TEST_F(PlayerTest, IgnoresAnotherConnection) {
  static_cast<void>(player_.input(milliseconds(100)));
  player_.take({.header = {.flags = kFlagInput, .conn = kConn + 1, .seq = 2}, .body = Snapshot{.last_input = 1}},
               milliseconds(110));
  EXPECT_EQ(player_.snapshots(), 0U);
}

TEST_F(PlayerTest, AcknowledgesSnapshotsWithTheTimeThatItHeldThem) {
  take_snapshot(0, milliseconds(100));
  const auto header = player_.input(milliseconds(132)).header;
  EXPECT_EQ(header.ack, 2);
  EXPECT_EQ(header.ack_bits, 1U);
  EXPECT_EQ(header.ack_delay, 1000);
}

TEST_F(PlayerTest, MeasuresEveryInputFromWhenItWasDue) {
  static_cast<void>(player_.input(milliseconds(105), milliseconds(100)));
  static_cast<void>(player_.input(milliseconds(120), milliseconds(120)));
  take_snapshot(2, milliseconds(130));
  EXPECT_EQ(player_.intended_responses().summary()->count, 2U);
  EXPECT_EQ(player_.intended_responses().summary()->max, milliseconds(30));
  EXPECT_EQ(player_.intended_responses().summary()->min, milliseconds(10));
  static_cast<void>(player_.input(milliseconds(140), milliseconds(140)));
  take_snapshot(3, milliseconds(141));
  EXPECT_EQ(player_.intended_responses().summary()->count, 3U);
}

TEST_F(PlayerTest, MeasuresNoMoreInputsThanItRemembers) {
  for (int i = 1; i <= 3'000; ++i) static_cast<void>(player_.input(milliseconds(i)));
  take_snapshot(2'999, milliseconds(3'000));
  EXPECT_EQ(player_.intended_responses().summary()->count, 2'047U);
  EXPECT_EQ(player_.intended_responses().summary()->max, milliseconds(3'000 - 953));
}

TEST(PlayerThatHoldsAcks, AcknowledgesWhatItReceivedSoLongAgo) {
  Player player(5, milliseconds(100));
  player.connected();
  static_cast<void>(player.hello({}));
  player.take({.header = {.conn = kConn, .seq = 1}, .body = Welcome{.nonce = 5, .tick_rate_hz = 30}}, {});
  EXPECT_EQ(player.input(milliseconds(99)).header.flags & kFlagAck, 0);
  player.take({.header = {.conn = kConn, .seq = 2}, .body = Snapshot{}}, milliseconds(50));
  EXPECT_EQ(player.input(milliseconds(149)).header.ack, 1);
  const auto header = player.input(milliseconds(178)).header;
  EXPECT_EQ(header.ack, 2);
  EXPECT_EQ(header.ack_delay, 4000);
}

TEST_F(PlayerTest, FinishesWellAfterASnapshot) {
  take_snapshot(0, milliseconds(1));
  player_.finish();
  EXPECT_EQ(player_.state(), BotState::kDone);
  EXPECT_EQ(player_.failure(), "");
}

TEST_F(PlayerTest, FailsWithoutASnapshot) {
  player_.finish();
  EXPECT_EQ(player_.failure(), "no snapshot");
}

TEST_F(PlayerTest, SaysWhyItWasRejected) {
  take(Reject{.reason = Reason::kSlow}, {});
  EXPECT_EQ(player_.state(), BotState::kFailed);
  EXPECT_EQ(player_.failure(), "rejected: slow");
}

TEST(Player, TakesNoWelcomeForAnotherNonce) {
  Player player(5);
  player.connected();
  player.take({.header = {.conn = 1, .seq = 1}, .body = Welcome{.nonce = 6, .tick_rate_hz = 30}}, {});
  EXPECT_EQ(player.state(), BotState::kJoining);
}

TEST(Player, SaysHowFarItCame) {
  Player unconnected(1);
  unconnected.finish();
  EXPECT_EQ(unconnected.failure(), "not connected");
  Player unwelcome(1);
  unwelcome.connected();
  unwelcome.finish();
  EXPECT_EQ(unwelcome.failure(), "no welcome");
}

}  // namespace
}  // namespace tickwire::game
