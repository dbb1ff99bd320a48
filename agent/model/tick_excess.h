// What it owns: the part of a wait for the game that a tick does not explain.
// Who may use it: export.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "model/histogram.h"
#include "model/snapshot.h"

namespace tickwire::model {

// A game that reads its socket once a tick lets a datagram wait for up to one tick, whatever it does; what waits for longer waits
// for a game that is late.
struct TickExcess {
  std::chrono::nanoseconds period{};
  std::uint64_t samples = 0;  // of socket_to_app
  double share = 0;           // of them, those above the period; 0 .. 1
  // How far those are above it; none without any.
  std::optional<std::chrono::nanoseconds> mean;
  friend bool operator==(const TickExcess&, const TickExcess&) = default;
};

// From a histogram: within a cell the samples are taken to be spread evenly. None without samples; the period is above 0.
[[nodiscard]] std::optional<TickExcess> excess_over(const Histogram& waits, std::chrono::nanoseconds period);

// socket_to_app of the last minute over the service's inferred tick, of a connection and of a service. None without stages or
// samples, and where there is no confident tick.
[[nodiscard]] std::optional<TickExcess> tick_excess(const Snapshot& snapshot, const Connection& connection);
[[nodiscard]] std::optional<TickExcess> tick_excess(const Snapshot& snapshot, const Service& service);

}  // namespace tickwire::model
