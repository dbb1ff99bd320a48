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
  const auto at_permille = [&sorted](std::size_t permille) { return sorted[(sorted.size() * permille + 999) / 1000 - 1]; };
  const auto sum = std::accumulate(sorted.begin(), sorted.end(), Nanoseconds::zero());
  return Summary{.count = sorted.size(),
                 .min = sorted.front(),
                 .p50 = at_permille(500),
                 .p90 = at_permille(900),
                 .p99 = at_permille(990),
                 .p999 = at_permille(999),
                 .max = sorted.back(),
                 .mean = sum / static_cast<std::int64_t>(sorted.size())};
}

}  // namespace tickwire::game
