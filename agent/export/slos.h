// What it owns: players at risk, in every form of output.
// Who may use it: the files of this room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "export/json_parts.h"
#include "model/slo.h"
#include "model/snapshot.h"

namespace tickwire::exporting {

// tickwire_connections_over_slo; absent without objectives.
void append_slo_family(std::vector<prometheus::MetricFamily>& families, const model::Snapshot& snapshot);

// {"rtt_100ms": 3, ...} of a service's objectives, by its place in the snapshot; empty when it has none.
[[nodiscard]] Json slo_counts_json(const model::Snapshot& snapshot, const model::SloCounts& counts, std::size_t service);
// ["rtt_100ms", ...] that the connection is beyond.
[[nodiscard]] Json beyond_json(const model::Snapshot& snapshot, const model::SloCheck& check,
                               const model::Connection& connection);

// One line for each service with players at risk: "world udp/7777: players at risk in the last minute: rtt_100ms 3, ...".
[[nodiscard]] std::string slo_lines(const model::Snapshot& snapshot);

}  // namespace tickwire::exporting
