// What it owns: what makes a bot lag by its own fault, and when the bot does what.
// Who may use it: the runner.
// Thread: the runner's loop; reads no clock itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "gameserver/common/recurrence.h"
#include "gameserver/common/tick_clock.h"

namespace tickwire::game {

// All zero: a bot that reads at once and is never late.
struct PaceOptions {
  RecurrenceSpec hitch;        // it neither reads nor sends for so long
  unsigned fps = 0;            // not 0: it reads and sends at its frames alone
  Nanoseconds read_delay{};    // not 0, TCP and WebSocket: it reads this often
  std::size_t read_bytes = 0;  // and at most so much at a time
  Nanoseconds silent_after{};  // not 0: from then on it neither reads, sends nor closes
};

// Begins when the bot plays.
class Pace {
 public:
  enum class Mode : std::uint8_t { kRuns, kHitches, kSilent };

  // A bot reads late over every protocol by fps, over a stream (TCP, WebSocket) by read_delay too; the latter wins.
  Pace(const PaceOptions& options, bool stream, Nanoseconds started_mono);

  // What the bot does at now_mono; begins a hitch that is due. Times must not go back.
  Mode at(Nanoseconds now_mono);
  // Of the hitch that goes on, or that ended last.
  [[nodiscard]] Nanoseconds hitch_begin_mono() const { return hitch_begin_; }
  [[nodiscard]] Nanoseconds hitch_end_mono() const { return hitch_end_; }

  // Whether what arrives is read when it arrives. Else it is read when read_due() says so, and at most read_bytes().
  [[nodiscard]] bool reads_on_arrival() const { return !frames_ && read_delay_ == Nanoseconds::zero(); }
  [[nodiscard]] bool read_due(Nanoseconds now_mono);
  [[nodiscard]] std::size_t read_bytes() const { return read_bytes_; }
  // When at() or read_due() may say something else; Nanoseconds::max() when never.
  [[nodiscard]] Nanoseconds next_mono() const;

 private:
  std::optional<TickClock> frames_;
  Nanoseconds read_delay_{};
  Nanoseconds next_read_{};
  std::size_t read_bytes_ = SIZE_MAX;
  Recurrence hitches_;
  Nanoseconds hitch_begin_{};
  Nanoseconds hitch_end_{};
  Nanoseconds silent_from_ = Nanoseconds::max();
  bool hitching_ = false;
  bool silent_ = false;
};

}  // namespace tickwire::game
