// SPDX-License-Identifier: Apache-2.0
#include "gameserver/snapshot/frame_history.h"

#include <cassert>
#include <utility>

namespace tickwire::game {

void FrameHistory::push(std::shared_ptr<const WorldFrame> frame) {
  assert(frame != nullptr && (newest_ == nullptr || static_cast<std::int32_t>(frame->tick() - newest_->tick()) > 0));
  newest_ = frame.get();
  for (Slot& slot : slots_) slot.changes.clear();
  from_nothing_.clear();
  slots_[frame->tick() % kFrames].frame = std::move(frame);
}

const Change& FrameHistory::change(std::uint32_t baseline_tick, std::size_t place, std::size_t baseline_place) {
  Slot& slot = slots_[baseline_tick % kFrames];
  return keep(slot.changes, place, &slot.frame->players()[baseline_place].state);
}

const Change& FrameHistory::change_from_nothing(std::size_t place) { return keep(from_nothing_, place, nullptr); }

const Change& FrameHistory::keep(std::vector<Change>& changes, std::size_t place, const PlayerState* before) const {
  const auto players = newest_->players();
  if (changes.empty()) changes.resize(players.size());
  Change& change = changes[place];
  if (!change.is_known()) change = Change(before, players[place].state);
  return change;
}

}  // namespace tickwire::game
