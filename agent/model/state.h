// What it owns: the accumulation of ticks into the connection table and the services' totals, and the end of connections.
// Who may use it: app's loop; tests.
// Thread: one (the loop). Snapshots that it gives out may go to any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/connection.h"
#include "model/lifecycle.h"
#include "model/service.h"
#include "model/snapshot.h"
#include "model/tick.h"

namespace tickwire::model {

class State {
 public:
  using Nanoseconds = std::chrono::nanoseconds;
  explicit State(StateLimits limits);
  ~State();

  // A service got this number (again). Ticks speak of it by the number from now on; its totals begin at zero, unless a service
  // with the same id was there before: then they go on.
  void add_service(std::uint16_t number, const ServiceId& id);
  // The service is watched no more: its connections end with CloseReason::kServiceGone, and its totals leave the snapshots.
  void remove_service(std::uint16_t number, Nanoseconds now);

  // Takes one tick in. Ticks come in the order of their time.
  void apply(const Tick& tick);

  // Connections whose slot can go back to the kernel: ended for longer than `linger`. Each is given out once.
  [[nodiscard]] std::vector<ConnectionId> take_ended();

  // Everything as of the last tick. Fields that State does not know (build, hooks, readiness, started_unix, interval,
  // read_time, services_refused) are for the caller to fill before it publishes.
  [[nodiscard]] Snapshot snapshot() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tickwire::model
