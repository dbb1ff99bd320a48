// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/latency_histogram.h"

#include <algorithm>
#include <bit>

namespace tickwire::game {
namespace {

// 2048 = 2^11: what has more binary digits loses the last of them.
constexpr int kDigits = 11;
constexpr std::size_t kBucketsOfADoubling = LatencyHistogram::kLinearBuckets / 2;
constexpr std::int64_t kNsPerUs = 1000;

}  // namespace

std::size_t LatencyHistogram::bucket_of(Nanoseconds duration) {
  const auto us = static_cast<std::uint64_t>(std::clamp(duration, Nanoseconds::zero(), kHighest).count() / kNsPerUs);
  if (us < kLinearBuckets) return us;
  const int lost_digits = std::bit_width(us) - kDigits;
  return (us >> lost_digits) + static_cast<std::size_t>(lost_digits) * kBucketsOfADoubling;
}

Nanoseconds LatencyHistogram::upper_end(std::size_t bucket) {
  std::uint64_t next_us = bucket + 1;
  if (bucket >= kLinearBuckets) {
    const auto lost_digits = bucket / kBucketsOfADoubling - 1;
    next_us = (bucket - lost_digits * kBucketsOfADoubling + 1) << lost_digits;
  }
  return Nanoseconds(static_cast<std::int64_t>(next_us) * kNsPerUs - 1);
}

void LatencyHistogram::add(Nanoseconds duration) {
  const auto known = std::max(duration, Nanoseconds::zero());
  const auto bucket = bucket_of(known);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  min_ = std::min(min_, known);
  max_ = std::max(max_, known);
  sum_ += known;
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

std::optional<Summary> LatencyHistogram::summary() const {
  if (count_ == 0) return std::nullopt;
  Summary summary{.count = count_, .min = min_, .max = max_, .mean = sum_ / static_cast<std::int64_t>(count_)};
  std::size_t bucket = 0;
  std::uint64_t up_to = buckets_[0];
  // Ranks ascend, so each look goes on where the last one ended.
  const auto at = [&](std::uint64_t share_of_10000) {
    const auto rank = (count_ * share_of_10000 + 9'999) / 10'000;
    while (up_to < rank) up_to += buckets_[++bucket];
    return std::clamp(upper_end(bucket), min_, max_);
  };
  summary.p50 = at(5'000);
  summary.p90 = at(9'000);
  summary.p99 = at(9'900);
  summary.p999 = at(9'990);
  summary.p9999 = at(9'999);
  return summary;
}

}  // namespace tickwire::game
