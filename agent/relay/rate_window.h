// What it owns: how many messages one robot may be sent within a minute.
// Who may use it: relay.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

namespace tickwire::relay {

// At most `most` messages within any 60 s. Times are CLOCK_MONOTONIC. Holds `most` times.
class RateWindow {
 public:
  explicit RateWindow(std::size_t most) : most_(most) {}

  // The first moment, at `now` or later, at which one more may be sent.
  [[nodiscard]] std::chrono::nanoseconds next(std::chrono::nanoseconds now) const;
  // One was sent, whatever became of it; `ended` is when its answer came: the robot counted it at that time at the latest.
  void record(std::chrono::nanoseconds ended);

 private:
  std::size_t most_;
  std::deque<std::chrono::nanoseconds> ended_;
};

}  // namespace tickwire::relay
