// What it owns: reading the two clocks.
// Who may use it: every room; a function that can be tested takes the time as an argument instead.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <time.h>

#include <chrono>

namespace tickwire {

// Nanoseconds of CLOCK_MONOTONIC: the clock of bpf_ktime_get_ns, so kernel stamps compare with it.
[[nodiscard]] inline std::chrono::nanoseconds monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// Nanoseconds since 1970-01-01 UTC.
[[nodiscard]] inline std::chrono::nanoseconds unix_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace tickwire
