// What it owns: the families that have a service as label.
// Who may use it: the metrics files of this room.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "model/service.h"

namespace tickwire::exporting {

// Appends them. Services that share name and protocol on several ports are one label set, with their sums. Every series that
// can exist for a protocol is there from the start, at zero; the rule's and the sequences' are there for services with a rule. Of
// these, what the rule measured is left out while it does not fit one of them.
void append_service_families(std::vector<prometheus::MetricFamily>& families, const std::vector<model::Service>& services);

}  // namespace tickwire::exporting
