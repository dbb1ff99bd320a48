// SPDX-License-Identifier: Apache-2.0
#include "gameserver/metrics/queue_families.h"

#include <array>
#include <string_view>

namespace tickwire::game {
namespace {

struct DropReason {
  std::string_view name;
  std::uint64_t QueueCounts::*count;
};
constexpr std::array<DropReason, 5> kDropReasons = {{{"oldest", &QueueCounts::dropped_oldest},
                                                     {"refused", &QueueCounts::refused},
                                                     {"timed_out", &QueueCounts::timed_out},
                                                     {"replaced", &QueueCounts::replaced},
                                                     {"stale", &QueueCounts::stale}}};

template <typename Number>
std::vector<MetricSample> samples_of(const std::vector<NamedQueueCounts>& queues, Number QueueCounts::*number) {
  std::vector<MetricSample> samples;
  for (const auto& [queue, counts] : queues) samples.push_back({{{"queue", queue}}, static_cast<double>(counts.*number)});
  return samples;
}

}  // namespace

MetricFamilies queue_families(const std::vector<NamedQueueCounts>& queues) {
  std::vector<MetricSample> dropped;
  for (const auto& [queue, counts] : queues) {
    for (const DropReason& reason : kDropReasons) {
      dropped.push_back({{{"queue", queue}, {"reason", std::string(reason.name)}}, static_cast<double>(counts.*reason.count)});
    }
  }
  MetricFamilies families;
  families.push_back(gauge_family("game_queue_depth_items", "What waits now.", samples_of(queues, &QueueCounts::depth)));
  families.push_back(
      gauge_family("game_queue_high_water_items", "The most that has waited.", samples_of(queues, &QueueCounts::high_water)));
  families.push_back(
      gauge_family("game_queue_capacity_items", "The most that may wait.", samples_of(queues, &QueueCounts::capacity)));
  families.push_back(counter_family("game_queue_pushed_total", "What was taken in.", samples_of(queues, &QueueCounts::pushed)));
  families.push_back(counter_family("game_queue_popped_total", "What was taken out.", samples_of(queues, &QueueCounts::popped)));
  families.push_back(counter_family("game_queue_dropped_total", "What was lost, or turned away, by reason.", std::move(dropped)));
  return families;
}

}  // namespace tickwire::game
