// What it owns: rows of players, found by id.
// Who may use it: world/.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

#include "gameserver/common/identity.h"

namespace tickwire::game {

// Ids only ever grow, so rows that are appended stand in their order and are found by bisection. A row that goes leaves a gap until
// gaps are the larger half: memory is at most twice that of the most rows there were at a time, and 64.
template <typename Row>
class PlayerTable {
 public:
  // id: greater than every one before. The row stays where it is until the next append() or erase().
  Row& append(PlayerId id, Row row) {
    assert(entries_.empty() || entries_.back().id < id);
    return entries_.emplace_back(id, false, std::move(row)).row;
  }

  // Null: there is none.
  [[nodiscard]] Row* find(PlayerId id) {
    const auto found = std::ranges::lower_bound(entries_, id, {}, &Entry::id);
    return found == entries_.end() || found->id != id || found->gone ? nullptr : &found->row;
  }
  [[nodiscard]] const Row* find(PlayerId id) const { return const_cast<PlayerTable*>(this)->find(id); }

  // False: there is none.
  bool erase(PlayerId id) {
    const auto found = std::ranges::lower_bound(entries_, id, {}, &Entry::id);
    if (found == entries_.end() || found->id != id || found->gone) return false;
    found->gone = true;
    ++gone_;
    if (gone_ > kGapsAnyway && 2 * gone_ > entries_.size()) {
      std::erase_if(entries_, [](const Entry& entry) { return entry.gone; });
      gone_ = 0;
    }
    return true;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size() - gone_; }

  // Calls visit(PlayerId, Row&) in the order of the ids; nothing may be appended or erased meanwhile.
  template <typename Visit>
  void each(Visit&& visit) {
    for (auto& entry : entries_) {
      if (!entry.gone) visit(entry.id, entry.row);
    }
  }
  template <typename Visit>
  void each(Visit&& visit) const {
    for (const auto& entry : entries_) {
      if (!entry.gone) visit(entry.id, entry.row);
    }
  }

 private:
  static constexpr std::size_t kGapsAnyway = 64;
  struct Entry {
    PlayerId id;
    bool gone;
    Row row;
  };
  std::vector<Entry> entries_;
  std::size_t gone_ = 0;
};

}  // namespace tickwire::game
