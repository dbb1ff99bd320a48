// What it owns: clients of a transport server, and how long their answers take.
// Who may use it: tests/bench/transports_bench.cc. What the system refuses, or an answer that is wrong, throws std::runtime_error.
// Thread: the caller's, which is busy all the time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "bench/transports_talk.h"

namespace tickwire::bench {

using Nanoseconds = std::chrono::nanoseconds;

struct LoadPlan {
  Carrier carrier{};
  std::uint16_t port = 0;
  unsigned connections = 1;
  unsigned depth = 1;  // requests of a connection that are under way, at most
  std::optional<double>
      rate_hz{};  // requests a second of all connections, due at fixed times; nullopt: each answer brings the next one
  Nanoseconds warm_up{};
  Nanoseconds measured{};
  std::optional<std::uint64_t> most_requests{};  // ends earlier when so many are answered
};

struct LoadResult {
  std::uint64_t requests = 0;  // with an answer, from the end of the warm-up on
  Nanoseconds took{};
  // Of each of them, in ascending order: from when it was due until its answer was read.
  std::vector<std::uint32_t> latencies_ns;
  // By nearest rank; 0 without any.
  [[nodiscard]] std::uint32_t quantile_ns(double quantile) const;
};

// Calls at_begin at the end of the warm-up, and at_end once everything that was due is answered.
[[nodiscard]] LoadResult run_load(const LoadPlan& plan, const std::function<void()>& at_begin,
                                  const std::function<void()>& at_end);

}  // namespace tickwire::bench
