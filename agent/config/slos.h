// What it owns: objectives beside the services that are named.
// Who may use it: config.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "model/service.h"
#include "model/slo_limit.h"

namespace tickwire::config {

// At most model::kMostSlos, none twice; where services are named, an objective is of one of them. Those that are found on the
// machine may come at any time under any name. Usage error otherwise.
[[nodiscard]] Result<void> validate_slos(const std::vector<model::Slo>& slos, const std::vector<model::ServiceId>& services);

}  // namespace tickwire::config
