// What it owns: the players and their movement.
// Who may use it: the game and its gateways.
// Thread: the server's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "gameserver/common/identity.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

class World {
 public:
  // A square arena around the origin; walking stops at its edge.
  static constexpr std::int32_t kHalfSizeMm = 50'000;
  static constexpr std::int32_t kSpeedMmPerS = 5'000;
  static constexpr std::uint16_t kFullHp = 100;

  // tick_rate_hz: 1 .. 1000; one step moves a player by the speed divided by it, rounded down to a millimetre.
  World(unsigned tick_rate_hz, std::size_t max_players);

  // A new player, at a place that follows from its id; nullopt when the world is full. Ids start at 1 and are not used again.
  [[nodiscard]] std::optional<PlayerId> join();
  void leave(PlayerId id);
  // Held until the next press(); an unknown id is ignored.
  void press(PlayerId id, std::uint16_t buttons);
  // One tick: moves everybody and encodes everybody's state once.
  void step();

  [[nodiscard]] std::uint32_t tick() const { return tick_; }
  [[nodiscard]] std::size_t player_count() const { return players_.size(); }
  [[nodiscard]] std::size_t max_players() const { return max_players_; }
  [[nodiscard]] std::optional<PlayerState> state(PlayerId id) const;

  // Replaces out with the states, as of the last step(), that a snapshot for viewer carries: its own first, then the others; when
  // they are more than kMaxStates, a window over them that moves on each tick, so that everybody is seen after a few. False when
  // somebody was left out.
  bool gather(PlayerId viewer, std::vector<std::byte>& out) const;

 private:
  struct Player {
    PlayerState state;
    std::uint16_t buttons = 0;
  };
  void move(Player& player) const;

  std::int32_t step_mm_;
  std::size_t max_players_;
  std::uint32_t tick_ = 0;
  PlayerId last_id_ = 0;
  std::vector<Player> players_;                         // dense; the order changes when somebody leaves
  std::unordered_map<PlayerId, std::size_t> index_of_;  // into players_
  std::vector<std::byte> encoded_;                      // kStateBytes per player, in the order of encoded_index_of_
  std::unordered_map<PlayerId, std::size_t> encoded_index_of_;
};

}  // namespace tickwire::game
