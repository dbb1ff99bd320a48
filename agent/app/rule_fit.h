// What it owns: telling the operator of a rule that does not fit its service's traffic.
// Who may use it: Agent.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/service.h"

namespace tickwire::app {

class RuleFit {
 public:
  // A sentence with the match ratios for each service whose rule does not fit; a service is told of once while it is watched.
  [[nodiscard]] std::vector<std::string> check(const std::vector<model::Service>& services);

 private:
  std::set<model::ServiceId> told_;
};

}  // namespace tickwire::app
