// What it owns: the lag of each thread: what blocks the world's, what keeps a gateway's from reading.
// Who may use it: lag/ asks for it; the thread that a part belongs to calls it.
// Thread: as said at each class.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gameserver/common/clock.h"
#include "gameserver/common/recurrence.h"
#include "gameserver/lag/lag_log.h"

namespace tickwire::game {

// A recurrence that one thread asks for and another one takes. Any thread.
class LagSchedule {
 public:
  void start(const RecurrenceSpec& spec, Nanoseconds first_mono) {
    const std::lock_guard lock(mutex_);
    recurrence_.start(spec, first_mono);
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    recurrence_.stop();
  }
  [[nodiscard]] std::optional<Nanoseconds> take(Nanoseconds now_mono) {
    const std::lock_guard lock(mutex_);
    return recurrence_.take(now_mono);
  }
  [[nodiscard]] Nanoseconds next_mono() const {
    const std::lock_guard lock(mutex_);
    return recurrence_.next_mono();
  }

 private:
  mutable std::mutex mutex_;
  Recurrence recurrence_;
};

// The word that the server ends, which wakes everybody who sleeps for lag. Any thread.
class LagEnd {
 public:
  // Until the deadline, or until end().
  void sleep_until(Nanoseconds deadline_mono);
  void end();
  [[nodiscard]] bool has_ended() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
};

// Stalls and burns. begin_tick() on the world's thread, the schedules on any.
class WorldLag {
 public:
  WorldLag(LagLog& borrowed_log, LagEnd& borrowed_end) : log_(borrowed_log), end_(borrowed_end) {}

  // At the begin of a tick: blocks for what is due.
  void begin_tick(std::uint32_t tick, Nanoseconds now_mono);

  [[nodiscard]] LagSchedule& tick_stall() { return tick_stall_; }
  [[nodiscard]] LagSchedule& burn() { return burn_; }

 private:
  void stall_for(std::uint32_t tick, Nanoseconds length);
  void burn_for(std::uint32_t tick, Nanoseconds length);

  LagLog& log_;
  LagEnd& end_;
  LagSchedule tick_stall_;
  LagSchedule burn_;
};

// I/O stalls of one gateway thread, in one of two ways: advance() and stalled() for a loop that goes on sending; the schedule and note()
// for one that others block. The schedule and note() on any thread, the rest on the gateway's.
class IoLag {
 public:
  // thread: "net" or "web", for the log.
  IoLag(std::string thread, LagLog& borrowed_log) : thread_(std::move(thread)), log_(borrowed_log) {}

  // Begins and ends stalls; to be called at each wake-up, and when next_change_mono() has come.
  void advance(Nanoseconds now_mono);
  // While this is so, no socket of a player is to be read.
  [[nodiscard]] bool stalled() const { return stall_.has_value(); }
  [[nodiscard]] Nanoseconds next_change_mono() const;
  // Writes a stall that has begun; the thread ends.
  void close(Nanoseconds now_mono);
  // Writes a stall that was somebody else's doing.
  void note(Nanoseconds begin_mono, Nanoseconds end_mono, Nanoseconds asked);

  [[nodiscard]] LagSchedule& io_stall() { return io_stall_; }

 private:
  struct Interval {
    Nanoseconds begin_mono{};
    Nanoseconds length{};
  };

  const std::string thread_;
  LagLog& log_;
  LagSchedule io_stall_;
  std::optional<Interval> stall_;
};

}  // namespace tickwire::game
