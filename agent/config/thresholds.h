// What it owns: thresholds of events beside the services that are named.
// Who may use it: config.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "model/service.h"
#include "model/threshold.h"

namespace tickwire::config {

// Each service has one threshold of a quantity, and so have all others together; where services are named, a threshold is of one of
// them. Those that are found on the machine may come at any time under any name. Usage error otherwise.
[[nodiscard]] Result<void> validate_thresholds(const std::vector<model::Threshold>& thresholds,
                                               const std::vector<model::ServiceId>& services);

}  // namespace tickwire::config
