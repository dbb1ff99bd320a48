// What it owns: which events a subscriber has acted on already, so that one that comes again does no harm.
// Who may use it: the subscribers of the event bus.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

namespace tickwire::game {

// Remembers the last `capacity` ids (at least 1), about 50 bytes each.
class SeenEvents {
 public:
  explicit SeenEvents(std::size_t capacity) : capacity_(std::max<std::size_t>(capacity, 1)) {}

  // Whether this id is new; it is remembered from now on, and the oldest one is forgotten for it.
  [[nodiscard]] bool is_first(std::uint64_t id) {
    if (!ids_.insert(id).second) return false;
    if (order_.size() < capacity_) {
      order_.push_back(id);
      return true;
    }
    ids_.erase(order_[oldest_]);
    order_[oldest_] = id;
    oldest_ = (oldest_ + 1) % capacity_;
    return true;
  }

 private:
  std::size_t capacity_;
  std::unordered_set<std::uint64_t> ids_;
  std::vector<std::uint64_t> order_;  // a ring once it is full
  std::size_t oldest_ = 0;
};

}  // namespace tickwire::game
