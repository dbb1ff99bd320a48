// What it owns: the few values about a player and a match that tokens, events and messages share.
// Who may use it: every folder of gameserver/.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tickwire::game {

// Given by the world when a player joins; 0 is nobody, and no id is used again while the process lives.
using PlayerId = std::uint32_t;

// How a match keeps its players in step; the numbers are on the wire.
enum class GameMode : std::uint8_t { kState = 0, kLockstep = 1 };

// "state", "lockstep".
[[nodiscard]] constexpr std::string_view game_mode_name(GameMode mode) {
  return mode == GameMode::kLockstep ? "lockstep" : "state";
}
// Nothing when text is neither of the names.
[[nodiscard]] constexpr std::optional<GameMode> game_mode_of(std::string_view text) {
  if (text == game_mode_name(GameMode::kState)) return GameMode::kState;
  if (text == game_mode_name(GameMode::kLockstep)) return GameMode::kLockstep;
  return std::nullopt;
}

// As in hello: padded with zero bytes.
using PlayerName = std::array<char, 16>;

// What is beyond 16 characters is cut.
[[nodiscard]] constexpr PlayerName player_name_of(std::string_view text) {
  PlayerName name{};
  std::ranges::copy(text.substr(0, name.size()), name.begin());
  return name;
}
// Up to the first zero byte; a view of name.
[[nodiscard]] constexpr std::string_view player_name_text(const PlayerName& name) {
  return {name.begin(), std::ranges::find(name, '\0')};
}

}  // namespace tickwire::game
