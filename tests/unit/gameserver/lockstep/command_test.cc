// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lockstep/command.h"

#include <gtest/gtest.h>

#include "unit/gameserver/lockstep/lockstep_values.h"

namespace tickwire::game {
namespace {

using Kind = Command::Kind;

TEST(LockstepFrame, IsANumberOfCommandsWithWhatTheirKindNeeds) {
  const std::vector<Command> commands = {{.seat = 1, .kind = Kind::kLeave},
                                         {.seat = 1, .kind = Kind::kJoin, .player = 0x01020304},
                                         {.seat = 31, .kind = Kind::kButtons, .buttons = 0x0506}};
  std::vector<std::byte> encoded;
  encode_frame(commands, encoded);
  EXPECT_EQ(encoded, bytes_of({3, 1, 2, 1, 1, 1, 2, 3, 4, 31, 0, 5, 6}));
  std::span<const std::byte> content = encoded;
  std::vector<Command> decoded;
  ASSERT_TRUE(decode_frame(content, decoded));
  EXPECT_EQ(decoded, commands);
  EXPECT_TRUE(content.empty());
}

TEST(LockstepFrame, LeavesWhatFollowsIt) {
  const auto bytes = bytes_of({0, 1, 4, 2});
  std::span<const std::byte> content = bytes;
  std::vector<Command> decoded;
  ASSERT_TRUE(decode_frame(content, decoded));
  EXPECT_TRUE(decoded.empty());
  ASSERT_TRUE(decode_frame(content, decoded));
  EXPECT_EQ(decoded, (std::vector<Command>{{.seat = 4, .kind = Kind::kLeave}}));
  EXPECT_FALSE(decode_frame(content, decoded)) << "no bytes are no frame";
}

TEST(LockstepFrame, FitsAMessageWhenEverySeatChangesHands) {
  std::vector<Command> commands;
  for (std::uint8_t seat = 0; seat < kLockstepSeats; ++seat) {
    commands.push_back({.seat = seat, .kind = Kind::kLeave});
    commands.push_back({.seat = seat, .kind = Kind::kJoin, .player = 1});
    commands.push_back({.seat = seat, .kind = Kind::kButtons});
  }
  EXPECT_EQ(commands.size(), kMaxCommands);
  std::vector<std::byte> encoded;
  encode_frame(commands, encoded);
  EXPECT_EQ(encoded.size(), kMaxEncodedFrameBytes);
}

bool is_frame(std::initializer_list<unsigned> values) {
  const auto bytes = bytes_of(values);
  std::span<const std::byte> content = bytes;
  std::vector<Command> decoded;
  return decode_frame(content, decoded);
}

TEST(LockstepFrame, RefusesWhatEndsTooEarly) {
  EXPECT_FALSE(is_frame({}));
  EXPECT_FALSE(is_frame({1}));
  EXPECT_FALSE(is_frame({1, 0, 0, 1}));
  EXPECT_FALSE(is_frame({1, 0, 1, 0, 0, 1}));
  EXPECT_TRUE(is_frame({1, 0, 0, 1, 0}));
}

TEST(LockstepFrame, RefusesSeatsKindsAndPlayersThatThereAreNot) {
  EXPECT_FALSE(is_frame({1, 32, 2}));
  EXPECT_FALSE(is_frame({1, 0, 3}));
  EXPECT_FALSE(is_frame({1, 0, 1, 0, 0, 0, 0}));
  EXPECT_TRUE(is_frame({1, 31, 2}));
}

TEST(LockstepFrame, RefusesCommandsThatAreOutOfOrder) {
  EXPECT_FALSE(is_frame({2, 5, 2, 4, 2}));
  EXPECT_FALSE(is_frame({2, 5, 2, 5, 2}));
  EXPECT_FALSE(is_frame({2, 5, 0, 0, 1, 5, 2}));
  EXPECT_TRUE(is_frame({2, 5, 2, 5, 0, 0, 1}));
}

}  // namespace
}  // namespace tickwire::game
