// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/input_board.h"

#include <algorithm>
#include <bit>

#include "gameserver/protocol/message.h"

namespace tickwire::game {

InputBoard::InputBoard(std::string name, std::size_t capacity)
    : name_(std::move(name)), capacity_(std::clamp<std::size_t>(capacity, 1, std::size_t{1} << 24)) {
  entries_.reserve(capacity_);
  slots_.resize(std::bit_ceil(2 * capacity_));
  shift_ = 32 - static_cast<unsigned>(std::countr_zero(slots_.size()));
}

InputBoard::Slot& InputBoard::slot_of(PlayerId player) {
  // Fibonacci hashing (Knuth 6.4): 2^32 divided by the golden ratio spreads ids that were given in a row.
  auto index = static_cast<std::size_t>(player * 2'654'435'769U >> shift_);
  while (slots_[index].generation == generation_ && slots_[index].player != player) index = (index + 1) & (slots_.size() - 1);
  return slots_[index];
}

bool InputBoard::put(PlayerId player, const PlayerInput& input, bool stale) {
  const std::lock_guard lock(mutex_);
  auto& slot = slot_of(player);
  if (slot.generation == generation_) {
    auto& entry = entries_[slot.entry];
    const bool any_taken = entry.stale < entry.inputs;
    ++entry.inputs;
    if (stale || (any_taken && !is_newer(input.input_seq, entry.newest.input_seq))) {
      ++entry.stale;
      ++counts_.stale;
      return false;
    }
    entry.newest = input;
    ++counts_.pushed;
    ++counts_.replaced;
    return true;
  }
  if (entries_.size() >= capacity_) {
    ++counts_.refused;
    return false;
  }
  slot = {.generation = generation_, .player = player, .entry = static_cast<std::uint32_t>(entries_.size())};
  entries_.push_back({.player = player, .newest = input, .inputs = 1, .stale = stale ? 1U : 0U});
  ++counts_.pushed;
  counts_.high_water = std::max(counts_.high_water, entries_.size());
  return true;
}

void InputBoard::drain(std::vector<BoardEntry>& out) {
  out.clear();
  out.reserve(capacity_);
  const std::lock_guard lock(mutex_);
  std::swap(entries_, out);
  counts_.popped += out.size();
  if (++generation_ == 0) {
    // Once in 2^32 drains slots of the first time round would look as if they were of now.
    std::ranges::fill(slots_, Slot{});
    generation_ = 1;
  }
}

QueueCounts InputBoard::counts() const {
  const std::lock_guard lock(mutex_);
  auto counts = counts_;
  counts.depth = entries_.size();
  counts.capacity = capacity_;
  return counts;
}

}  // namespace tickwire::game
