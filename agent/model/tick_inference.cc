// SPDX-License-Identifier: Apache-2.0
#include "model/tick_inference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

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
constexpr double kRegular = 0.8;
constexpr double kStillRegular = 0.5;
constexpr double kServed = 0.8;
constexpr double kNearlyAllServed = 0.9;
constexpr double kMostlyPrompt = 0.5;
constexpr double kMostChance = 0.01;
constexpr double kFewBetween = 0.1;
constexpr double kFewPauses = 0.2;
constexpr double kSamePause = 0.8;

std::string percent(double ratio) { return fmt::format("{:.0f}%", 100.0 * ratio); }

bool stalled(nanoseconds interval, nanoseconds period) { return 4 * interval >= 7 * period; }

}  // namespace

std::uint32_t TickInference::receivers() const {
  std::uint32_t most = 0;
  for (const auto& [time, receivers] : receivers_) most = std::max(most, receivers);
  return most;
}

std::string TickInference::objection(const TickPattern& pattern) const {
  std::uint64_t prompt = 0;
  std::uint64_t sends = 0;
  for (const SeenBurst& seen : window_) {
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
  const TickPattern::Pauses pauses = pattern.pauses();
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
  const TickPattern pattern = TickPattern::best_of(window_);
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

void TickInference::count(const TickPattern& pattern) {
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
