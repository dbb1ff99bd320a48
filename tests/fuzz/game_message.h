// What it owns: what holds for every message of the game that was parsed from hostile bytes.
// Who may use it: the fuzzers of the game's protocol.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "fuzz/check.h"
#include "gameserver/protocol/codec.h"

namespace tickwire::fuzz {

inline void check_ranges(const game::Message& message) {
  using namespace game;
  if (const auto* hello = std::get_if<Hello>(&message.body))
    check(hello->ticket.size() <= kMaxTicketBytes, "a ticket is at most 256 bytes");
  if (const auto* snapshot = std::get_if<Snapshot>(&message.body)) {
    check(snapshot->content.size() <= kMaxContentBytes && snapshot->plain_bytes <= kMaxContentBytes,
          "a snapshot fits a datagram");
    check(snapshot->count <= 2 * kMaxStates, "a snapshot has at most twice as many changes as there are states");
    check(snapshot->baseline != 0 || snapshot->plain_bytes != 0 || snapshot->content.size() == snapshot->count * kStateBytes,
          "complete states are as many as the snapshot says");
  }
  if (const auto* chat = std::get_if<Chat>(&message.body)) check(chat->text.size() <= kMaxChatBytes, "a chat line is bounded");
  if (const auto* presence = std::get_if<Presence>(&message.body))
    check(presence->events.size() % kPresenceBytes == 0 && presence->events.size() <= kMaxPresences * kPresenceBytes,
          "presence is whole events");
  if (const auto* frames = std::get_if<Frames>(&message.body))
    check(frames->content.size() <= kMaxContentBytes, "frames fit a datagram");
  if (const auto* state = std::get_if<RoomState>(&message.body))
    check(state->content.size() <= kMaxContentBytes, "a room's state fits a datagram");
}

// What encoding makes of the bytes of a message: reserved fields are zero, and flags say no more than the body has.
inline std::vector<std::byte> canonical(std::span<const std::byte> bytes, const game::Message& message, game::HeaderForm form) {
  std::vector<std::byte> expected(bytes.begin(), bytes.end());
  const std::size_t header_bytes = form == game::HeaderForm::kWithAckBits ? 20 : 16;
  std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(header_bytes) - 2, 2, std::byte{0});
  const auto* hello = std::get_if<game::Hello>(&message.body);
  if (hello == nullptr || hello->ticket.empty()) expected[3] &= ~std::byte{game::kFlagTicket};
  if (!std::holds_alternative<game::Snapshot>(message.body)) expected[3] &= ~std::byte{game::kFlagZstd};
  // A ticket of no bytes is none.
  if (hello != nullptr && hello->ticket.empty()) expected.resize(header_bytes + 20);
  if (hello != nullptr && form == game::HeaderForm::kWithAckBits)
    expected.resize(std::max(expected.size(), game::kLeastHelloDatagramBytes));
  constexpr std::size_t kReservedOfFrames = 7;
  if (std::holds_alternative<game::Frames>(message.body)) expected[header_bytes + kReservedOfFrames] = std::byte{0};
  return expected;
}

inline void check_message(std::span<const std::byte> bytes, const game::Message& message, game::HeaderForm form) {
  check_ranges(message);
  std::vector<std::byte> encoded;
  game::encode_message(message, form, encoded);
  check(encoded == canonical(bytes, message, form), "a message that was parsed is encoded into the bytes that it came from");
}

}  // namespace tickwire::fuzz
