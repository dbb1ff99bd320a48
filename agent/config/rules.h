// What it owns: whether the declared rules go with the services that are named.
// Who may use it: config's validate().
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "model/rule.h"
#include "model/service.h"

namespace tickwire::config {

// Usage errors, each naming the rule's service: no service is named, none has this name, a second rule for it, a name that is both
// a TCP and a UDP service, a frame for UDP, none for TCP.
[[nodiscard]] Result<void> validate_rules(const std::vector<model::Rule>& rules, const std::vector<model::ServiceId>& services);

}  // namespace tickwire::config
