// SPDX-License-Identifier: Apache-2.0
#include "gameserver/protocol/ack_window.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace tickwire::game {
namespace {

using std::chrono::microseconds;
using Arrival = AckWindow::Arrival;

AckWindow window_of(std::initializer_list<int> sequence) {
  AckWindow window;
  for (const int seq : sequence) static_cast<void>(window.receive(static_cast<std::uint16_t>(seq), Nanoseconds(1000)));
  return window;
}

Header filled(const AckWindow& window, Nanoseconds now = Nanoseconds(1000)) {
  Header header;
  window.fill(header, now);
  return header;
}

TEST(AckWindow, SaysNothingBeforeTheFirstMessage) { EXPECT_EQ(filled(AckWindow{}), Header{}); }

TEST(AckWindow, AcknowledgesTheNewest) {
  EXPECT_EQ(filled(window_of({7})), (Header{.flags = kFlagAck, .ack = 7}));
  EXPECT_EQ(filled(window_of({7, 8})), (Header{.flags = kFlagAck, .ack = 8, .ack_bits = 1}));
}

TEST(AckWindow, LeavesABitOfAGapClearUntilItIsFilled) {
  EXPECT_EQ(filled(window_of({7, 9})).ack_bits, 0b10U);
  EXPECT_EQ(filled(window_of({7, 9, 8})).ack_bits, 0b11U);
}

TEST(AckWindow, KeepsTheOldestOf32BitsAndForgetsBeyond) {
  EXPECT_EQ(filled(window_of({1, 33})).ack_bits, 0x8000'0000U);
  EXPECT_EQ(filled(window_of({1, 34})).ack_bits, 0U);
  EXPECT_EQ(filled(window_of({1, 2, 34})).ack_bits, 0x8000'0000U);
}

TEST(AckWindow, WorksAcrossTheWrap) {
  EXPECT_EQ(filled(window_of({65535, 0, 1})), (Header{.flags = kFlagAck, .ack = 1, .ack_bits = 0b11}));
}

TEST(AckWindow, CountsWhatIsMissing) {
  EXPECT_EQ(window_of({1, 2, 3}).missing(), 0U);
  EXPECT_EQ(window_of({1, 5}).missing(), 3U);
  EXPECT_EQ(window_of({1, 5, 3}).missing(), 2U);
}

TEST(AckWindow, TellsDuplicatesApartFromLateOnes) {
  AckWindow window = window_of({1, 2, 5});
  EXPECT_EQ(window.receive(5, {}), Arrival::kDuplicate);
  EXPECT_EQ(window.receive(2, {}), Arrival::kDuplicate);
  EXPECT_EQ(window.receive(3, {}), Arrival::kLate);
  EXPECT_EQ(window.receive(3, {}), Arrival::kDuplicate);
  EXPECT_EQ(window.receive(6, {}), Arrival::kNewest);
  EXPECT_EQ(window.received(), 5U);
}

TEST(AckWindow, HoldsNothingOlderThanTheFirst) { EXPECT_EQ(window_of({10, 9}).received(), 1U); }

TEST(AckWindow, GivesTheDelayInUnitsOf32MicrosecondsRoundedDown) {
  const AckWindow window = window_of({1});
  EXPECT_EQ(filled(window, Nanoseconds(1000) + microseconds(31)).ack_delay, 0);
  EXPECT_EQ(filled(window, Nanoseconds(1000) + microseconds(32)).ack_delay, 1);
  EXPECT_EQ(filled(window, Nanoseconds(1000) + microseconds(3200)).ack_delay, 100);
}

TEST(AckWindow, GivesAtMostTheLargestDelay) { EXPECT_EQ(filled(window_of({1}), std::chrono::hours(1)).ack_delay, 65535); }

TEST(AckWindow, MeasuresTheDelayFromTheNewestNotFromALateOne) {
  AckWindow window;
  static_cast<void>(window.receive(2, microseconds(0)));
  static_cast<void>(window.receive(4, microseconds(64)));
  static_cast<void>(window.receive(3, microseconds(128)));
  EXPECT_EQ(filled(window, microseconds(192)).ack_delay, 4);
}

}  // namespace
}  // namespace tickwire::game
