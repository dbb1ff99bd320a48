// What it owns: the durations that were measured, and what is said about them.
// Who may use it: bots/.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "gameserver/bots/latency_histogram.h"

namespace tickwire::game {

// Exact while there are few; beyond kMostExact they are a histogram, as exact as that is. Memory: 32 KiB, or the histogram's.
class Samples {
 public:
  static constexpr std::size_t kMostExact = 4'096;

  void add(Nanoseconds duration);
  void add_all(const Samples& other);
  // nullopt when nothing was measured.
  [[nodiscard]] std::optional<Summary> summary() const;

 private:
  std::vector<Nanoseconds> exact_;
  LatencyHistogram histogram_;  // once it is used, exact_ is empty
};

}  // namespace tickwire::game
