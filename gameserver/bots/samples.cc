// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/samples.h"

#include <algorithm>
#include <numeric>

namespace tickwire::game {

void Samples::add(Nanoseconds duration) {
  if (histogram_.count() > 0) return histogram_.add(duration);
  exact_.push_back(duration);
  if (exact_.size() <= kMostExact) return;
  for (const auto sample : exact_) histogram_.add(sample);
  exact_ = {};
}

void Samples::add_all(const Samples& other) {
  if (other.histogram_.count() > 0) {
    for (const auto sample : exact_) histogram_.add(sample);
    exact_ = {};
    histogram_.merge(other.histogram_);
  }
  for (const auto sample : other.exact_) add(sample);
}

std::optional<Summary> Samples::summary() const {
  if (exact_.empty()) return histogram_.summary();
  auto sorted = exact_;
  std::ranges::sort(sorted);
  const auto at = [&sorted](std::size_t share_of_10000) { return sorted[(sorted.size() * share_of_10000 + 9'999) / 10'000 - 1]; };
  const auto sum = std::accumulate(sorted.begin(), sorted.end(), Nanoseconds::zero());
  return Summary{.count = sorted.size(),
                 .min = sorted.front(),
                 .p50 = at(5'000),
                 .p90 = at(9'000),
                 .p99 = at(9'900),
                 .p999 = at(9'990),
                 .p9999 = at(9'999),
                 .max = sorted.back(),
                 .mean = sum / static_cast<std::int64_t>(sorted.size())};
}

}  // namespace tickwire::game
