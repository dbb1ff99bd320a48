// What it owns: what is shown of connections whose service has a rule: nothing that it measured while it does not fit.
// Who may use it: select(), and export.
// Thread: any, pure functions of one snapshot.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "model/connection.h"
#include "model/protocol.h"
#include "model/rule.h"
#include "model/snapshot.h"

namespace tickwire::model {

// There is a rule, and it does not fit.
[[nodiscard]] bool misfits(const std::optional<RuleCounts>& rule);

// The connections of a snapshot as they are shown, sorted and filtered. A rule does not fit a connection when it does not fit all
// messages of the connection's service, or the connection's own.
class Shown {
 public:
  // The snapshot outlives it.
  explicit Shown(const Snapshot& snapshot);

  // The counts that say that the connection's rule does not fit: those of its service, else its own; null where neither do.
  [[nodiscard]] const RuleCounts* misfit(const Connection& connection) const;
  // One of the connection's latencies; an empty one instead when a rule that does not fit gave it.
  [[nodiscard]] const Latency& latency(const Connection& connection, const Latency& measured) const;
  // Connection::rtt_min; none when a rule that does not fit gave it.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> rtt_min(const Connection& connection) const;
  // SequenceCounts::loss_ratio; none without a rule that fits.
  [[nodiscard]] std::optional<double> loss_ratio(const Connection& connection, Direction direction) const;

 private:
  [[nodiscard]] bool is_hidden(const Connection& connection, const Latency& measured) const;

  std::vector<const Service*> misfits_;
};

}  // namespace tickwire::model
