// What it owns: the Prometheus families of one snapshot.
// Who may use it: api.
// Thread: any, pure functions; MetricsCollectable may be asked by any thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/snapshot.h"

namespace tickwire::exporting {

// Families of /metrics: label sets are bounded by services, states, reasons, interfaces and programs; no peer address.
[[nodiscard]] std::vector<prometheus::MetricFamily> service_families(const model::Snapshot& snapshot);

// Requests that the web configuration refused, since the start.
struct HttpRefusals {
  std::uint64_t password = 0;  // 401: none, or a wrong one
  std::uint64_t limit = 0;     // 429: too many were tried to look at this one
};
// The family of /metrics that the server itself counts.
[[nodiscard]] prometheus::MetricFamily http_family(const HttpRefusals& refusals);

// Families of /metrics/connections: per-connection histograms with addresses as labels, of at most `most` connections (those
// with the highest rtt p99 first); tickwire_connection_series_dropped says how many were left out.
[[nodiscard]] std::vector<prometheus::MetricFamily> connection_families(const model::Snapshot& snapshot, std::size_t most);

// Exposition format 0.0.4.
[[nodiscard]] std::string metrics_text(const std::vector<prometheus::MetricFamily>& families);

// Every family name that the two functions above can give, with its help; for the docs check.
struct FamilyRow {
  std::string name;
  std::string type;  // "counter", "gauge", "histogram", "summary"
  std::string help;
};
[[nodiscard]] std::vector<FamilyRow> family_rows();

// The same families for prometheus-cpp's registry of collectables.
class MetricsCollectable : public prometheus::Collectable {
 public:
  explicit MetricsCollectable(std::function<std::shared_ptr<const model::Snapshot>()> latest) : latest_(std::move(latest)) {}
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  std::function<std::shared_ptr<const model::Snapshot>()> latest_;
};

}  // namespace tickwire::exporting
