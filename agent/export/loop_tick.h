// What it owns: how the inferred tick of a game loop is told: in metrics, in JSON, in a table's cells.
// Who may use it: the other files of this room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <optional>
#include <string>
#include <vector>

#include "export/json_parts.h"
#include "model/service.h"

namespace tickwire::exporting {

// Appends its families. Intervals and stalls are there from the start, at zero, for services whose tick is inferred; the period
// only with confidence: of several ports with one name, the longest.
void append_tick_families(std::vector<prometheus::MetricFamily>& families, const std::vector<model::Service>& services);

// Null where no tick is inferred.
[[nodiscard]] Json tick_json(const std::optional<model::LoopTick>& tick);

// "33.3ms", "~33.3ms" with low confidence, or a dash.
[[nodiscard]] std::string period_cell(const std::optional<model::LoopTick>& tick);
// The number of stalls, or a dash where there was never a tick.
[[nodiscard]] std::string stalls_cell(const std::optional<model::LoopTick>& tick);

}  // namespace tickwire::exporting
