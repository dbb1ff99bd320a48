// What it owns: a frame of the lockstep room: what its players did, in the order in which it counts.
// Who may use it: lockstep/, tests and fuzzers.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gameserver/common/identity.h"

namespace tickwire::game {

inline constexpr std::size_t kLockstepSeats = 32;

struct Command {
  // The numbers are on the wire.
  enum class Kind : std::uint8_t { kButtons = 0, kJoin = 1, kLeave = 2 };
  std::uint8_t seat = 0;  // below kLockstepSeats
  Kind kind{};
  std::uint16_t buttons = 0;  // of kButtons: held from this frame on
  PlayerId player = 0;        // of kJoin: who takes the seat
  friend bool operator==(const Command&, const Command&) = default;
};

// Somebody leaves each seat, and somebody else takes it and presses a button.
inline constexpr std::size_t kMaxCommands = 3 * kLockstepSeats;
// A number of commands, and for each seat 2, 6 and 4 bytes.
inline constexpr std::size_t kMaxEncodedFrameBytes = 1 + kLockstepSeats * (2 + 6 + 4);

// PROTOCOL.md, "Lockstep". Commands ascend by seat, and for a seat they are leave, join, buttons, each at most once: so a frame has one
// encoding only. Appends it.
void encode_frame(std::span<const Command> commands, std::vector<std::byte>& out);
// Reads the frame at the begin of content and takes it off; commands is replaced. False: there is no frame, and content is unspecified.
[[nodiscard]] bool decode_frame(std::span<const std::byte>& content, std::vector<Command>& commands);

}  // namespace tickwire::game
