// What it owns: a window of bursts, read as ticks: which bursts belong together, which are between the ticks, how regular they are.
// Who may use it: TickInference.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <vector>

#include "model/burst.h"

namespace tickwire::model {

struct SeenBurst {
  Burst burst;
  bool follows = false;  // nothing is missing between the burst before and this one
};

// Nearest rank, quantile in (0, 1]; wants a value. Changes their order.
template <typename Value>
[[nodiscard]] Value rank(std::vector<Value>& values, double quantile) {
  const auto at = static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(values.size()))) - 1;
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(at);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

struct TickPattern {
  using Nanoseconds = std::chrono::nanoseconds;

  // Bursts that were put together.
  struct Tick {
    Burst burst;
    bool follows = false;             // nothing is missing between the tick before and this one
    std::uint32_t first_players = 0;  // before its first pause; 0: it has none
  };
  // The share of the ticks with a pause, and of these, how many pause first behind as many players as most do.
  struct Pauses {
    double share = 0.0;
    double same = 0.0;
  };

  std::vector<Tick> ticks;
  std::vector<Nanoseconds> intervals;  // from the tick before to each that follows it
  // Without intervals, all zero from here on.
  Nanoseconds median{};       // of the intervals
  Nanoseconds span{};         // from the first to the last packet, median of the newest 20 ticks
  std::uint32_t players = 0;  // likewise
  double regular = 0.0;       // share of the intervals within a quarter of the median
  double prompt = 0.0;        // prompt answers for each player of the ticks
  double between = 0.0;       // share of what left between the ticks

  // Bursts with less than `joined_below` between them are one; those of which all are prompt answers, and those of less than half
  // as many players as are common, are between the ticks.
  [[nodiscard]] static TickPattern of(const std::deque<SeenBurst>& window, Nanoseconds joined_below);
  // As they are, where that is regular; else joined over the pause that makes the intervals most regular: up to 4 ms, a little more than
  // a scheduler's slice (3 ms, base_slice_ns), and up to a fifth of their median.
  [[nodiscard]] static TickPattern best_of(const std::deque<SeenBurst>& window);

  [[nodiscard]] bool is_regular(Nanoseconds interval) const { return 4 * interval >= 3 * median && 4 * interval <= 5 * median; }
  // From the tick before the one at `at` (1 ..).
  [[nodiscard]] Nanoseconds interval(std::size_t at) const { return ticks[at].burst.start - ticks[at - 1].burst.start; }
  // Wants an interval.
  [[nodiscard]] Nanoseconds period() const;
  [[nodiscard]] Pauses pauses() const;
};

// Nearly all: a pattern that is so regular needs no other reading.
inline constexpr double kHighlyRegular = 0.95;

}  // namespace tickwire::model
