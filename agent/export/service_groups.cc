// SPDX-License-Identifier: Apache-2.0
#include "export/service_groups.h"

#include <algorithm>
#include <map>
#include <utility>

#include "model/shown.h"

namespace tickwire::exporting {

using model::Service;

std::vector<const model::Histogram*> Group::histograms(model::Series series) const {
  return histograms_of([series](const Service& service) { return service.histograms[static_cast<std::size_t>(series)].get(); });
}

bool Group::has_rule() const {
  return std::ranges::any_of(services, [](const Service* service) { return service->rule.has_value(); });
}

bool Group::rule_fits() const {
  return std::ranges::none_of(services, [](const Service* service) { return misfits(service->rule); });
}

std::vector<Group> grouped(const std::vector<Service>& services) {
  std::map<std::pair<std::string, model::Protocol>, std::vector<const Service*>> by_labels;
  for (const Service& service : services) by_labels[{service.id.name, service.id.protocol}].push_back(&service);
  std::vector<Group> groups;
  groups.reserve(by_labels.size());
  for (auto& [labels, members] : by_labels) {
    groups.push_back({.name = labels.first, .protocol = labels.second, .services = std::move(members)});
  }
  return groups;
}

Labels labels_of(const Group& group) { return {{"service", group.name}, {"protocol", std::string(name(group.protocol))}}; }

Labels with(Labels labels, std::string label, std::string_view value) {
  labels.push_back({std::move(label), std::string(value)});
  return labels;
}

}  // namespace tickwire::exporting
