// What it owns: what a rule of the game is told of a player.
// Who may use it: the world makes it; rules and the server read it.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "gameserver/common/clock.h"
#include "gameserver/common/identity.h"

namespace tickwire::game {

// What one player did since the facts before, or since he joined.
struct PlayerFacts {
  PlayerId player = 0;
  PlayerName name{};
  Nanoseconds lasted{};            // how long that was
  std::uint32_t inputs = 0;        // input messages, stale ones included; one that came twice is one
  std::uint32_t stale_inputs = 0;  // of these, the ones that came after a newer one
  std::uint32_t client_ticks = 0;  // how far the newest client_tick went on; 0 before there were two, and when it went back
  std::uint32_t server_ticks = 0;  // how far the world's tick went on
  unsigned tick_rate_hz = 0;
  std::uint32_t moved_mm = 0;          // length of the way
  std::uint32_t speed_limit_mm_s = 0;  // diagonals included, on which a player walks at full speed along both axes
  std::uint32_t chats = 0;             // lines, dropped ones included
  friend bool operator==(const PlayerFacts&, const PlayerFacts&) = default;
};

}  // namespace tickwire::game
