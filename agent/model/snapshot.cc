// SPDX-License-Identifier: Apache-2.0
#include "model/snapshot.h"

namespace tickwire::model {
namespace {

RecentKey key_of(const Connection& connection) { return {.number = connection.id.slot, .generation = connection.id.generation}; }

RecentKey key_of(const Service& service) { return {.number = service.number}; }

}  // namespace

WindowSummary Snapshot::summary(const Connection& connection, const Latency& latency, Window window) const {
  if (window != Window::kAll) {
    if (!latency.series) return {};
    return recent_connections.summary(key_of(connection), *latency.series, window, monotonic);
  }
  return {.samples = latency.samples(),
          .min = std::nullopt,
          .p50 = latency.p50,
          .p90 = latency.p90,
          .p95 = latency.p95,
          .p99 = latency.p99,
          .p999 = latency.p999,
          .max = latency.max};
}

WindowSummary Snapshot::summary(const Service& service, Series series, Window window) const {
  if (window != Window::kAll) return recent_services.summary(key_of(service), series, window, monotonic);
  const auto& histogram = service.histograms[static_cast<std::size_t>(series)];
  return histogram ? WindowSummary::of(*histogram) : WindowSummary{};
}

Histogram Snapshot::histogram(const Connection& connection, const Latency& latency, Window window) const {
  if (!latency.series) return Histogram(Resolution::kConnection);
  return recent_connections.histogram(key_of(connection), *latency.series, window, monotonic);
}

WindowSummaries Snapshot::summaries(const Connection& connection, const Latency& latency) const {
  if (!latency.series) return {};
  return recent_connections.summaries(key_of(connection), *latency.series, monotonic);
}

WindowSummaries Snapshot::summaries(const Service& service, Series series) const {
  return recent_services.summaries(key_of(service), series, monotonic);
}

}  // namespace tickwire::model
