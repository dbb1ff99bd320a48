// SPDX-License-Identifier: Apache-2.0
#include "gameserver/token/spent_tickets.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

using std::chrono::seconds;

Token ticket(std::uint64_t id, std::uint32_t expires_unix_s) { return {.expires_unix_s = expires_unix_s, .id = id}; }

TEST(SpentTickets, TakesATicketOnce) {
  SpentTickets spent;
  EXPECT_EQ(spent.spend(ticket(1, 100), seconds(10)), Spend::kTaken);
  EXPECT_EQ(spent.spend(ticket(1, 100), seconds(10)), Spend::kSpent);
  EXPECT_EQ(spent.spend(ticket(1, 100), seconds(99)), Spend::kSpent);
  EXPECT_EQ(spent.spend(ticket(2, 100), seconds(99)), Spend::kTaken);
}

TEST(SpentTickets, ForgetsWhatHasExpired) {
  SpentTickets spent;
  EXPECT_EQ(spent.spend(ticket(1, 100), seconds(10)), Spend::kTaken);
  EXPECT_EQ(spent.spend(ticket(2, 50), seconds(10)), Spend::kTaken);
  EXPECT_EQ(spent.spend(ticket(3, 200), seconds(99)), Spend::kTaken);
  EXPECT_EQ(spent.size(), 2U);
  EXPECT_EQ(spent.spend(ticket(4, 200), seconds(100)), Spend::kTaken);
  EXPECT_EQ(spent.size(), 2U);
}

TEST(SpentTickets, RefusesWhatItCouldNotRemember) {
  SpentTickets spent(2);
  EXPECT_EQ(spent.spend(ticket(1, 100), seconds(10)), Spend::kTaken);
  EXPECT_EQ(spent.spend(ticket(2, 200), seconds(10)), Spend::kTaken);
  EXPECT_EQ(spent.spend(ticket(3, 200), seconds(10)), Spend::kFull);
  EXPECT_EQ(spent.spend(ticket(2, 200), seconds(10)), Spend::kSpent);
  EXPECT_EQ(spent.spend(ticket(3, 200), seconds(100)), Spend::kTaken);
}

}  // namespace
}  // namespace tickwire::game
