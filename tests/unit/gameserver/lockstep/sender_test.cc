// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lockstep/sender.h"

#include <gtest/gtest.h>

#include "gameserver/lockstep/command.h"

namespace tickwire::game {
namespace {

// A window of frames first .. end - 1, of this size each.
LockstepWindow window_of(std::uint32_t first, std::uint32_t end, std::size_t frame_bytes = 1) {
  LockstepWindow window{.first = first, .state = std::vector<std::byte>(16)};
  for (std::uint32_t number = first; number < end; ++number)
    window.frames.push_back(std::make_shared<const std::vector<std::byte>>(frame_bytes));
  return window;
}

struct LockstepSenderTest : testing::Test {
  // Sends what is due for this window, numbering the messages.
  std::vector<LockstepSender::Due> send(LockstepSender& sender, const LockstepWindow& window) {
    std::vector<LockstepSender::Due> messages;
    while (const auto due = sender.next(window, buffer)) {
      messages.push_back(*due);
      sender.sent(++seq);
    }
    return messages;
  }
  // Of the one message that is due: "state 4", or "frames 5 .. 7".
  std::string sent(LockstepSender& sender, const LockstepWindow& window) {
    std::string text;
    for (const auto& message : send(sender, window)) {
      if (const auto* state = std::get_if<RoomState>(&message)) text += "state " + std::to_string(state->frame) + ";";
      if (const auto* frames = std::get_if<Frames>(&message)) {
        text += "frames " + std::to_string(frames->first) + " .. " + std::to_string(frames->first + frames->count - 1) + ";";
      }
    }
    return text;
  }

  std::vector<std::byte> buffer;
  std::uint16_t seq = 65'533;  // numbers wrap on the way
  LockstepSender udp{LockstepSender::Delivery::kDatagrams};
  LockstepSender tcp{LockstepSender::Delivery::kStream};
};

TEST_F(LockstepSenderTest, BeginsWithTheState) {
  EXPECT_EQ(sent(udp, window_of(1, 5)), "state 4;");
  EXPECT_EQ(sent(tcp, window_of(1, 5)), "state 4;");
  LockstepSender early{LockstepSender::Delivery::kStream};
  EXPECT_EQ(sent(early, window_of(1, 1)), "state 0;") << "before the first frame";
}

TEST_F(LockstepSenderTest, SendsAFrameOnceOverAStream) {
  sent(tcp, window_of(1, 5));
  EXPECT_EQ(sent(tcp, window_of(1, 5)), "") << "nothing new";
  EXPECT_EQ(sent(tcp, window_of(1, 6)), "frames 5 .. 5;");
  EXPECT_EQ(sent(tcp, window_of(1, 9)), "frames 6 .. 8;");
}

TEST_F(LockstepSenderTest, RepeatsFramesUntilTheyAreAcknowledged) {
  sent(udp, window_of(1, 5));
  udp.acknowledge(seq, 0);
  EXPECT_EQ(sent(udp, window_of(1, 6)), "frames 5 .. 5;");
  EXPECT_EQ(sent(udp, window_of(1, 7)), "frames 5 .. 6;");
  EXPECT_EQ(sent(udp, window_of(1, 8)), "frames 5 .. 7;");
  udp.acknowledge(seq, 0x2);  // the newest, and the one before the one before
  EXPECT_EQ(sent(udp, window_of(1, 9)), "frames 8 .. 8;");
}

TEST_F(LockstepSenderTest, ReadsTheAcknowledgementBits) {
  sent(udp, window_of(1, 5));
  udp.acknowledge(seq, 0);
  sent(udp, window_of(1, 6));
  sent(udp, window_of(1, 7));
  udp.acknowledge(static_cast<std::uint16_t>(seq + 3), 1U << 3);  // seq + 3 - 1 - 3: the message with frame 5
  EXPECT_EQ(sent(udp, window_of(1, 8)), "frames 6 .. 7;");
}

TEST_F(LockstepSenderTest, RepeatsTheStateEachFourthFrameUntilItIsAcknowledged) {
  EXPECT_EQ(sent(udp, window_of(1, 5)), "state 4;");
  EXPECT_EQ(sent(udp, window_of(1, 6)), "frames 5 .. 5;");
  EXPECT_EQ(sent(udp, window_of(1, 7)), "frames 5 .. 6;");
  EXPECT_EQ(sent(udp, window_of(1, 8)), "frames 5 .. 7;");
  EXPECT_EQ(sent(udp, window_of(1, 9)), "state 8;");
  EXPECT_EQ(sent(udp, window_of(1, 10)), "frames 9 .. 9;");
  udp.acknowledge(static_cast<std::uint16_t>(seq - 1), 0);
  EXPECT_EQ(sent(udp, window_of(1, 14)), "frames 9 .. 13;");
}

TEST_F(LockstepSenderTest, BelievesNoFramesBeforeTheState) {
  sent(udp, window_of(1, 5));
  sent(udp, window_of(1, 6));
  udp.acknowledge(seq, 0);
  EXPECT_EQ(sent(udp, window_of(1, 9)), "state 8;");
}

TEST_F(LockstepSenderTest, SendsTheStateToWhomTheWindowHasLeftBehind) {
  sent(udp, window_of(1, 5));
  udp.acknowledge(seq, 0);
  EXPECT_EQ(sent(udp, window_of(5, 261)), "frames 5 .. 259;frames 260 .. 260;") << "a message counts 255 frames";
  EXPECT_EQ(sent(udp, window_of(6, 262)), "state 261;");
}

TEST_F(LockstepSenderTest, SendsTheStateAgainToWhoDiverged) {
  sent(tcp, window_of(1, 5));
  sent(tcp, window_of(1, 6));
  tcp.resync();
  EXPECT_EQ(sent(tcp, window_of(1, 7)), "state 6;");
  EXPECT_EQ(sent(tcp, window_of(1, 8)), "frames 7 .. 7;");
  sent(udp, window_of(1, 5));
  udp.acknowledge(seq, 0);
  sent(udp, window_of(1, 6));
  udp.resync();
  udp.acknowledge(seq, 0);
  EXPECT_EQ(sent(udp, window_of(1, 7)), "state 6;");
}

TEST_F(LockstepSenderTest, SendsNoMoreThanTwoMessagesForAWindow) {
  sent(tcp, window_of(1, 2));
  // Three frames of 385 bytes fit into 1198.
  EXPECT_EQ(sent(tcp, window_of(1, 12, kMaxEncodedFrameBytes)), "frames 2 .. 4;frames 5 .. 7;");
  EXPECT_EQ(sent(tcp, window_of(1, 13, kMaxEncodedFrameBytes)), "frames 8 .. 10;frames 11 .. 12;");
}

TEST_F(LockstepSenderTest, StaysWithinAMessage) {
  sent(tcp, window_of(1, 2));
  const auto messages = send(tcp, window_of(1, 12, kMaxEncodedFrameBytes));
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(std::get<Frames>(messages[1]).count, 3);
  EXPECT_EQ(std::get<Frames>(messages[1]).content.size(), 3 * kMaxEncodedFrameBytes);
  EXPECT_LE(3 * kMaxEncodedFrameBytes, kMaxContentBytes);
  EXPECT_LE(sizeof(LockstepSender), 1024U);
}

}  // namespace
}  // namespace tickwire::game
