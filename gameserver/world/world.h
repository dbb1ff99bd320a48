// What it owns: the arena: who is in it, and how they move.
// Who may use it: world/, tests.
// Thread: the world's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <vector>

#include "gameserver/bus/input_board.h"
#include "gameserver/common/identity.h"
#include "gameserver/protocol/message.h"
#include "gameserver/resources/world_config.h"
#include "gameserver/world/frame.h"
#include "gameserver/world/player_table.h"

namespace tickwire::game {

// A square around the origin; walking stops at its edge. Along each axis a player walks at the configured speed, whatever the tick
// rate: n steps take it speed * n / rate, less than 1 mm more or less. Memory: 96 bytes for each player there is room for.
class World {
 public:
  // tick_rate_hz: 1 .. 1000. max_players: 1 .. 65,535. config: within the ranges of its header.
  World(unsigned tick_rate_hz, std::size_t max_players, const WorldConfig& config);

  // Rules of movement and places from the next step() or join() on; who stands outside of a smaller arena is put at its edge.
  void configure(const WorldConfig& config) { config_ = config; }

  // A new player, at a place that follows from its id; in the lockstep room it has none. kServerFull: no room, or no more ids.
  [[nodiscard]] std::expected<PlayerId, Reason> join(bool lockstep);
  // False: there is no such player.
  bool leave(PlayerId id) { return players_.erase(id); }

  enum class Press { kTaken, kStale, kUnknown };
  // The buttons are held until the next one. kStale: it is not newer than what the player pressed before. kUnknown: nobody has this id.
  [[nodiscard]] Press press(PlayerId id, const PlayerInput& input);
  // One tick: moves everybody.
  void step();

  [[nodiscard]] unsigned tick_rate_hz() const { return tick_rate_hz_; }
  [[nodiscard]] std::uint32_t tick() const { return tick_; }
  [[nodiscard]] std::size_t player_count() const { return players_.size(); }
  [[nodiscard]] std::size_t max_players() const { return max_players_; }
  [[nodiscard]] const WorldConfig& config() const { return config_; }
  // Null: nobody has this id. Valid until somebody joins or leaves.
  [[nodiscard]] const FramePlayer* find(PlayerId id) const;
  // Everybody, ordered by id.
  [[nodiscard]] std::vector<FramePlayer> players() const;
  // The length of the way that the player has walked; 0 when nobody has this id.
  [[nodiscard]] std::uint64_t walked_mm(PlayerId id) const;

 private:
  struct Player {
    FramePlayer shown;
    std::uint16_t buttons = 0;
    double walked_mm = 0;
  };
  // How far a step of this tick goes.
  [[nodiscard]] std::int32_t step_mm() const;
  void move(Player& player, std::int32_t step_mm) const;

  unsigned tick_rate_hz_;
  std::size_t max_players_;
  WorldConfig config_;
  std::uint32_t tick_ = 0;
  PlayerId last_id_ = 0;
  PlayerTable<Player> players_;
};

}  // namespace tickwire::game
