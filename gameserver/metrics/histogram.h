// What it owns: a histogram of fixed bounds that is counted in place.
// Who may use it: every folder of gameserver/ that has something to count.
// Thread: any may observe and read at any time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tickwire::game {

struct HistogramCounts {
  std::vector<double> bounds;        // upper bounds, each belongs to its cell, ascending
  std::vector<std::uint64_t> cells;  // not cumulative; one more than bounds: what is above all of them
  double sum = 0;
  friend bool operator==(const HistogramCounts&, const HistogramCounts&) = default;
};

class Histogram {
 public:
  // bounds ascend, without infinity.
  explicit Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), cells_(bounds_.size() + 1) {}

  // In the unit of the bounds; no wait and no allocation.
  void observe(double value) {
    const auto cell = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
    cells_[static_cast<std::size_t>(cell)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  // While others observe, sum may be ahead of the cells by what is just being counted.
  [[nodiscard]] HistogramCounts counts() const {
    HistogramCounts counts{.bounds = bounds_, .sum = sum_.load(std::memory_order_relaxed)};
    for (const auto& cell : cells_) counts.cells.push_back(cell.load(std::memory_order_relaxed));
    return counts;
  }

 private:
  std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> cells_;
  std::atomic<double> sum_{0};
};

}  // namespace tickwire::game
