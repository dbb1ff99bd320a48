// What it owns: the game loop's tick, inferred from the bursts of packets that leave a service; its stalls.
// Who may use it: ServiceTable feeds it; exporters read LoopTick.
// Thread: one (the loop); LoopTick may go to any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/burst.h"
#include "model/histogram.h"
#include "model/tick_pattern.h"

namespace tickwire::model {

enum class TickConfidence : std::uint8_t { kNone, kLow, kHigh };
[[nodiscard]] std::string_view name(TickConfidence confidence);  // "none", "low", "high"

// What is known of a service's game loop. Without confidence there are totals only: nothing is shown that may be wrong.
struct LoopTick {
  using Nanoseconds = std::chrono::nanoseconds;
  TickConfidence confidence = TickConfidence::kNone;
  std::string reason{};  // why not kHigh; empty when it is
  // Of the last ten seconds; none without confidence, p99 also below 100 ticks.
  std::optional<Nanoseconds> period{};
  std::optional<Nanoseconds> interval_p50{}, interval_p99{};  // start of a tick's sends to the start of the next one's
  // By how much more than the period a tick came after the one before; 0 when it came early. Against the tick before, and not
  // against a schedule, for it is the same for loops that keep to absolute deadlines and for loops that sleep a period.
  std::optional<Nanoseconds> lateness_p50{}, lateness_p99{};
  std::uint32_t players = 0;  // that a tick sends to, the median
  // Totals; they only grow.
  std::uint64_t stalls = 0;  // ticks that came two periods or more after the one before, less a quarter period for noise
  Nanoseconds longest_stall{0};
  std::shared_ptr<const Histogram> intervals{};  // of ticks while there was confidence; resolution kService; null = none yet
  friend bool operator==(const LoopTick&, const LoopTick&) = default;
};

// A tick is what fulfils all of these, in the order in which they are tried; the first that fails is the reason:
//   - most answers wait for longer than TW_BURST_PROMPT_NS: a server that answers each request at once has no tick;
//   - 20 intervals or more;
//   - 4 of 5 intervals are within a quarter of their median: several rooms, or rates that adapt, have several intervals. Once a
//     tick is known, half of them are enough, so that a loop that stalls again and again is not lost from sight;
//   - a tick serves 4 of 5 of the players that are sent to: rooms at the same rate take turns;
//   - 9 of 10 sends are in ticks, answers that left at once apart;
//   - where the sends of a tick pause, they do not always pause behind the same players, as rooms do that follow each other;
//   - independent senders, each at the same rate, would come so close together with a chance of less than 1 %. n points on a circle
//     lie within a part x of it with the chance n * x^(n - 1): with one player there is never a tick, with two hardly.
// Rooms whose ticks follow each other within TW_BURST_GAP_NS are one tick.
class TickInference {
 public:
  using Nanoseconds = std::chrono::nanoseconds;

  // One reading of a service.
  struct Reading {
    Nanoseconds now{};              // when it was read
    std::span<const Burst> bursts;  // in order, newer than those before
    bool missed = false;            // there were others before them
    std::uint64_t packets_in = 0;   // of the service, since the reading before
    std::uint32_t receivers = 0;    // players that packets were sent to, since the reading before
  };

  // A tick that stalled.
  struct Late {
    Nanoseconds start{};     // when its sends began
    Nanoseconds interval{};  // from the tick before
    Nanoseconds period{};    // of the loop, when this was found
    friend bool operator==(const Late&, const Late&) = default;
  };

  // Readings come in the order of their time. A silence of a second or more, in which nothing comes in either, is no stall:
  // nobody plays.
  void apply(const Reading& reading);
  // What comes next does not follow what was there before.
  void interrupt() { broken_ = true; }
  [[nodiscard]] const LoopTick& tick() const { return tick_; }
  // Those that the last reading added to LoopTick::stalls, in order.
  [[nodiscard]] std::span<const Late> stalls() const { return stalls_; }

 private:
  void remember(const Reading& reading);
  void judge();
  void count(const TickPattern& pattern);
  [[nodiscard]] std::string objection(const TickPattern& pattern) const;
  [[nodiscard]] std::uint32_t receivers() const;

  LoopTick tick_;
  std::vector<Late> stalls_;
  std::deque<SeenBurst> window_;
  std::deque<std::pair<Nanoseconds, std::uint32_t>> receivers_;  // of the readings of the last two seconds
  std::optional<Nanoseconds> last_activity_;                     // reading that brought a burst or a packet in
  Nanoseconds counted_until_{};                                  // start of the newest tick whose interval was counted
  bool broken_ = true;                                           // the next burst does not follow the last one
};

}  // namespace tickwire::model
