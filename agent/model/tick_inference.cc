// SPDX-License-Identifier: Apache-2.0
#include "model/tick_inference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "base/text.h"
#include "tickwire/burst.h"

namespace tickwire::model {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr nanoseconds kWindow = seconds(10);
constexpr std::size_t kMostBursts = 2048;  // in the window: bounds memory and time where a service sends without a rhythm
constexpr nanoseconds kReceiversWindow = seconds(2);
// A reading a second may come a little early.
constexpr nanoseconds kSilence = milliseconds(900);
constexpr std::size_t kLeastIntervals = 20;
constexpr std::size_t kLeastForP99 = 100;
constexpr std::size_t kRecentTicks = 20;
constexpr double kRegular = 0.8;
constexpr double kStillRegular = 0.5;
constexpr double kHighlyRegular = 0.95;
constexpr double kServed = 0.8;
constexpr double kNearlyAllServed = 0.9;
constexpr double kMostlyPrompt = 0.5;
constexpr double kMostChance = 0.01;
constexpr double kFewBetween = 0.1;
constexpr double kFewPauses = 0.2;
constexpr double kSamePause = 0.8;
// Pauses within a tick's sends: first none but what two processors' race makes, then up to a scheduler's slice (3 ms, base_slice_ns).
constexpr std::array kJoins{nanoseconds(TW_BURST_GAP_NS), nanoseconds(milliseconds(2)), nanoseconds(milliseconds(3)),
                            nanoseconds(milliseconds(4))};
constexpr int kJoinShare = 5;  // of the period, at most one in so many

template <typename Value>
Value rank(std::vector<Value>& values, double quantile) {
  const auto at = static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(values.size()))) - 1;
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(at);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

// A burst, and how it was put together.
struct Joined {
  Burst burst;
  bool follows = false;             // nothing is missing between the one before and this one
  std::uint32_t first_players = 0;  // before its first pause; 0: it has none
};

// Half of all that is sent is sent in bursts of at least so many players: small bursts between the ticks do not count, however many.
std::uint32_t common_size(const std::vector<Joined>& bursts) {
  std::vector<std::uint32_t> sizes;
  sizes.reserve(bursts.size());
  for (const Joined& joined : bursts) sizes.push_back(joined.burst.players);
  std::ranges::sort(sizes, std::greater<>());
  const std::uint64_t all = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
  std::uint64_t sum = 0;
  for (const std::uint32_t size : sizes) {
    sum += size;
    if (2 * sum >= all) return size;
  }
  return 0;
}

// The share of the bursts with a pause, and of these, how many pause first behind as many players as most do.
struct Pauses {
  double share = 0.0;
  double same = 0.0;
};

Pauses pauses_of(const std::vector<Joined>& bursts) {
  std::map<std::uint32_t, std::size_t> counts;
  std::size_t paused = 0;
  std::size_t most = 0;
  for (const Joined& joined : bursts) {
    if (joined.first_players == 0) continue;
    ++paused;
    most = std::max(most, ++counts[joined.first_players]);
  }
  if (paused == 0) return {};
  return {.share = static_cast<double>(paused) / static_cast<double>(bursts.size()),
          .same = static_cast<double>(most) / static_cast<double>(paused)};
}

std::string percent(double ratio) { return fmt::format("{:.0f}%", 100.0 * ratio); }

bool stalled(nanoseconds interval, nanoseconds period) { return 4 * interval >= 7 * period; }

}  // namespace

// The window, as ticks.
struct TickInference::Pattern {
  std::vector<Joined> ticks;
  std::vector<Nanoseconds> intervals;  // from the one before to each that follows it
  Nanoseconds median{};                // of the intervals
  Nanoseconds span{};                  // median of the newest ticks
  std::uint32_t players = 0;           // likewise
  double regular = 0.0;                // share of the intervals within a quarter of the median
  double prompt = 0.0;                 // share of prompt answers
  double between = 0.0;                // share of what left between the ticks

  [[nodiscard]] bool is_regular(Nanoseconds interval) const { return 4 * interval >= 3 * median && 4 * interval <= 5 * median; }
  // From the tick before the one at `at`.
  [[nodiscard]] Nanoseconds interval(std::size_t at) const { return ticks[at].burst.start - ticks[at - 1].burst.start; }
  [[nodiscard]] Nanoseconds period() const;
};

// The mean of the intervals near the median. It is exact where the median is not, for what is late by chance is early the next time;
// what follows a stall is none of these.
nanoseconds TickInference::Pattern::period() const {
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

TickInference::Pattern TickInference::pattern_of(Nanoseconds joined_below) const {
  std::vector<Joined> bursts;
  bool whole = true;
  for (const Seen& seen : window_) {
    whole = whole && seen.follows;
    if (seen.burst.prompt >= seen.burst.players) continue;  // answers, and nothing else
    const bool pauses = !bursts.empty() && whole && seen.burst.start - bursts.back().burst.end < joined_below;
    if (pauses) {
      Joined& joined = bursts.back();
      if (joined.first_players == 0) joined.first_players = joined.burst.players;
      joined.burst.end = std::max(joined.burst.end, seen.burst.end);
      joined.burst.players += seen.burst.players;
      joined.burst.prompt += seen.burst.prompt;
    } else {
      bursts.push_back({.burst = seen.burst, .follows = whole});
    }
    whole = true;
  }
  Pattern pattern;
  const std::uint32_t size = common_size(bursts);
  std::uint64_t answers = 0;
  std::uint64_t sends = 0;
  std::uint64_t between = 0;
  whole = true;
  for (const Joined& joined : bursts) {
    whole = whole && joined.follows;
    between += joined.burst.players;
    if (2 * joined.burst.players < size) continue;
    if (!pattern.ticks.empty() && whole) pattern.intervals.push_back(joined.burst.start - pattern.ticks.back().burst.start);
    pattern.ticks.push_back(joined);
    pattern.ticks.back().follows = whole;
    answers += joined.burst.prompt;
    sends += joined.burst.players;
    between -= joined.burst.players;
    whole = true;
  }
  if (pattern.intervals.empty()) return pattern;
  std::vector<Nanoseconds> sorted = pattern.intervals;
  pattern.median = rank(sorted, 0.5);
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

TickInference::Pattern TickInference::best_pattern() const {
  Pattern best = pattern_of(kJoins.front());
  for (std::size_t i = 1; i < kJoins.size() && best.regular < kHighlyRegular; ++i) {
    Pattern next = pattern_of(kJoins.at(i));
    if (kJoinShare * kJoins.at(i) <= next.median && next.regular > best.regular) best = std::move(next);
  }
  return best;
}

std::uint32_t TickInference::receivers() const {
  std::uint32_t most = 0;
  for (const auto& [time, receivers] : receivers_) most = std::max(most, receivers);
  return most;
}

std::string TickInference::objection(const Pattern& pattern) const {
  std::uint64_t prompt = 0;
  std::uint64_t sends = 0;
  for (const Seen& seen : window_) {
    prompt += seen.burst.prompt;
    sends += seen.burst.players;
  }
  const bool few = pattern.intervals.size() < kLeastIntervals;
  const double answered = few && sends > 0 ? static_cast<double>(prompt) / static_cast<double>(sends) : pattern.prompt;
  if (answered > kMostlyPrompt) {
    return fmt::format("{} of the packets out answer a request within {}", percent(std::min(answered, 1.0)),
                       format_duration(nanoseconds(TW_BURST_PROMPT_NS)));
  }
  if (few) {
    return fmt::format("{} intervals between bursts of packets out in {}, {} are wanted", pattern.intervals.size(),
                       format_duration(kWindow), kLeastIntervals);
  }
  const bool known = tick_.confidence != TickConfidence::kNone;
  if (pattern.regular < (known ? kStillRegular : kRegular)) {
    return fmt::format("the intervals differ: {} of them are within a quarter of their median, {}", percent(pattern.regular),
                       format_duration(pattern.median));
  }
  if (pattern.players < kServed * receivers()) {
    return fmt::format("a burst serves {} of {} players: several rooms, or rates that differ", pattern.players, receivers());
  }
  if (pattern.between > kFewBetween) {
    return fmt::format("{} of the packets out leave between the bursts: several rooms, or rates that differ",
                       percent(pattern.between));
  }
  const Pauses pauses = pauses_of(pattern.ticks);
  if (pauses.share > kFewPauses && pauses.same > kSamePause) {
    return fmt::format("{} of the bursts pause, and mostly behind the same players: several rooms follow each other",
                       percent(pauses.share));
  }
  const double share = static_cast<double>(pattern.span.count()) / static_cast<double>(pattern.median.count());
  const double chance = pattern.players * std::pow(share, static_cast<double>(pattern.players) - 1.0);
  if (pattern.players <= 1) return "one player: any sender at a steady rate would look the same";
  if (chance > kMostChance) {
    return fmt::format("{} players are served within {} of {}: independent senders might be as close together", pattern.players,
                       format_duration(pattern.span), format_duration(pattern.median));
  }
  return {};
}

void TickInference::judge() {
  Pattern pattern = best_pattern();
  const bool known = tick_.confidence != TickConfidence::kNone;
  LoopTick next{
      .reason = objection(pattern), .stalls = tick_.stalls, .longest_stall = tick_.longest_stall, .intervals = tick_.intervals};
  if (!next.reason.empty()) {
    tick_ = std::move(next);
    return;
  }
  const auto served = static_cast<double>(receivers());
  if (pattern.regular < kHighlyRegular) {
    next.reason = fmt::format("{} of the intervals are within a quarter of their median", percent(pattern.regular));
  } else if (pattern.players < kNearlyAllServed * served) {
    next.reason = fmt::format("a burst serves {} of {} players", pattern.players, receivers());
  }
  next.confidence = next.reason.empty() ? TickConfidence::kHigh : TickConfidence::kLow;
  next.period = pattern.period();
  next.players = pattern.players;
  std::vector<Nanoseconds> late;
  late.reserve(pattern.intervals.size());
  for (const Nanoseconds interval : pattern.intervals) late.push_back(std::max(interval - *next.period, Nanoseconds{0}));
  std::vector<Nanoseconds> intervals = pattern.intervals;
  next.interval_p50 = rank(intervals, 0.5);
  next.lateness_p50 = rank(late, 0.5);
  if (intervals.size() >= kLeastForP99) {
    next.interval_p99 = rank(intervals, 0.99);
    next.lateness_p99 = rank(late, 0.99);
  }
  tick_ = std::move(next);
  if (!known) {
    // What was there before the loop ran steadily, while a level was loaded, were no stalls.
    std::size_t first = 1;
    while (first < pattern.ticks.size() && !(pattern.ticks[first].follows && pattern.is_regular(pattern.interval(first))))
      ++first;
    counted_until_ = std::max(counted_until_, pattern.ticks[first - 1].burst.start);
  }
  count(pattern);
}

void TickInference::count(const Pattern& pattern) {
  std::shared_ptr<Histogram> intervals;
  const Nanoseconds period = *tick_.period;
  // A tick that was counted may begin a little earlier or later when it is looked at again with those around it.
  const Nanoseconds from = counted_until_ + period / 2;
  for (std::size_t i = 1; i < pattern.ticks.size(); ++i) {
    const Nanoseconds start = pattern.ticks[i].burst.start;
    if (start <= from) continue;
    counted_until_ = start;
    if (!pattern.ticks[i].follows) continue;
    const Nanoseconds interval = pattern.interval(i);
    if (!intervals) {
      intervals =
          tick_.intervals ? std::make_shared<Histogram>(*tick_.intervals) : std::make_shared<Histogram>(Resolution::kService);
    }
    intervals->record(interval);
    if (!stalled(interval, period)) continue;
    ++tick_.stalls;
    stalls_.push_back({.start = start, .interval = interval, .period = period});
    tick_.longest_stall = std::max(tick_.longest_stall, interval);
  }
  if (intervals) tick_.intervals = std::move(intervals);
}

void TickInference::remember(const Reading& reading) {
  if (!reading.bursts.empty() || reading.packets_in > 0) {
    last_activity_ = reading.now;
  } else if (last_activity_ && reading.now - *last_activity_ >= kSilence) {
    broken_ = true;
  }
  broken_ = broken_ || reading.missed;
  for (const Burst& burst : reading.bursts) window_.push_back({burst, !std::exchange(broken_, false)});
  Nanoseconds from = reading.now - kWindow;
  // However seldom it is read, each interval is looked at once.
  if (tick_.period && !reading.bursts.empty()) from = std::min(from, counted_until_);
  while (!window_.empty() && (window_.front().burst.start < from || window_.size() > kMostBursts)) window_.pop_front();
  receivers_.emplace_back(reading.now, reading.receivers);
  while (receivers_.front().first <= reading.now - kReceiversWindow && receivers_.size() > 1) receivers_.pop_front();
}

void TickInference::apply(const Reading& reading) {
  stalls_.clear();
  remember(reading);
  judge();
}

std::string_view name(TickConfidence confidence) {
  switch (confidence) {
    case TickConfidence::kNone:
      return "none";
    case TickConfidence::kLow:
      return "low";
    case TickConfidence::kHigh:
      return "high";
  }
  return "none";
}

}  // namespace tickwire::model
