// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/options.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

template <std::size_t count>
ParsedBotOptions bot_options(const char* const (&arguments)[count]) {
  return parse_bot_options(static_cast<int>(count), arguments);
}

TEST(BotOptions, NeedPlayers) {
  EXPECT_EQ(bot_options({"tickwire-bots"}).exit_code, 2);
  EXPECT_EQ(bot_options({"tickwire-bots", "--udp", "1"}).exit_code, std::nullopt);
  EXPECT_EQ(bot_options({"tickwire-bots", "--ws", "1"}).exit_code, std::nullopt);
  EXPECT_EQ(bot_options({"tickwire-bots", "--idle-ws", "1"}).exit_code, std::nullopt);
  EXPECT_EQ(bot_options({"tickwire-bots", "--burst-connections", "1"}).exit_code, std::nullopt);
  EXPECT_EQ(bot_options({"tickwire-bots", "--churn", "1"}).exit_code, std::nullopt);
}

TEST(BotOptions, AcknowledgeAtOnceUnlessToldOtherwise) {
  EXPECT_TRUE(bot_options({"tickwire-bots", "--tcp", "1"}).options.quickack);
  EXPECT_FALSE(bot_options({"tickwire-bots", "--tcp", "1", "--no-quickack"}).options.quickack);
}

TEST(BotOptions, ChooseWhatCarriesLockstep) {
  EXPECT_EQ(bot_options({"tickwire-bots", "--lockstep", "2"}).options.lockstep_over, BotProtocol::kUdp);
  EXPECT_EQ(bot_options({"tickwire-bots", "--lockstep", "2", "--lockstep-over", "ws"}).options.lockstep_over, BotProtocol::kWs);
  EXPECT_EQ(bot_options({"tickwire-bots", "--lockstep", "2", "--lockstep-over", "sctp"}).exit_code, 2);
  EXPECT_EQ(bot_options({"tickwire-bots", "--udp", "2", "--lockstep-over", "ws"}).exit_code, 2);
}

TEST(BotOptions, RefuseARegionWithoutALogin) {
  EXPECT_EQ(bot_options({"tickwire-bots", "--udp", "1", "--login-region", "eu"}).exit_code, 2);
  const auto parsed = bot_options({"tickwire-bots", "--udp", "1", "--login", "http://192.0.2.1:8080", "--login-region", "eu"});
  EXPECT_EQ(parsed.exit_code, std::nullopt);
  EXPECT_EQ(parsed.options.login_region, "eu");
}

TEST(BotOptions, CountPlayersOfEveryProtocol) {
  const auto parsed =
      bot_options({"tickwire-bots", "--udp", "1", "--tcp", "2", "--ws", "3", "--lockstep", "4", "--idle-ws", "5"});
  EXPECT_EQ(player_count(parsed.options), 10U);
}

}  // namespace
}  // namespace tickwire::game
