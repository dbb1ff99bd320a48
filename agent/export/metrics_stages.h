// What it owns: the families of what stages tell of a service.
// Who may use it: the metrics files of this room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "model/snapshot.h"

namespace tickwire::exporting {

// Appends them. With stages every series that a protocol can have is there from the start, at zero; without, there is none. The
// qdisc's is there where its hook is.
void append_stage_families(std::vector<prometheus::MetricFamily>& families, const model::Snapshot& snapshot);

}  // namespace tickwire::exporting
