// What it owns: states, frames and bytes that the tests of snapshots share.
// Who may use it: tests/unit/gameserver/snapshot.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "gameserver/snapshot/dictionary.h"
#include "gameserver/world/frame.h"

namespace tickwire::game {

inline std::vector<std::byte> bytes_of(std::initializer_list<unsigned> values) {
  std::vector<std::byte> bytes;
  for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

inline PlayerState player_at(PlayerId id, std::int32_t x_mm, std::int32_t y_mm) {
  return {.id = id, .x_mm = x_mm, .y_mm = y_mm, .hp = 100, .status = 1};
}

// With an area of interest of one metre.
inline std::shared_ptr<const WorldFrame> frame_of(std::uint32_t tick, const std::vector<PlayerState>& states) {
  std::vector<FramePlayer> players;
  for (const PlayerState& state : states) players.push_back({.state = state});
  return std::make_shared<const WorldFrame>(tick, std::move(players), 1000, nullptr, nullptr);
}

// The one that the server has built in.
std::vector<std::byte> dictionary_bytes();

inline std::shared_ptr<const SnapshotDictionary> dictionary() { return SnapshotDictionary::make(dictionary_bytes()).value(); }

}  // namespace tickwire::game
