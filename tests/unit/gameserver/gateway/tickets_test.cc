// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/tickets.h"

#include <gtest/gtest.h>

#include "gameserver/token/token.h"

namespace tickwire::game {
namespace {

std::uint32_t in_a_minute() {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(unix_now()).count()) + 60;
}

class TicketCheckTest : public testing::Test {
 protected:
  std::shared_ptr<const TokenKey> key_ = std::make_shared<TokenKey>(TokenKey::random());
  TicketCheck check_ = make_ticket_check(key_);
  Token ticket_{.audience = Audience::kWorld,
                .expires_unix_s = in_a_minute(),
                .account = 11,
                .match = 12,
                .mode = GameMode::kLockstep,
                .name = player_name_of("ann"),
                .id = 13};
};

TEST_F(TicketCheckTest, LetsAPlayerInOnce) {
  const auto signed_ticket = sign(*key_, ticket_);
  const auto admission = check_(signed_ticket);
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->account, 11U);
  EXPECT_EQ(admission->match, 12U);
  EXPECT_EQ(admission->mode, GameMode::kLockstep);
  EXPECT_EQ(player_name_text(admission->name), "ann");
  EXPECT_EQ(check_(signed_ticket).error(), Reason::kBadTicket);
}

TEST_F(TicketCheckTest, RefusesAForgedTicket) {
  auto forged = sign(*key_, ticket_);
  forged[6] ^= std::byte{1};
  EXPECT_EQ(check_(forged).error(), Reason::kBadTicket);
}

TEST_F(TicketCheckTest, RefusesASessionToken) {
  ticket_.audience = Audience::kMatch;
  EXPECT_EQ(check_(sign(*key_, ticket_)).error(), Reason::kBadTicket);
}

TEST_F(TicketCheckTest, RefusesAnExpiredTicket) {
  ticket_.expires_unix_s = in_a_minute() - 60;
  EXPECT_EQ(check_(sign(*key_, ticket_)).error(), Reason::kBadTicket);
}

}  // namespace
}  // namespace tickwire::game
