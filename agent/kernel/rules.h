// What it owns: a rule in the form that the programs read.
// Who may use it: agent/kernel only.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/rule.h"
#include "tickwire/rule.h"

namespace tickwire::kernel {

[[nodiscard]] tw_rule rule_of(const model::Rule& rule);

}  // namespace tickwire::kernel
