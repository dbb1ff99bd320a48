// What it owns: counts of durations by size, as fine as three significant digits.
// Who may use it: bots/.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "gameserver/common/clock.h"

namespace tickwire::game {

// Quantiles by nearest rank: the least duration that so many are no longer than.
struct Summary {
  std::uint64_t count = 0;
  Nanoseconds min{};
  Nanoseconds p50{};
  Nanoseconds p90{};
  Nanoseconds p99{};
  Nanoseconds p999{};   // 99.9 %
  Nanoseconds p9999{};  // 99.99 %
  Nanoseconds max{};
  Nanoseconds mean{};
  friend bool operator==(const Summary&, const Summary&) = default;
};

// Log-linear buckets: one a microsecond up to 2048 us, then 1024 for each doubling, so that a bucket is never wider than a thousandth
// of what is in it. What is shorter than 1 us is in the first bucket, what is longer than 60 s in the last. Least, greatest and mean
// are exact. Memory: 8 bytes for each bucket up to the highest one used: 64 KiB for 100 ms, 135 KiB at most.
class LatencyHistogram {
 public:
  static constexpr std::size_t kLinearBuckets = 2048;
  static constexpr Nanoseconds kHighest = std::chrono::seconds(60);

  // Negative durations count as 0.
  void add(Nanoseconds duration);
  // Afterwards this one is as if every duration of the other had been added to it.
  void merge(const LatencyHistogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  // nullopt when nothing was added. Quantiles are the upper ends of buckets, so never less than exact ones.
  [[nodiscard]] std::optional<Summary> summary() const;

  // Which bucket a duration is in, and the longest duration that is in a bucket.
  [[nodiscard]] static std::size_t bucket_of(Nanoseconds duration);
  [[nodiscard]] static Nanoseconds upper_end(std::size_t bucket);

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  Nanoseconds min_ = Nanoseconds::max();
  Nanoseconds max_{};
  Nanoseconds sum_{};
};

}  // namespace tickwire::game
