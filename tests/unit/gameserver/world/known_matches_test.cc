// SPDX-License-Identifier: Apache-2.0
#include "gameserver/world/known_matches.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

TEST(KnownMatches, AdmitsTheAccountsOfAnAnnouncedMatch) {
  KnownMatches matches;
  matches.announce({.match = 7, .accounts = {1, 2}});
  EXPECT_TRUE(matches.admits(7, 1));
  EXPECT_TRUE(matches.admits(7, 2));
  EXPECT_FALSE(matches.admits(7, 3));
  EXPECT_FALSE(matches.admits(8, 1));
}

TEST(KnownMatches, AdmitsNobodyToAMatchThatWasNotAnnounced) { EXPECT_FALSE(KnownMatches().admits(0, 0)); }

TEST(KnownMatches, ChangesNothingWhenAMatchIsAnnouncedAgain) {
  KnownMatches matches;
  matches.announce({.match = 7, .accounts = {1}});
  matches.announce({.match = 7, .accounts = {2}});
  EXPECT_TRUE(matches.admits(7, 1));
  EXPECT_FALSE(matches.admits(7, 2));
  EXPECT_EQ(matches.size(), 1U);
}

TEST(KnownMatches, ForgetsTheOldestBeyondItsBound) {
  KnownMatches matches(2);
  for (const std::uint32_t match : {1U, 2U, 3U}) matches.announce({.match = match, .accounts = {match}});
  EXPECT_EQ(matches.size(), 2U);
  EXPECT_FALSE(matches.admits(1, 1));
  EXPECT_TRUE(matches.admits(2, 2));
  EXPECT_TRUE(matches.admits(3, 3));
}

}  // namespace
}  // namespace tickwire::game
