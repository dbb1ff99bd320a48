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
  EXPECT_EQ(bot_options({"tickwire-bots", "--burst-connections", "1"}).exit_code, std::nullopt);
}

TEST(BotOptions, AcknowledgeAtOnceUnlessToldOtherwise) {
  EXPECT_TRUE(bot_options({"tickwire-bots", "--tcp", "1"}).options.quickack);
  EXPECT_FALSE(bot_options({"tickwire-bots", "--tcp", "1", "--no-quickack"}).options.quickack);
}

}  // namespace
}  // namespace tickwire::game
