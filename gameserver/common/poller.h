// What it owns: an epoll set, a timer with absolute deadlines, and the signals that end a program.
// Who may use it: loops in server/ and bots/.
// Thread: the loop's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "gameserver/common/clock.h"
#include "gameserver/common/result.h"
#include "gameserver/common/unique_fd.h"

namespace tickwire::game {

// Level-triggered. A descriptor leaves the set when it is closed.
class Poller {
 public:
  [[nodiscard]] static Result<Poller> open();

  // events: EPOLLIN and so on; id comes back in epoll_event::data.u64.
  [[nodiscard]] Result<void> add(int borrowed_fd, std::uint32_t events, std::uint64_t id);
  // For a descriptor that is in the set.
  void modify(int borrowed_fd, std::uint32_t events, std::uint64_t id);
  // For a descriptor that is in the set.
  void remove(int borrowed_fd);
  // Blocks until something is ready; valid until the next wait(). Empty when a signal interrupted it.
  [[nodiscard]] std::span<const epoll_event> wait();

 private:
  UniqueFd epoll_;
  std::array<epoll_event, 256> events_{};
};

// Readable once its deadline has passed.
class DeadlineTimer {
 public:
  [[nodiscard]] static Result<DeadlineTimer> open();
  [[nodiscard]] int fd() const { return timer_.fd(); }
  // On CLOCK_MONOTONIC; a deadline in the past fires at once. Replaces the one before.
  void arm(Nanoseconds deadline_mono);
  void disarm();

 private:
  UniqueFd timer_;
};

// Blocks SIGINT and SIGTERM for the process from now on; the descriptor is readable once one of them has come.
[[nodiscard]] Result<UniqueFd> open_stop_signals();
// The same of SIGHUP, by which an operator asks for files to be read again.
[[nodiscard]] Result<UniqueFd> open_reload_signal();
// Raises the soft limit of open files to the hard one; a refusal is no error, the limit shows when it is reached.
void raise_file_limit();

}  // namespace tickwire::game
