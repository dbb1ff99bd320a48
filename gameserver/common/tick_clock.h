// What it owns: when the next step of a fixed-rate schedule is due, and how many are due now.
// Who may use it: server/ for ticks, bots/ for inputs.
// Thread: one at a time; reads no clock itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "gameserver/common/clock.h"

namespace tickwire::game {

// What is to be done at one wake-up.
struct DueTicks {
  int run = 0;                // 0, 1, or 2 when one is caught up
  std::uint64_t skipped = 0;  // deadlines that are given up: the schedule keeps its phase
  Nanoseconds late_by{};      // how long ago the first of these deadlines was
};

// Deadline k is start + k / rate, computed from k: the period is never rounded, so the schedule does not drift.
class TickClock {
 public:
  // rate_hz: 1 .. 1000. Deadline 0 is start_mono itself.
  TickClock(unsigned rate_hz, Nanoseconds start_mono) : rate_hz_(rate_hz), start_(start_mono) {}

  [[nodiscard]] unsigned rate_hz() const { return static_cast<unsigned>(rate_hz_); }
  [[nodiscard]] Nanoseconds next_deadline_mono() const { return deadline(next_); }
  // Consumes every deadline up to now_mono: at most two of them are run, the others are skipped.
  [[nodiscard]] DueTicks advance(Nanoseconds now_mono);

 private:
  [[nodiscard]] Nanoseconds deadline(std::uint64_t index) const {
    return start_ + std::chrono::seconds(index / rate_hz_) + Nanoseconds(1'000'000'000 * (index % rate_hz_) / rate_hz_);
  }

  std::uint64_t rate_hz_;
  Nanoseconds start_;
  std::uint64_t next_ = 0;
};

}  // namespace tickwire::game
