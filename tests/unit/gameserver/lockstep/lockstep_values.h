// What it owns: bytes and inputs that the tests of the lockstep room share.
// Who may use it: tests/unit/gameserver/lockstep.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "gameserver/bus/input_board.h"

namespace tickwire::game {

inline std::vector<std::byte> bytes_of(std::initializer_list<unsigned> values) {
  std::vector<std::byte> bytes;
  for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

inline BoardEntry pressed(PlayerId player, std::uint16_t buttons) { return {.player = player, .newest = {.buttons = buttons}}; }

}  // namespace tickwire::game
