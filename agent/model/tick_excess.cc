// SPDX-License-Identifier: Apache-2.0
#include "model/tick_excess.h"

#include <algorithm>

namespace tickwire::model {
namespace {

using std::chrono::nanoseconds;

const Service* service_of(const Snapshot& snapshot, const Connection& connection) {
  if (!connection.service) return nullptr;
  const auto found = std::ranges::lower_bound(snapshot.services, *connection.service, {}, &Service::id);
  return found != snapshot.services.end() && found->id == *connection.service ? &*found : nullptr;
}

std::optional<nanoseconds> period_of(const Service& service) {
  if (!service.tick || service.tick->confidence != TickConfidence::kHigh) return std::nullopt;
  return service.tick->period;
}

}  // namespace

std::optional<TickExcess> excess_over(const Histogram& waits, nanoseconds period) {
  if (waits.samples() == 0) return std::nullopt;
  const auto limit = static_cast<double>(period.count());
  double above = 0;
  double sum = 0;
  for (const Histogram::Cell& cell : waits.filled()) {
    const auto from = static_cast<double>(cell.from.count());
    const auto to = static_cast<double>(cell.to.count());
    if (to <= limit) continue;
    const double begin = std::max(from, limit);
    const double samples = static_cast<double>(cell.samples) * (to - begin) / (to - from);
    above += samples;
    sum += samples * ((begin + to) / 2 - limit);
  }
  TickExcess result{.period = period, .samples = waits.samples(), .share = above / static_cast<double>(waits.samples())};
  if (above > 0) result.mean = nanoseconds(static_cast<std::int64_t>(sum / above));
  return result;
}

std::optional<TickExcess> tick_excess(const Snapshot& snapshot, const Connection& connection) {
  const Service* const service = service_of(snapshot, connection);
  const auto period = service == nullptr ? std::nullopt : period_of(*service);
  const Latency& waits = connection.stages[static_cast<std::size_t>(Stage::kSocketToApp)];
  if (!period || waits.samples() == 0) return std::nullopt;
  return excess_over(snapshot.histogram(connection, waits, Window::k1m), *period);
}

std::optional<TickExcess> tick_excess(const Snapshot& snapshot, const Service& service) {
  const auto period = period_of(service);
  if (!period || !service.histograms[static_cast<std::size_t>(Series::kStageSocketToApp)]) return std::nullopt;
  return excess_over(
      snapshot.recent_services.histogram({.number = service.number}, Series::kStageSocketToApp, Window::k1m, snapshot.monotonic),
      *period);
}

}  // namespace tickwire::model
