// SPDX-License-Identifier: Apache-2.0
#include "gameserver/metrics/registry.h"

#include <prometheus/text_serializer.h>

#include <iterator>
#include <sstream>
#include <unordered_map>

namespace tickwire::game {

MetricFamilies MetricRegistry::Collect() const {
  MetricFamilies merged;
  std::unordered_map<std::string, std::size_t> place_of;
  for (const MetricSource& source : sources_) {
    for (prometheus::MetricFamily& family : source()) {
      const auto [place, is_new] = place_of.try_emplace(family.name, merged.size());
      if (is_new) {
        merged.push_back(std::move(family));
      } else {
        std::ranges::move(family.metric, std::back_inserter(merged[place->second].metric));
      }
    }
  }
  return merged;
}

std::string MetricRegistry::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, Collect());
  return std::move(out).str();
}

HttpRoute metrics_route(const MetricRegistry& borrowed_registry) {
  return {.method = HttpMethod::kGet, .path = "/metrics", .handler = [&borrowed_registry](const HttpRequest&, HttpReply reply) {
            reply({.status = 200, .body = borrowed_registry.text(), .content_type = std::string(kMetricsContentType)});
          }};
}

}  // namespace tickwire::game
