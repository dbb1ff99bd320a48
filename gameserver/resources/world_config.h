// What it owns: the numbers of the world that an operator may change, and reading them from world.json.
// Who may use it: the server, which gives them to the world and the chat.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "gameserver/common/result.h"

namespace tickwire::game {

struct ChatConfig {
  std::uint16_t max_bytes = 200;             // 1 .. 200, what a message can carry
  std::uint16_t lines_per_player_per_s = 4;  // 1 .. 100
  std::uint16_t lines_per_tick = 16;         // 1 .. 1000, of all players together
  friend bool operator==(const ChatConfig&, const ChatConfig&) = default;
};

struct WorldConfig {
  std::int32_t arena_half_size_mm = 50'000;  // 1000 .. 50000, what PROTOCOL.md allows a position to be
  std::int32_t walking_speed_mm_s = 5'000;   // 1 .. 1000000; along each axis
  std::int32_t area_of_interest_mm =
      15'000;                   // 1000 .. 150000: at the upper end everybody sees everybody (the arena's diagonal is 141 m)
  std::uint16_t full_hp = 100;  // 1 .. 65535
  ChatConfig chat;
  friend bool operator==(const WorldConfig&, const WorldConfig&) = default;
};

// JSON (RFC 8259): an object of the names above, "chat" an object in it; what is left out keeps the value above. All values are
// integers. The error is "world.json: chat.max_bytes: ..." for an unknown or repeated key, a wrong type, a value out of range, or the
// byte at which the text stops being JSON. Memory is the text's and one token's, however deep it nests.
[[nodiscard]] Result<WorldConfig> parse_world_config(std::string_view json);

}  // namespace tickwire::game
