// What it owns: how far the two clocks are apart: the kernel's stamps of packets are in one, everything else in the other.
// Who may use it: bots/, line/.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gameserver/common/clock.h"

namespace tickwire::game {

// CLOCK_MONOTONIC less CLOCK_REALTIME, from the tightest of many readings, so that being put off the processor between two of them
// does no harm. It holds until somebody sets the clock; slewing changes both alike.
[[nodiscard]] inline Nanoseconds monotonic_less_unix() {
  constexpr int kRounds = 200;
  Nanoseconds offset{};
  auto tightest = Nanoseconds::max();
  for (int round = 0; round < kRounds; ++round) {
    const auto before = monotonic_now();
    const auto unix_time = unix_now();
    const auto after = monotonic_now();
    if (after - before >= tightest) continue;
    tightest = after - before;
    offset = before + tightest / 2 - unix_time;
  }
  return offset;
}

}  // namespace tickwire::game
