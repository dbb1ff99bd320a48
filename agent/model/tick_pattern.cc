// SPDX-License-Identifier: Apache-2.0
#include "model/tick_pattern.h"

#include <array>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

#include "tickwire/burst.h"

namespace tickwire::model {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::size_t kRecentTicks = 20;
// The first joins nothing but what two processors began within nanoseconds.
constexpr std::array kJoins{nanoseconds(TW_BURST_GAP_NS), nanoseconds(milliseconds(2)), nanoseconds(milliseconds(3)),
                            nanoseconds(milliseconds(4))};
constexpr int kJoinShare = 5;  // of the period, at most one in so many

std::vector<TickPattern::Tick> joined(const std::deque<SeenBurst>& window, nanoseconds joined_below) {
  std::vector<TickPattern::Tick> bursts;
  bool whole = true;
  for (const SeenBurst& seen : window) {
    whole = whole && seen.follows;
    if (seen.burst.prompt >= seen.burst.players) continue;
    if (!bursts.empty() && whole && seen.burst.start - bursts.back().burst.end < joined_below) {
      TickPattern::Tick& tick = bursts.back();
      if (tick.first_players == 0) tick.first_players = tick.burst.players;
      tick.burst.end = std::max(tick.burst.end, seen.burst.end);
      tick.burst.players += seen.burst.players;
      tick.burst.prompt += seen.burst.prompt;
    } else {
      bursts.push_back({.burst = seen.burst, .follows = whole});
    }
    whole = true;
  }
  return bursts;
}

// Half of all that is sent is sent in bursts of at least so many players: small bursts between the ticks do not count, however many.
std::uint32_t common_size(const std::vector<TickPattern::Tick>& bursts) {
  std::vector<std::uint32_t> sizes;
  sizes.reserve(bursts.size());
  for (const TickPattern::Tick& tick : bursts) sizes.push_back(tick.burst.players);
  std::ranges::sort(sizes, std::greater<>());
  const std::uint64_t all = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
  std::uint64_t sum = 0;
  for (const std::uint32_t size : sizes) {
    sum += size;
    if (2 * sum >= all) return size;
  }
  return 0;
}

}  // namespace

TickPattern TickPattern::of(const std::deque<SeenBurst>& window, Nanoseconds joined_below) {
  const std::vector<Tick> bursts = joined(window, joined_below);
  const std::uint32_t size = common_size(bursts);
  TickPattern pattern;
  std::uint64_t answers = 0;
  std::uint64_t sends = 0;
  std::uint64_t between = 0;
  bool whole = true;
  for (const Tick& tick : bursts) {
    whole = whole && tick.follows;
    if (2 * tick.burst.players < size) {
      between += tick.burst.players;
      continue;
    }
    if (!pattern.ticks.empty() && whole) pattern.intervals.push_back(tick.burst.start - pattern.ticks.back().burst.start);
    pattern.ticks.push_back(tick);
    pattern.ticks.back().follows = whole;
    answers += tick.burst.prompt;
    sends += tick.burst.players;
    whole = true;
  }
  if (pattern.intervals.empty()) return pattern;
  std::vector<Nanoseconds> intervals = pattern.intervals;
  pattern.median = rank(intervals, 0.5);
  const auto regular =
      std::ranges::count_if(pattern.intervals, [&](Nanoseconds interval) { return pattern.is_regular(interval); });
  pattern.regular = static_cast<double>(regular) / static_cast<double>(pattern.intervals.size());
  pattern.prompt = static_cast<double>(answers) / static_cast<double>(sends);
  pattern.between = static_cast<double>(between) / static_cast<double>(sends + between);
  std::vector<Nanoseconds> spans;
  std::vector<std::uint32_t> players;
  for (std::size_t i = pattern.ticks.size() - std::min(kRecentTicks, pattern.ticks.size()); i < pattern.ticks.size(); ++i) {
    const Burst& burst = pattern.ticks[i].burst;
    spans.push_back(burst.end - burst.start);
    players.push_back(burst.players);
  }
  pattern.span = rank(spans, 0.5);
  pattern.players = rank(players, 0.5);
  return pattern;
}

TickPattern TickPattern::best_of(const std::deque<SeenBurst>& window) {
  TickPattern best = of(window, kJoins.front());
  for (std::size_t i = 1; i < kJoins.size() && best.regular < kHighlyRegular; ++i) {
    TickPattern next = of(window, kJoins.at(i));
    if (kJoinShare * kJoins.at(i) <= next.median && next.regular > best.regular) best = std::move(next);
  }
  return best;
}

// The mean of the intervals near the median. It is exact where the median is not, for what is late by chance is early the next time;
// what follows a stall is none of these.
nanoseconds TickPattern::period() const {
  std::vector<Nanoseconds> off;
  off.reserve(intervals.size());
  for (const Nanoseconds interval : intervals) off.push_back(std::chrono::abs(interval - median));
  constexpr double kFiveSigmas = 5 * 1.4826;  // a normal distribution's sigma is 1.4826 median absolute deviations
  const Nanoseconds wide(std::llround(kFiveSigmas * static_cast<double>(rank(off, 0.5).count())));
  const Nanoseconds band = std::clamp(wide, median / 100, median / 4);
  Nanoseconds sum{0};
  std::int64_t count = 0;
  for (const Nanoseconds interval : intervals) {
    if (std::chrono::abs(interval - median) > band) continue;
    sum += interval;
    ++count;
  }
  return sum / count;
}

TickPattern::Pauses TickPattern::pauses() const {
  std::map<std::uint32_t, std::size_t> counts;
  std::size_t paused = 0;
  std::size_t most = 0;
  for (const Tick& tick : ticks) {
    if (tick.first_players == 0) continue;
    ++paused;
    most = std::max(most, ++counts[tick.first_players]);
  }
  if (paused == 0) return {};
  return {.share = static_cast<double>(paused) / static_cast<double>(ticks.size()),
          .same = static_cast<double>(most) / static_cast<double>(paused)};
}

}  // namespace tickwire::model
