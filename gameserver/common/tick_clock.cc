// SPDX-License-Identifier: Apache-2.0
#include "gameserver/common/tick_clock.h"

#include <algorithm>

namespace tickwire::game {

DueTicks TickClock::advance(Nanoseconds now_mono) {
  if (now_mono < next_deadline_mono()) return {};
  const auto late_by = now_mono - next_deadline_mono();
  // The quotient may be one too small, as deadlines are rounded down to a nanosecond; the loop settles it.
  auto due = static_cast<std::uint64_t>(late_by / std::chrono::seconds(1)) * rate_hz_ +
             static_cast<std::uint64_t>(late_by % std::chrono::seconds(1) / Nanoseconds(1)) * rate_hz_ / 1'000'000'000;
  while (deadline(next_ + due) <= now_mono) ++due;
  next_ += due;
  constexpr std::uint64_t kMostRun = 2;
  const auto run = std::min(due, kMostRun);
  return {.run = static_cast<int>(run), .skipped = due - run, .late_by = late_by};
}

}  // namespace tickwire::game
