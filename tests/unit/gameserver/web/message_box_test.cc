// SPDX-License-Identifier: Apache-2.0
#include "gameserver/web/message_box.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

MessageBox::Bytes bytes(std::size_t count, unsigned char value) { return MessageBox::Bytes(count, std::byte{value}); }

TEST(MessageBox, KeepsTheOrder) {
  MessageBox box;
  EXPECT_TRUE(box.push(bytes(3, 1)));
  EXPECT_TRUE(box.push(bytes(4, 2)));
  EXPECT_EQ(box.take(), bytes(3, 1));
  EXPECT_EQ(box.take(), bytes(4, 2));
  EXPECT_EQ(box.take(), std::nullopt);
}

TEST(MessageBox, KeepsOnlyTheNewestSnapshot) {
  MessageBox box;
  EXPECT_FALSE(box.offer(bytes(3, 1)));
  EXPECT_TRUE(box.offer(bytes(3, 2)));
  EXPECT_EQ(box.take(), bytes(3, 2));
  EXPECT_EQ(box.take(), std::nullopt);
  EXPECT_FALSE(box.offer(bytes(3, 3)));
}

TEST(MessageBox, SendsMessagesBeforeTheSnapshot) {
  MessageBox box;
  EXPECT_FALSE(box.offer(bytes(3, 1)));
  EXPECT_TRUE(box.push(bytes(3, 2)));
  EXPECT_EQ(box.take(), bytes(3, 2));
  EXPECT_EQ(box.take(), bytes(3, 1));
}

TEST(MessageBox, HoldsSixtyFourKiBWithWhatMessagesCost) {
  MessageBox box;
  const std::size_t message_bytes = 1024 - MessageBox::kMessageCostBytes;
  for (int i = 0; i < 64; ++i) EXPECT_TRUE(box.push(bytes(message_bytes, 1)));
  EXPECT_FALSE(box.push(bytes(0, 2)));
  EXPECT_NE(box.take(), std::nullopt);
  EXPECT_TRUE(box.push(bytes(message_bytes, 3)));
  EXPECT_FALSE(box.push(bytes(0, 4)));
}

TEST(MessageBox, HasRoomForTheLastMessageAndASnapshot) {
  MessageBox box;
  EXPECT_TRUE(box.push(bytes(MessageBox::kMaxBytes - MessageBox::kMessageCostBytes, 1)));
  box.push_last(bytes(5, 2));
  EXPECT_FALSE(box.offer(bytes(6, 3)));
  EXPECT_EQ(box.take()->size(), MessageBox::kMaxBytes - MessageBox::kMessageCostBytes);
  EXPECT_EQ(box.take(), bytes(5, 2));
  EXPECT_EQ(box.take(), bytes(6, 3));
}

TEST(MessageBox, GivesUpASnapshot) {
  MessageBox box;
  EXPECT_FALSE(box.offer(bytes(3, 1)));
  box.drop_snapshot();
  EXPECT_TRUE(box.empty());
}

}  // namespace
}  // namespace tickwire::game
