// SPDX-License-Identifier: Apache-2.0
#include "config/slos.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string>

#include "config/words.h"

namespace tickwire::config {

Result<void> validate_slos(const std::vector<model::Slo>& slos, const std::vector<model::ServiceId>& services) {
  if (slos.size() > model::kMostSlos) {
    return fail_usage(fmt::format("{} objectives are given, {} are allowed", slos.size(), model::kMostSlos));
  }
  std::set<std::string> names;
  for (const model::ServiceId& service : services) names.insert(service.name);
  for (auto slo = slos.begin(); slo != slos.end(); ++slo) {
    const std::string prefix = slo->service.empty() ? "" : printable(slo->service) + ":";
    const std::string context = fmt::format("slo {}{}", prefix, slo->name());
    if (std::find(slos.begin(), slo, *slo) != slo) return fail_usage(context + " is given twice");
    if (!slo->service.empty() && !names.empty() && !names.contains(slo->service)) {
      return fail_usage(fmt::format("{}: no service has this name; there are {}", context, fmt::join(names, ", ")));
    }
  }
  return {};
}

}  // namespace tickwire::config
