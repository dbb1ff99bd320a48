// SPDX-License-Identifier: Apache-2.0
#include "config/thresholds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "config/words.h"

namespace tickwire::config {

Result<void> validate_thresholds(const std::vector<model::Threshold>& thresholds, const std::vector<model::ServiceId>& services) {
  std::set<std::string> names;
  for (const model::ServiceId& service : services) names.insert(service.name);
  std::set<std::pair<std::string, model::Quantity>> seen;
  for (const model::Threshold& threshold : thresholds) {
    const std::string prefix = threshold.service.empty() ? "" : printable(threshold.service) + ":";
    const std::string context = fmt::format("threshold {}{}", prefix, name(threshold.quantity));
    if (!seen.emplace(threshold.service, threshold.quantity).second) return fail_usage(context + " is given twice");
    if (!threshold.service.empty() && !names.empty() && !names.contains(threshold.service)) {
      return fail_usage(fmt::format("{}: no service has this name; there are {}", context, fmt::join(names, ", ")));
    }
  }
  return {};
}

}  // namespace tickwire::config
