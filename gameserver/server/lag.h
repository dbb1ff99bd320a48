// What it owns: the lag that is injected into the server, and the log that says when each one really was.
// Who may use it: the server.
// Thread: the server's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gameserver/common/line_file.h"
#include "gameserver/common/recurrence.h"
#include "gameserver/server/lag_command.h"

namespace tickwire::game {

// Does nothing until it is given a command. A line of the log is one injection, written when it has ended: its kind,
// begin_mono_ns, end_mono_ns (CLOCK_MONOTONIC) and asked_ns; or a command, with what came of it.
class Lag {
 public:
  // udp_fd: the socket whose receive buffer is set; borrowed.
  Lag(LineFile log, int borrowed_udp_fd) : log_(std::move(log)), udp_fd_(borrowed_udp_fd) {}

  // Carries a command out; the first begin of what recurs is one interval from now, of what happens once is now. The error is for
  // who asked.
  [[nodiscard]] Result<void> apply(const LagCommand& command, Nanoseconds now_mono);
  // Notes a line that was no command, or one that was carried out, with the outcome.
  void log_command(std::string_view text, const Result<void>& outcome, Nanoseconds now_mono);

  // At the begin of a tick: blocks for what is due.
  void begin_tick(std::uint32_t tick, Nanoseconds now_mono);
  // Begins and ends I/O stalls; to be called whenever next_change_mono() has come.
  void advance(Nanoseconds now_mono);
  // While this is so, no socket of a player is to be read.
  [[nodiscard]] bool io_stalled() const { return io_stall_.has_value(); }
  [[nodiscard]] Nanoseconds next_change_mono() const;
  // Writes what has begun; the server ends.
  void close(Nanoseconds now_mono);

 private:
  struct Interval {
    Nanoseconds begin_mono{};
    Nanoseconds length{};
  };
  [[nodiscard]] Recurrence& of(LagKind kind) { return recurrences_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] const Recurrence& of(LagKind kind) const { return recurrences_[static_cast<std::size_t>(kind)]; }
  void stall(std::uint32_t tick, Nanoseconds length);
  void burn(std::uint32_t tick, Nanoseconds length);
  void end_io_stall(Nanoseconds now_mono);
  Result<void> set_receive_buffer(int bytes, Nanoseconds now_mono);

  LineFile log_;
  int udp_fd_;
  std::array<Recurrence, kLagKindCount> recurrences_;
  std::optional<Interval> io_stall_;
};

}  // namespace tickwire::game
