// SPDX-License-Identifier: Apache-2.0
#include "gameserver/world/presence_list.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

TEST(PresenceList, NumbersItsEventsFromZero) {
  PresenceList list;
  EXPECT_EQ(list.window()->first, 0U);
  EXPECT_EQ(list.window()->end(), 0U);
  const PresenceEvent event{.joined = true, .player_id = 7, .name = player_name_of("ann")};
  list.append(event);
  EXPECT_EQ(list.window()->first, 0U);
  ASSERT_EQ(list.window()->events.size(), 1U);
  EXPECT_EQ(list.window()->events[0], event);
}

TEST(PresenceList, GivesTheSameWindowUntilSomethingChanges) {
  PresenceList list;
  list.append({.joined = true, .player_id = 1});
  const auto before = list.window();
  EXPECT_EQ(list.window(), before);
  list.append({.player_id = 1});
  EXPECT_NE(list.window(), before);
  EXPECT_EQ(before->events.size(), 1U);
  EXPECT_EQ(list.window()->events.size(), 2U);
}

TEST(PresenceList, ForgetsTheOldestBeyondItsBound) {
  PresenceList list;
  for (PlayerId id = 0; id < PresenceWindow::kMaxEvents + 3; ++id) list.append({.joined = true, .player_id = id});
  const auto window = list.window();
  EXPECT_EQ(window->first, 3U);
  EXPECT_EQ(window->end(), PresenceWindow::kMaxEvents + 3);
  EXPECT_EQ(window->events.front().player_id, 3U);
}

}  // namespace
}  // namespace tickwire::game
