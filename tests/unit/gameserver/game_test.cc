// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/game.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;

class GameTest : public testing::Test {
 protected:
  Session joined() {
    Session session;
    EXPECT_TRUE(game_.join(session, Hello{.nonce = 5}));
    return session;
  }
  // Sends one message with the next sequence number.
  std::optional<Reason> send(Session& session, const Body& body, Nanoseconds now = {}) {
    return game_.handle(session, {.header = {.conn = session.conn, .seq = ++seq_}, .body = body}, now);
  }

  ServerStats stats_;
  Game game_{30, 2, stats_};
  std::uint16_t seq_ = 0;
};

TEST_F(GameTest, WelcomesWithTheNonceOfTheHello) {
  Session session;
  const auto welcome = game_.join(session, Hello{.nonce = 5});
  ASSERT_TRUE(welcome);
  EXPECT_EQ(*welcome, (Welcome{.nonce = 5, .player_id = 1, .server_tick = 0, .tick_rate_hz = 30, .max_players = 2}));
  EXPECT_NE(session.conn, 0U);
}

TEST_F(GameTest, RefusesOnePlayerTooMany) {
  static_cast<void>(joined());
  static_cast<void>(joined());
  Session third;
  EXPECT_EQ(game_.join(third, Hello{}).error(), Reason::kServerFull);
}

TEST_F(GameTest, HasRoomAgainWhenAPlayerLeaves) {
  Session first = joined();
  static_cast<void>(joined());
  game_.leave(first, Reason::kDone);
  EXPECT_EQ(first.player, 0U);
  EXPECT_EQ(stats_.leaves[static_cast<std::size_t>(Reason::kDone)], 1U);
  static_cast<void>(joined());
}

TEST_F(GameTest, AcknowledgesTheNewestInputInTheSnapshot) {
  Session session = joined();
  EXPECT_EQ(game_.snapshot(session, {}).header.flags & kFlagInput, 0);
  EXPECT_EQ(send(session, Input{.input_seq = 7}), std::nullopt);
  EXPECT_EQ(send(session, Input{.input_seq = 9}), std::nullopt);
  const auto message = game_.snapshot(session, {});
  EXPECT_EQ(message.header.flags & kFlagInput, kFlagInput);
  EXPECT_EQ(std::get<Snapshot>(message.body).last_input, 9);
}

TEST_F(GameTest, DropsAndCountsAnInputThatIsOlder) {
  Session session = joined();
  static_cast<void>(send(session, Input{.input_seq = 9}));
  EXPECT_EQ(send(session, Input{.input_seq = 8}), std::nullopt);
  EXPECT_EQ(session.last_input, 9);
  EXPECT_EQ(stats_.stale_inputs, 1U);
}

TEST_F(GameTest, IgnoresAMessageThatComesTwice) {
  Session session = joined();
  const Message chat{.header = {.conn = session.conn, .seq = 1}, .body = Chat{.text = "x"}};
  static_cast<void>(game_.handle(session, chat, milliseconds(0)));
  static_cast<void>(game_.handle(session, chat, milliseconds(1000)));
  EXPECT_EQ(game_.chats().size(), 1U);
  EXPECT_EQ(stats_.dropped_chats, 0U);
}

TEST_F(GameTest, LimitsChatToALineEach250Milliseconds) {
  Session session = joined();
  static_cast<void>(send(session, Chat{.text = "a"}, milliseconds(1000)));
  static_cast<void>(send(session, Chat{.text = "b"}, milliseconds(1249)));
  static_cast<void>(send(session, Chat{.text = "c"}, milliseconds(1250)));
  ASSERT_EQ(game_.chats().size(), 2U);
  EXPECT_EQ(game_.chats()[1].text, "c");
  EXPECT_EQ(game_.chats()[1].player, session.player);
  EXPECT_EQ(stats_.dropped_chats, 1U);
  game_.end_tick();
  EXPECT_TRUE(game_.chats().empty());
}

TEST_F(GameTest, LimitsTheLinesOfOneTick) {
  Session session = joined();
  for (int i = 0; i < 20; ++i) static_cast<void>(send(session, Chat{.text = "a"}, milliseconds(1000 * i)));
  EXPECT_EQ(game_.chats().size(), 16U);
  EXPECT_EQ(stats_.dropped_chats, 4U);
}

TEST_F(GameTest, EndsASessionThatSaysBye) {
  Session session = joined();
  EXPECT_EQ(send(session, Bye{}), Reason::kDone);
}

TEST_F(GameTest, EndsASessionThatSendsWhatOnlyAServerMay) {
  Session session = joined();
  EXPECT_EQ(send(session, Welcome{}), Reason::kUnexpected);
  EXPECT_EQ(send(session, Snapshot{}), Reason::kUnexpected);
}

TEST_F(GameTest, NumbersItsMessagesAndAcknowledgesTheClients) {
  Session session = joined();
  static_cast<void>(send(session, Input{.input_seq = 1}, milliseconds(0)));
  EXPECT_EQ(game_.next_header(session, milliseconds(32)),
            (Header{.flags = kFlagAck, .conn = session.conn, .seq = 1, .ack = 1, .ack_delay = 1000}));
  EXPECT_EQ(game_.next_header(session, milliseconds(32)).seq, 2);
}

}  // namespace
}  // namespace tickwire::game
