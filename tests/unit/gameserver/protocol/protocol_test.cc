// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "gameserver/protocol/codec.h"
#include "gameserver/protocol/datagram.h"
#include "gameserver/protocol/frame.h"
#include "unit/gameserver/protocol/bytes_of.h"

namespace tickwire::game {
namespace {

constexpr Header kHeader{.flags = 3, .conn = 0x01020304, .seq = 5, .ack = 6, .ack_bits = 0x0a0b0c0d, .ack_delay = 7};

std::vector<std::byte> two_states() {
  std::vector<std::byte> states;
  encode_state({.id = 1, .x_mm = -2, .y_mm = 3, .hp = 100, .status = 1}, states);
  encode_state({.id = 2, .x_mm = 4, .y_mm = -5, .hp = 99, .status = 2}, states);
  return states;
}

// One message of each type; the states are borrowed from the argument.
std::vector<Message> one_of_each(const std::vector<std::byte>& states) {
  return {{kHeader, Hello{.nonce = 9, .name = {'b', 'o', 't'}}},
          {kHeader, Welcome{.nonce = 9, .player_id = 4, .server_tick = 100, .tick_rate_hz = 30, .max_players = 64}},
          {kHeader, Input{.client_tick = 77, .input_seq = 78, .buttons = kButtonUp | kButtonFire}},
          {kHeader, Snapshot{.server_tick = 101, .last_input = 78, .baseline = 0, .count = 2, .content = states}},
          {kHeader, Chat{.player_id = 4, .text = "hello there"}},
          {kHeader, Bye{.reason = Reason::kIdle}},
          {kHeader, Reject{.reason = Reason::kServerFull, .text = "server_full"}},
          {kHeader, Hello{.nonce = 9, .name = {'b', 'o', 't'}, .ticket = std::span(states).first<5>()}},
          {kHeader, Snapshot{.server_tick = 101, .baseline = 7, .count = 2, .content = states}},
          {kHeader, Snapshot{.server_tick = 101, .baseline = 7, .count = 2, .plain_bytes = 40, .content = states}},
          {kHeader, Presence{.first = 3, .events = std::span(states).first<kPresenceBytes>()}},
          {kHeader, Frames{.first = 8, .last_input = 78, .count = 2, .content = states}},
          {kHeader, RoomState{.frame = 9, .content = states}},
          {kHeader, StateHash{.frame = 9, .hash = 0x0102030405060708}},
          {kHeader, Diverged{.frame = 9, .expected = 1, .received = 2}}};
}

std::vector<std::byte> encoded(const Message& message, HeaderForm form) {
  std::vector<std::byte> bytes;
  encode_message(message, form, bytes);
  return bytes;
}

TEST(Protocol, PutsEachHeaderFieldAtItsPlaceInADatagram) {
  std::vector<std::byte> bytes;
  encode_datagram({kHeader, Bye{.reason = Reason::kIdle}}, bytes);
  EXPECT_EQ(bytes, bytes_of({0x54, 0x57, 0x16, 3, 1, 2, 3, 4, 0, 5, 0, 6, 0x0a, 0x0b, 0x0c, 0x0d, 0, 7, 0, 0, 6}));
}

TEST(Protocol, LeavesAckBitsOutOfAFrame) {
  std::vector<std::byte> bytes;
  encode_frame({kHeader, Bye{.reason = Reason::kIdle}}, bytes);
  EXPECT_EQ(bytes, bytes_of({0, 0, 0, 17, 0x54, 0x57, 0x16, 3, 1, 2, 3, 4, 0, 5, 0, 6, 0, 7, 0, 0, 6}));
}

TEST(Protocol, PutsEachFieldOfAStateAtItsPlace) {
  std::vector<std::byte> bytes;
  encode_state({.id = 0x01020304, .x_mm = -1, .y_mm = 0x05060708, .hp = 0x090a, .status = 0x0b, .reserved = 0xff}, bytes);
  EXPECT_EQ(bytes, bytes_of({1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff, 5, 6, 7, 8, 9, 10, 11, 0}));
}

TEST(Protocol, GivesEveryMessageBackAsItWasInBothForms) {
  const auto states = two_states();
  for (const HeaderForm form : {HeaderForm::kWithAckBits, HeaderForm::kWithoutAckBits}) {
    for (const Message& message : one_of_each(states)) {
      const auto bytes = encoded(message, form);
      const auto parsed = parse_message(bytes, form);
      ASSERT_TRUE(parsed);
      EXPECT_EQ(parsed->body.index(), message.body.index());
      EXPECT_EQ(encoded(*parsed, form), bytes);
    }
  }
}

TEST(Protocol, ReadsTheFieldsOfAHeaderBack) {
  const auto parsed =
      parse_datagram(encoded({kHeader, Input{.client_tick = 1, .input_seq = 2, .buttons = 3}}, HeaderForm::kWithAckBits));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->header, kHeader);
  EXPECT_EQ(std::get<Input>(parsed->body), (Input{.client_tick = 1, .input_seq = 2, .buttons = 3}));
}

TEST(Protocol, ReadsTheStatesOfASnapshotBack) {
  const auto states = two_states();
  const auto bytes = encoded({kHeader, Snapshot{.server_tick = 1, .count = 2, .content = states}}, HeaderForm::kWithAckBits);
  const auto parsed = parse_datagram(bytes);
  ASSERT_TRUE(parsed);
  const auto& snapshot = std::get<Snapshot>(parsed->body);
  ASSERT_EQ(snapshot.content.size(), 32U);
  EXPECT_EQ(decode_state(snapshot.content.subspan<16, 16>()),
            (PlayerState{.id = 2, .x_mm = 4, .y_mm = -5, .hp = 99, .status = 2}));
}

TEST(Protocol, CallsAMessageTruncatedAtEveryShorterLength) {
  const auto states = two_states();
  for (const HeaderForm form : {HeaderForm::kWithAckBits, HeaderForm::kWithoutAckBits}) {
    for (const Message& message : one_of_each(states)) {
      const auto bytes = encoded(message, form);
      for (std::size_t length = 0; length < bytes.size(); ++length) {
        // A copy of just this length, so that a sanitizer sees a read behind its end.
        const std::vector<std::byte> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
        const auto parsed = parse_message(part, form);
        ASSERT_FALSE(parsed) << "type " << message.body.index() + 1 << " length " << length;
        EXPECT_EQ(parsed.error(), ParseError::kTruncated);
      }
    }
  }
}

TEST(Protocol, RefusesAByteTooMany) {
  const auto states = two_states();
  for (const Message& message : one_of_each(states)) {
    auto bytes = encoded(message, HeaderForm::kWithAckBits);
    bytes.push_back(std::byte{0});
    EXPECT_EQ(parse_datagram(bytes).error(), ParseError::kBadLength);
  }
}

// The bye of the first test with one byte changed.
ParseError error_with(std::size_t index, int value) {
  auto bytes = encoded({kHeader, Bye{}}, HeaderForm::kWithAckBits);
  bytes[index] = static_cast<std::byte>(value);
  const auto parsed = parse_datagram(bytes);
  EXPECT_FALSE(parsed);
  return parsed ? ParseError::kTruncated : parsed.error();
}

TEST(Protocol, RefusesAnotherMagic) { EXPECT_EQ(error_with(0, 0x55), ParseError::kBadMagic); }
TEST(Protocol, RefusesAnotherVersion) { EXPECT_EQ(error_with(2, 0x26), ParseError::kBadVersion); }
TEST(Protocol, RefusesTypeZero) { EXPECT_EQ(error_with(2, 0x10), ParseError::kBadType); }
TEST(Protocol, RefusesATypeBeyondTheLast) { EXPECT_EQ(error_with(2, 0x1d), ParseError::kBadType); }

TEST(Protocol, IgnoresAReservedField) {
  auto bytes = encoded({kHeader, Bye{}}, HeaderForm::kWithAckBits);
  bytes[18] = std::byte{0xff};
  EXPECT_TRUE(parse_datagram(bytes));
}

TEST(Protocol, RefusesMoreStatesThanASnapshotMayHold) {
  const std::vector<std::byte> most(kMaxStates * kStateBytes);
  auto bytes = encoded({kHeader, Snapshot{.count = kMaxStates, .content = most}}, HeaderForm::kWithAckBits);
  EXPECT_EQ(bytes.size(), kMaxDatagramBytes);
  EXPECT_TRUE(parse_datagram(bytes));
  bytes[29] = static_cast<std::byte>(kMaxStates + 1);
  EXPECT_EQ(parse_datagram(bytes).error(), ParseError::kBadField);
}

TEST(Protocol, RefusesAChatThatIsTooLong) {
  const std::string most(kMaxChatBytes, 'x');
  EXPECT_TRUE(parse_datagram(encoded({kHeader, Chat{.text = most}}, HeaderForm::kWithAckBits)));
  EXPECT_EQ(parse_datagram(encoded({kHeader, Chat{.text = most + "x"}}, HeaderForm::kWithAckBits)).error(),
            ParseError::kBadField);
}

TEST(Protocol, RefusesADatagramThatIsTooLong) {
  const std::vector<std::byte> bytes(kMaxDatagramBytes + 1);
  EXPECT_EQ(parse_datagram(bytes).error(), ParseError::kBadLength);
}

TEST(Protocol, PadsAHelloInADatagramWithZeroBytes) {
  const auto states = two_states();
  const Message guest{kHeader, Hello{.nonce = 9}};
  EXPECT_EQ(encoded(guest, HeaderForm::kWithoutAckBits).size(), 36U);
  for (const auto& message : {guest, Message{kHeader, Hello{.ticket = std::span(states).first<5>()}}}) {
    auto bytes = encoded(message, HeaderForm::kWithAckBits);
    EXPECT_EQ(bytes.size(), kLeastHelloDatagramBytes);
    bytes.back() = std::byte{1};
    EXPECT_EQ(parse_datagram(bytes).error(), ParseError::kBadField);
  }
  const Message with_ticket{kHeader, Hello{.ticket = std::span(states).first<31>()}};
  EXPECT_EQ(encoded(with_ticket, HeaderForm::kWithAckBits).size(), kLeastHelloDatagramBytes + 1);
}

TEST(Protocol, EncodesWhatItParsedFromRandomBodiesToTheSameBytes) {
  std::mt19937 random(1);
  int parsed_count = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::vector<std::byte> bytes(random() % 64);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    // Most of them get past the magic, so that bodies are reached.
    if (bytes.size() > 20 && round % 8 != 0) {
      bytes[0] = std::byte{0x54};
      bytes[1] = std::byte{0x57};
      bytes[2] = static_cast<std::byte>(0x10 | random() % 14);
      bytes[3] &= std::byte{static_cast<unsigned char>(~(kFlagTicket | kFlagZstd))};
      bytes[18] = bytes[19] = std::byte{0};
    }
    const auto parsed = parse_datagram(bytes);
    if (!parsed || parsed->body.index() == 8) continue;  // frames have a reserved field of their own
    ++parsed_count;
    ASSERT_EQ(encoded(*parsed, HeaderForm::kWithAckBits), bytes);
  }
  EXPECT_GT(parsed_count, 900);
}

TEST(Protocol, OrdersSequenceNumbersAcrossTheirWrap) {
  EXPECT_TRUE(is_newer(1, 65535));
  EXPECT_FALSE(is_newer(65535, 1));
  EXPECT_FALSE(is_newer(7, 7));
  EXPECT_TRUE(is_newer(0x7fff, 0));
  EXPECT_FALSE(is_newer(0x8000, 0));
}

TEST(Protocol, NamesEveryReason) {
  EXPECT_EQ(reason_name(Reason::kFrameTooLong), "frame_too_long");
  EXPECT_EQ(reason_name(Reason::kPeerClosed), "peer_closed");
  EXPECT_EQ(reason_name(static_cast<Reason>(200)), "unknown");
}

}  // namespace
}  // namespace tickwire::game
