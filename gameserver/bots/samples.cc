// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/samples.h"

#include <algorithm>
#include <numeric>

namespace tickwire::game {

void Samples::add(Nanoseconds duration) {
  if (durations_.size() < kMaxSamples) {
    durations_.push_back(duration);
  } else {
    ++lost_;
  }
}

void Samples::add_all(const Samples& other) {
  durations_.insert(durations_.end(), other.durations_.begin(), other.durations_.end());
  lost_ += other.lost_;
}

std::optional<Summary> Samples::summary() const {
  if (durations_.empty()) return std::nullopt;
  auto sorted = durations_;
  std::ranges::sort(sorted);
  const auto at_percent = [&sorted](std::size_t percent) { return sorted[(sorted.size() * percent + 99) / 100 - 1]; };
  const auto sum = std::accumulate(sorted.begin(), sorted.end(), Nanoseconds::zero());
  return Summary{.count = sorted.size(),
                 .min = sorted.front(),
                 .p50 = at_percent(50),
                 .p90 = at_percent(90),
                 .p99 = at_percent(99),
                 .max = sorted.back(),
                 .mean = sum / static_cast<std::int64_t>(sorted.size())};
}

}  // namespace tickwire::game
