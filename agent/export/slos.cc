// SPDX-License-Identifier: Apache-2.0
#include "export/slos.h"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <utility>

#include "export/families.h"

namespace tickwire::exporting {

using model::Snapshot;

void append_slo_family(std::vector<prometheus::MetricFamily>& families, const Snapshot& snapshot) {
  // Services of the same name on several ports are one label set; their objectives are the same, for they go by the name.
  std::map<std::pair<std::string_view, model::Protocol>, std::map<std::size_t, std::uint64_t>> sums;
  const model::SloCounts counts = count_beyond(snapshot);
  for (std::size_t i = 0; i < snapshot.services.size(); ++i) {
    auto& of_group = sums[{snapshot.services[i].id.name, snapshot.services[i].id.protocol}];
    for (std::size_t slo = 0; slo < snapshot.slos.size(); ++slo) {
      if (counts[i][slo]) of_group[slo] += *counts[i][slo];
    }
  }
  FamilyBuilder builder(Family::kConnectionsOverSlo);
  for (const auto& [group, of_group] : sums) {
    for (const auto& [slo, count] : of_group) {
      builder.add({{"service", std::string(group.first)},
                   {"protocol", std::string(name(group.second))},
                   {"slo", snapshot.slos[slo].name()}},
                  static_cast<double>(count));
    }
  }
  std::move(builder).finish(families);
}

Json slo_counts_json(const Snapshot& snapshot, const model::SloCounts& counts, std::size_t service) {
  Json result = Json::object();
  for (std::size_t slo = 0; slo < snapshot.slos.size(); ++slo) {
    if (counts[service][slo]) result[snapshot.slos[slo].name()] = *counts[service][slo];
  }
  return result;
}

Json beyond_json(const Snapshot& snapshot, const model::SloCheck& check, const model::Connection& connection) {
  Json result = Json::array();
  for (const std::size_t slo : check.beyond(connection)) result.push_back(snapshot.slos[slo].name());
  return result;
}

std::string slo_lines(const Snapshot& snapshot) {
  const model::SloCounts counts = count_beyond(snapshot);
  std::string out;
  for (std::size_t i = 0; i < snapshot.services.size(); ++i) {
    std::string line;
    for (std::size_t slo = 0; slo < snapshot.slos.size(); ++slo) {
      if (counts[i][slo].value_or(0) == 0) continue;
      line += fmt::format("{}{} {}", line.empty() ? "" : ", ", snapshot.slos[slo].name(), *counts[i][slo]);
    }
    if (!line.empty()) out += fmt::format("{}: players at risk in the last minute: {}\n", snapshot.services[i].id.text(), line);
  }
  return out;
}

}  // namespace tickwire::exporting
