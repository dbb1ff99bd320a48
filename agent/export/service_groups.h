// What it owns: services that share name and protocol, which are one label set.
// Who may use it: the metrics files of this room.
// Thread: any, values that point into a snapshot.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "export/families.h"
#include "model/service.h"

namespace tickwire::exporting {

struct Group {
  std::string name;
  model::Protocol protocol = model::Protocol::kUdp;
  std::vector<const model::Service*> services;  // at least one

  template <typename Value>
  [[nodiscard]] double sum(Value value_of) const {
    std::uint64_t total = 0;
    for (const model::Service* service : services) total += value_of(*service);
    return static_cast<double>(total);
  }
  // Histograms that are there: of a series, or picked by a function of a service.
  [[nodiscard]] std::vector<const model::Histogram*> histograms(model::Series series) const;
  template <typename Pick>
  [[nodiscard]] std::vector<const model::Histogram*> histograms_of(Pick pick) const {
    std::vector<const model::Histogram*> parts;
    for (const model::Service* service : services) {
      if (const model::Histogram* const histogram = pick(*service)) parts.push_back(histogram);
    }
    return parts;
  }
  [[nodiscard]] bool has_rule() const;
  [[nodiscard]] bool rule_fits() const;
};

// Ordered by name and protocol.
[[nodiscard]] std::vector<Group> grouped(const std::vector<model::Service>& services);
// service, protocol.
[[nodiscard]] Labels labels_of(const Group& group);
// One label more.
[[nodiscard]] Labels with(Labels labels, std::string label, std::string_view value);

}  // namespace tickwire::exporting
