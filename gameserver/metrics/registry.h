// What it owns: what the server shows on /metrics, gathered from all parts at each scrape.
// Who may use it: the server's wiring adds the sources; the web gateway asks for the text.
// Thread: sources are added before the first scrape; scrapes on any thread, so a source must be safe to call on any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/collectable.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gameserver/metrics/families.h"
#include "gameserver/web/http.h"

namespace tickwire::game {

using MetricSource = std::function<MetricFamilies()>;

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

class MetricRegistry final : public prometheus::Collectable {
 public:
  void add(MetricSource source) { sources_.push_back(std::move(source)); }

  // In the order of the sources. Families of one name become one, as the exposition format wants it, with the first one's help.
  [[nodiscard]] MetricFamilies Collect() const override;
  // The text exposition, version 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<MetricSource> sources_;
};

// GET /metrics. The registry outlives the route.
[[nodiscard]] HttpRoute metrics_route(const MetricRegistry& borrowed_registry);

}  // namespace tickwire::game
