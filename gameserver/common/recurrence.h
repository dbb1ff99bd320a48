// What it owns: when something that takes a while is to happen again: "120 ms, every 5 s".
// Who may use it: server/ for injected stalls, bots/ for hitches.
// Thread: one at a time; reads no clock itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "gameserver/common/clock.h"

namespace tickwire::game {

struct RecurrenceSpec {
  Nanoseconds length{};  // 0: never
  Nanoseconds every{};   // from one begin to the next; 0: once
  friend bool operator==(const RecurrenceSpec&, const RecurrenceSpec&) = default;
};

// Never, until start(). Begins are due at fixed times; those that pass unused are given up, never made up for.
class Recurrence {
 public:
  // The first begin is due at first_mono.
  void start(const RecurrenceSpec& spec, Nanoseconds first_mono) {
    spec_ = spec;
    next_ = first_mono;
    started_ = spec.length > Nanoseconds::zero();
  }
  void stop() { started_ = false; }

  // Nanoseconds::max() when none is due any more.
  [[nodiscard]] Nanoseconds next_mono() const { return started_ ? next_ : Nanoseconds::max(); }
  // When a begin is due at now_mono: how long it is to take. Consumes every begin that is due.
  [[nodiscard]] std::optional<Nanoseconds> take(Nanoseconds now_mono) {
    if (!started_ || now_mono < next_) return std::nullopt;
    if (spec_.every <= Nanoseconds::zero()) {
      started_ = false;
    } else {
      next_ += ((now_mono - next_) / spec_.every + 1) * spec_.every;
    }
    return spec_.length;
  }

 private:
  RecurrenceSpec spec_;
  Nanoseconds next_{};
  bool started_ = false;
};

}  // namespace tickwire::game
