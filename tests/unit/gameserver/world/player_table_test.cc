// SPDX-License-Identifier: Apache-2.0
#include "gameserver/world/player_table.h"

#include <gmock/gmock.h>

#include <map>
#include <random>

namespace tickwire::game {
namespace {

using testing::ElementsAre;

std::vector<std::pair<PlayerId, int>> rows_of(PlayerTable<int>& table) {
  std::vector<std::pair<PlayerId, int>> rows;
  table.each([&rows](PlayerId id, int value) { rows.emplace_back(id, value); });
  return rows;
}

TEST(PlayerTable, FindsWhatWasAppended) {
  PlayerTable<int> table;
  table.append(3, 30);
  table.append(5, 50);
  EXPECT_EQ(*table.find(3), 30);
  EXPECT_EQ(*table.find(5), 50);
  EXPECT_EQ(table.find(4), nullptr);
  EXPECT_EQ(table.find(6), nullptr);
  EXPECT_EQ(table.size(), 2U);
}

TEST(PlayerTable, ForgetsWhatWasErased) {
  PlayerTable<int> table;
  for (const PlayerId id : {1U, 2U, 3U}) table.append(id, static_cast<int>(10 * id));
  EXPECT_TRUE(table.erase(2));
  EXPECT_FALSE(table.erase(2));
  EXPECT_FALSE(table.erase(9));
  EXPECT_EQ(table.find(2), nullptr);
  EXPECT_EQ(table.size(), 2U);
  EXPECT_THAT(rows_of(table), ElementsAre(std::pair(1U, 10), std::pair(3U, 30)));
}

TEST(PlayerTable, AgreesWithAMapWhateverComesAndGoes) {
  PlayerTable<int> table;
  std::map<PlayerId, int> expected;
  std::mt19937 random(7);
  for (PlayerId id = 1; id <= 5'000; ++id) {
    table.append(id, static_cast<int>(id));
    expected.emplace(id, static_cast<int>(id));
    // More leave than come now and then, so that the table shrinks again and again.
    for (unsigned leaving = random() % (id % 1'000 < 500 ? 2 : 4); leaving > 0; --leaving) {
      const PlayerId gone = 1 + static_cast<PlayerId>(random() % id);
      EXPECT_EQ(table.erase(gone), expected.erase(gone) == 1);
    }
    ASSERT_EQ(table.size(), expected.size());
  }
  EXPECT_EQ(rows_of(table), (std::vector<std::pair<PlayerId, int>>(expected.begin(), expected.end())));
}

}  // namespace
}  // namespace tickwire::game
