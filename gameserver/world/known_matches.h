// What it owns: which matches were announced, and who may play in them.
// Who may use it: world/.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "gameserver/bus/events.h"

namespace tickwire::game {

// The last `capacity` matches (at least 1), of up to 64 accounts each: 0.6 KiB or less a match. One that is forgotten takes no more
// players; tickets live for seconds, so nobody is on his way by then.
class KnownMatches {
 public:
  explicit KnownMatches(std::size_t capacity = 4096) : capacity_(std::max<std::size_t>(capacity, 1)) {}

  // Announced again, it changes nothing.
  void announce(const MatchStarted& match) {
    if (!accounts_.try_emplace(match.match, match.accounts).second) return;
    order_.push_back(match.match);
    if (order_.size() <= capacity_) return;
    accounts_.erase(order_.front());
    order_.pop_front();
  }
  [[nodiscard]] bool admits(std::uint32_t match, std::uint64_t account) const {
    const auto found = accounts_.find(match);
    return found != accounts_.end() && std::ranges::find(found->second, account) != found->second.end();
  }
  [[nodiscard]] std::size_t size() const { return order_.size(); }

 private:
  std::size_t capacity_;
  std::unordered_map<std::uint32_t, std::vector<std::uint64_t>> accounts_;
  std::deque<std::uint32_t> order_;  // oldest first
};

}  // namespace tickwire::game
