// What it owns: a gateway thread's newest world frames, and what changed between them, encoded once for all of its viewers.
// Who may use it: writer.h; the gateway thread pushes frames.
// Thread: its gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "gameserver/snapshot/delta.h"
#include "gameserver/world/frame.h"

namespace tickwire::game {

// Memory: kFrames frames, at most, and 16 bytes for a player of the newest frame for each older frame that a viewer has as his baseline: at most
// 512 bytes a player, 1 MB for 2,000 of them.
class FrameHistory {
 public:
  static constexpr std::size_t kFrames = 32;

  // frame: not null, and newer than the one before.
  void push(std::shared_ptr<const WorldFrame> frame);

  // Null before the first push().
  [[nodiscard]] const WorldFrame* newest() const { return newest_; }
  // Null when it is not kept, or never was: those of the last kFrames ticks are.
  [[nodiscard]] const WorldFrame* find(std::uint32_t tick) const {
    const WorldFrame* frame = slots_[tick % kFrames].frame.get();
    return frame != nullptr && frame->tick() == tick ? frame : nullptr;
  }

  // The record of the player at this place of the newest frame, who has that place in the frame of baseline_tick, which is kept. Holds
  // until the next push().
  [[nodiscard]] const Change& change(std::uint32_t baseline_tick, std::size_t place, std::size_t baseline_place);
  // The record of the player at this place of the newest frame for somebody who does not know him.
  [[nodiscard]] const Change& change_from_nothing(std::size_t place);

 private:
  struct Slot {
    std::shared_ptr<const WorldFrame> frame;
    std::vector<Change> changes;  // by place in the newest frame, from this frame to it; empty: nobody asked yet
  };
  [[nodiscard]] const Change& keep(std::vector<Change>& changes, std::size_t place, const PlayerState* before) const;

  std::array<Slot, kFrames> slots_;  // by tick modulo its size
  const WorldFrame* newest_ = nullptr;
  std::vector<Change> from_nothing_;
};

}  // namespace tickwire::game
