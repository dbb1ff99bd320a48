// What it owns: counting what is known of connections beyond rtt and turnaround in the totals of their service.
// Who may use it: State's tables.
// Thread: one (the loop); histograms that it gives out are immutable.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "model/connection.h"
#include "model/histogram.h"
#include "model/stage.h"

namespace tickwire::model {

// How many samples of jitter a connection gives at a tick in which it had packets: one for each second that began since its packets
// before. Of a tick that is longer than a second each second counts; of seconds in which it was silent none.
[[nodiscard]] std::uint64_t jitter_samples(std::chrono::nanoseconds packets_before, std::chrono::nanoseconds tick_before,
                                           std::chrono::nanoseconds now);

// The tally of one service.
class StageTally {
 public:
  // Adds what a connection's counts have grown by.
  void count(const Connection& before, const Connection& after);
  // Adds the connection's jitter, so many times.
  void count_jitter(const Connection& connection, std::uint64_t samples);
  [[nodiscard]] const StageTotals& totals();

 private:
  StageTotals totals_;
  std::array<Histogram, kJitterKinds.size()> jitter_{Histogram(Resolution::kService), Histogram(Resolution::kService),
                                                     Histogram(Resolution::kService)};
};

}  // namespace tickwire::model
