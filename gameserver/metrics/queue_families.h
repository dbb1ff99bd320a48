// What it owns: what the queues between threads hold and lose, as metric families.
// Who may use it: the server's wiring.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gameserver/bus/queue.h"
#include "gameserver/metrics/families.h"

namespace tickwire::game {

struct NamedQueueCounts {
  std::string queue;  // the label `queue`
  QueueCounts counts;
};

// Of any queue, board or latest value: name() and counts().
template <typename Queue>
[[nodiscard]] NamedQueueCounts named_counts(const Queue& queue) {
  return {.queue = queue.name(), .counts = queue.counts()};
}

// Families game_queue_depth_items, game_queue_high_water_items, game_queue_capacity_items, game_queue_pushed_total,
// game_queue_popped_total and game_queue_dropped_total{reason}, each with {queue}. Every queue has every reason, from 0 on.
[[nodiscard]] MetricFamilies queue_families(const std::vector<NamedQueueCounts>& queues);

}  // namespace tickwire::game
