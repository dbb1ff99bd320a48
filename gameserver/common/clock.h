// What it owns: reading the two clocks.
// Who may use it: loops and sockets; what can be tested takes the time as an argument instead.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <time.h>

#include <chrono>

namespace tickwire::game {

using Nanoseconds = std::chrono::nanoseconds;

[[nodiscard]] inline Nanoseconds to_nanoseconds(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

// Negative times become zero: a deadline in the past is due now.
[[nodiscard]] inline timespec to_timespec(Nanoseconds time) {
  const auto count = time.count() > 0 ? time.count() : 0;
  return {.tv_sec = count / 1'000'000'000, .tv_nsec = count % 1'000'000'000};
}

// CLOCK_MONOTONIC: every deadline and duration of the game.
[[nodiscard]] inline Nanoseconds monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return to_nanoseconds(now);
}

// CLOCK_REALTIME: the clock of the kernel's arrival stamps.
[[nodiscard]] inline Nanoseconds unix_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return to_nanoseconds(now);
}

}  // namespace tickwire::game
