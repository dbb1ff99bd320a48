// SPDX-License-Identifier: Apache-2.0
#include "model/stage_tally.h"

#include <algorithm>

namespace tickwire::model {
namespace {

using std::chrono::nanoseconds;

std::int64_t second_of(nanoseconds at) { return std::chrono::floor<std::chrono::seconds>(at).count(); }

// Counts of the kernel only grow; one that is less is of another connection, and is no growth.
std::uint64_t growth(std::uint64_t before, std::uint64_t after) { return after > before ? after - before : 0; }

void add_growth(const SocketCounts& before, const SocketCounts& after, SocketCounts& total) {
  total.taken += growth(before.taken, after.taken);
  total.read += growth(before.read, after.read);
  total.refused += growth(before.refused, after.refused);
  total.waiting_sum += growth(before.waiting_sum, after.waiting_sum);
  total.waiting_max = std::max(total.waiting_max, after.waiting_max);
  total.starved += growth(before.starved, after.starved);
}

void add_growth(const FollowedCounts& before, const FollowedCounts& after, FollowedCounts& total) {
  total.followed += growth(before.followed, after.followed);
  total.completed += growth(before.completed, after.completed);
  total.resyncs += growth(before.resyncs, after.resyncs);
}

template <typename Counts>
void add_growth(const std::optional<Counts>& before, const std::optional<Counts>& after, std::optional<Counts>& total) {
  if (!after) return;
  if (!total) total.emplace();
  add_growth(before.value_or(Counts{}), *after, *total);
}

}  // namespace

std::uint64_t jitter_samples(nanoseconds packets_before, nanoseconds tick_before, nanoseconds now) {
  const std::int64_t begun = second_of(now) - second_of(packets_before);
  const std::int64_t of_the_tick = std::max<std::int64_t>(second_of(now) - second_of(tick_before), 1);
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(begun, 0, of_the_tick));
}

void StageTally::count(const Connection& before, const Connection& after) {
  add_growth(before.socket, after.socket, totals_.socket);
  add_growth(before.followed, after.followed, totals_.followed);
}

void StageTally::count_jitter(const Connection& connection, std::uint64_t samples) {
  for (const JitterKind kind : kJitterKinds) {
    const auto jitter = connection.jitter(kind);
    if (!jitter) continue;
    for (std::uint64_t i = 0; i < samples; ++i) jitter_[static_cast<std::size_t>(kind)].record(*jitter);
  }
}

const StageTotals& StageTally::totals() {
  for (std::size_t i = 0; i < jitter_.size(); ++i) {
    const std::uint64_t shown = totals_.jitter[i] ? totals_.jitter[i]->samples() : 0;
    if (jitter_[i].samples() != shown) totals_.jitter[i] = std::make_shared<const Histogram>(jitter_[i]);
  }
  return totals_;
}

}  // namespace tickwire::model
