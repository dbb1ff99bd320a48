// What it owns: one tick of the world, as every gateway thread sees it.
// Who may use it: the world makes it; gateways, snapshots and tests read it.
// Thread: immutable once it is published; any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gameserver/common/identity.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

// Who came and went, newest last: a stretch of one list that starts at 0 with the server. Not more than kMaxEvents are kept.
struct PresenceWindow {
  static constexpr std::size_t kMaxEvents = 2048;
  std::uint32_t first = 0;  // number of events[0] in the list
  std::vector<PresenceEvent> events;
  [[nodiscard]] std::uint32_t end() const { return first + static_cast<std::uint32_t>(events.size()); }
};

// The lockstep room's newest frames, encoded once for everybody, and its state behind the newest.
struct LockstepWindow {
  static constexpr std::size_t kMaxFrames = 256;
  std::uint32_t first = 0;                                            // number of frames[0]
  std::vector<std::shared_ptr<const std::vector<std::byte>>> frames;  // each one frame, as lockstep/command.h writes it
  std::vector<std::byte> state;                                       // behind the newest frame, as RoomState carries it
  [[nodiscard]] std::uint32_t end() const { return first + static_cast<std::uint32_t>(frames.size()); }
};

// A player in the frame.
struct FramePlayer {
  PlayerState state;
  std::uint16_t last_input = 0;  // newest input_seq that the tick contains
  bool has_input = false;
  bool lockstep = false;  // plays in the lockstep room: has no place in the arena, sees nobody and is seen by nobody
};

// Players with a place, and the grid over them. Also holds what the gateways send besides: presence and lockstep.
class WorldFrame {
 public:
  // What in_sight() gives at most: it chooses in a buffer of twice as many on the stack, so that it never allocates beyond out.
  static constexpr std::size_t kMostInSight = 512;

  // players: any order, each id once, at most 65,535; positions as far apart as PROTOCOL.md allows. area_radius_mm: how far a player
  // sees, 1 .. 150,000; the grid's cells are as wide, or wider where it would have more than 4,096 and twice as many as players.
  // presence: null is an empty one.
  WorldFrame(std::uint32_t tick, std::vector<FramePlayer> players, std::int32_t area_radius_mm,
             std::shared_ptr<const PresenceWindow> presence, std::shared_ptr<const LockstepWindow> lockstep);

  [[nodiscard]] std::uint32_t tick() const { return tick_; }
  // Ordered by id.
  [[nodiscard]] std::span<const FramePlayer> players() const { return players_; }
  // Place in players(); nullopt: not in this frame.
  [[nodiscard]] std::optional<std::size_t> find(PlayerId id) const;
  // Replaces out with the places of those whom the player at this place sees: himself first, then whoever is within the radius, in no
  // order; at most most, 1 .. kMostInSight. False when somebody in sight was left out for that: then it is the nearest (ties by id).
  bool in_sight(std::size_t viewer, std::size_t most, std::vector<std::uint16_t>& out) const;

  [[nodiscard]] const PresenceWindow& presence() const { return *presence_; }
  [[nodiscard]] const LockstepWindow* lockstep() const { return lockstep_.get(); }  // null: there is no lockstep room

 private:
  // A player in the order of the cells: what the search reads lies together.
  struct Spot {
    std::int32_t x_mm = 0;
    std::int32_t y_mm = 0;
    std::uint16_t place = 0;
  };
  void make_grid();
  void choose_cells(std::size_t count);
  [[nodiscard]] std::int32_t column_of(std::int32_t x_mm) const { return (x_mm - left_mm_) / cell_mm_; }
  [[nodiscard]] std::int32_t row_of(std::int32_t y_mm) const { return (y_mm - bottom_mm_) / cell_mm_; }

  std::uint32_t tick_;
  std::vector<FramePlayer> players_;
  std::int32_t area_radius_mm_;
  std::shared_ptr<const PresenceWindow> presence_;
  std::shared_ptr<const LockstepWindow> lockstep_;
  // The grid over those in the arena, made at once by counting: cell c holds spots_[cell_begin_[c]] up to spots_[cell_begin_[c + 1]].
  std::int32_t left_mm_ = 0;
  std::int32_t bottom_mm_ = 0;
  std::int32_t cell_mm_ = 1;
  std::int32_t columns_ = 0;
  std::int32_t rows_ = 0;
  std::vector<std::uint32_t> cell_begin_;
  std::vector<Spot> spots_;
};

}  // namespace tickwire::game
