// What it owns: which players are beyond which service level objectives.
// Who may use it: select(), and export.
// Thread: any, pure functions of one snapshot.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/connection.h"
#include "model/shown.h"
#include "model/slo_limit.h"
#include "model/snapshot.h"

namespace tickwire::model {

// Players at risk: living connections whose quantity is above the limit in the last minute. rtt, turnaround and socket_to_app: its
// p95, of 20 samples or more. The rtt is the line alone where the service's rule tells it, and never of samples that may have been
// delayed. jitter: that of the rtt as it is now, where there are as many samples of rtt. What is not measured is above no limit.
class SloCheck {
 public:
  // The snapshot outlives it.
  explicit SloCheck(const Snapshot& snapshot) : snapshot_(snapshot), shown_(snapshot) {}

  // Those of the snapshot's objectives that the connection is beyond, by their place, ascending.
  [[nodiscard]] std::vector<std::size_t> beyond(const Connection& connection) const;

 private:
  const Snapshot& snapshot_;
  Shown shown_;
};

// Players beyond each of the snapshot's objectives, by service and then by objective, in the snapshot's order. None: the objective
// is not the service's.
using SloCounts = std::vector<std::vector<std::optional<std::uint64_t>>>;
[[nodiscard]] SloCounts count_beyond(const Snapshot& snapshot);

}  // namespace tickwire::model
