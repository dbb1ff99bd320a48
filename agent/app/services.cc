// SPDX-License-Identifier: Apache-2.0
#include "app/services.h"

#include <algorithm>
#include <set>

namespace tickwire::app {

ServiceNumbers::Change ServiceNumbers::update(const std::vector<model::ServiceId>& now) {
  Change change;
  const std::set<model::ServiceId> present(now.begin(), now.end());
  for (auto each = known_.begin(); each != known_.end();) {
    auto& [id, known] = *each;
    known.misses = present.contains(id) ? 0 : known.misses + 1;
    if (known.misses <= kMissesAllowed) {
      ++each;
      continue;
    }
    change.stop.push_back({known.number, id});
    each = known_.erase(each);
  }

  std::set<std::uint16_t> taken;
  for (const auto& [id, known] : known_) taken.insert(known.number);
  for (const model::ServiceId& id : present) {
    if (known_.contains(id)) continue;
    std::uint16_t number = 0;
    while (taken.contains(number)) ++number;
    if (number >= most_) {
      if (std::ranges::find(refused_ids_, id) == refused_ids_.end()) {
        refused_ids_.push_back(id);
        ++refused_;
      }
      continue;
    }
    std::erase(refused_ids_, id);
    taken.insert(number);
    known_.emplace(id, Known{.number = number});
    change.begin.push_back({number, id});
  }
  // What is gone from the machine may be refused, and counted, anew.
  std::erase_if(refused_ids_, [&](const model::ServiceId& id) { return !present.contains(id); });
  return change;
}

}  // namespace tickwire::app
