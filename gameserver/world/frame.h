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

#include "gameserver/protocol/message.h"

namespace tickwire::game {

// 0: nobody. Ids start at 1 and are not used again while the server runs.
using PlayerId = std::uint32_t;

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
};

// Players with a place, and the grid over them. Also holds what the gateways send besides: presence and lockstep.
class WorldFrame {
 public:
  // players: any order, at most 65,535. area_radius_mm: how far a player sees, 1 mm .. the arena's diagonal; the grid's cells are as wide.
  WorldFrame(std::uint32_t tick, std::vector<FramePlayer> players, std::int32_t area_radius_mm,
             std::shared_ptr<const PresenceWindow> presence, std::shared_ptr<const LockstepWindow> lockstep);

  [[nodiscard]] std::uint32_t tick() const { return tick_; }
  // Ordered by id.
  [[nodiscard]] std::span<const FramePlayer> players() const { return players_; }
  // Place in players(); nullopt: not in this frame.
  [[nodiscard]] std::optional<std::size_t> find(PlayerId id) const;
  // Replaces out with the places of those whom the player at this place sees: himself first, then whoever is within the radius, nearest
  // first (ties by id), at most most. False when somebody in sight was left out for that.
  bool in_sight(std::size_t viewer, std::size_t most, std::vector<std::uint16_t>& out) const;

  [[nodiscard]] const PresenceWindow& presence() const { return *presence_; }
  [[nodiscard]] const LockstepWindow* lockstep() const { return lockstep_.get(); }  // null: there is no lockstep room

 private:
  std::uint32_t tick_;
  std::vector<FramePlayer> players_;
  std::int32_t area_radius_mm_;
  std::shared_ptr<const PresenceWindow> presence_;
  std::shared_ptr<const LockstepWindow> lockstep_;
  // The grid: players' places ordered by cell, and where each cell begins; made at once, by counting.
  std::int32_t columns_ = 0;
  std::vector<std::uint32_t> cell_begin_;
  std::vector<std::uint16_t> cell_players_;
};

}  // namespace tickwire::game
