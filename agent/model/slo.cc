// SPDX-License-Identifier: Apache-2.0
#include "model/slo.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace tickwire::model {
namespace {

using std::chrono::nanoseconds;

constexpr std::uint64_t kLeastSamples = 20;
constexpr std::size_t kQuantities = static_cast<std::size_t>(SloQuantity::kSocketToApp) + 1;

const Latency& latency_of(const Shown& shown, const Connection& connection, SloQuantity quantity) {
  switch (quantity) {
    case SloQuantity::kTurnaround:
      return shown.latency(connection, connection.turnaround);
    case SloQuantity::kSocketToApp:
      return connection.stages[static_cast<std::size_t>(Stage::kSocketToApp)];
    case SloQuantity::kRtt:
    case SloQuantity::kJitter:
      break;
  }
  const Latency& network = shown.latency(connection, connection.rtt_network);
  return network.samples() > 0 ? network : shown.latency(connection, connection.rtt);
}

// What is compared with the limits, none of which is below `least`.
std::optional<nanoseconds> value_of(const Snapshot& snapshot, const Latency& latency, const Connection& connection,
                                    SloQuantity quantity, nanoseconds least) {
  if (latency.samples() < kLeastSamples) return std::nullopt;
  if (quantity == SloQuantity::kJitter) {
    // Most connections are within their limits; looking into the minute's samples costs more than all the rest.
    if (!connection.rtt_jitter || *connection.rtt_jitter <= least) return std::nullopt;
    const bool enough = snapshot.summary(connection, latency, Window::k1m).samples >= kLeastSamples;
    return enough ? connection.rtt_jitter : std::nullopt;
  }
  // No quantile of any window is above the maximum of all.
  if (latency.max && *latency.max <= least) return std::nullopt;
  return snapshot.summary(connection, latency, Window::k1m).p95;
}

}  // namespace

std::vector<std::size_t> SloCheck::beyond(const Connection& connection) const {
  std::vector<std::size_t> result;
  if (connection.closed || !connection.service) return result;
  std::array<std::optional<nanoseconds>, kQuantities> least;
  for (const Slo& slo : snapshot_.slos) {
    std::optional<nanoseconds>& limit = least.at(static_cast<std::size_t>(slo.quantity));
    if (is_of(snapshot_.slos, slo, connection.service->name)) limit = std::min(limit.value_or(slo.limit), slo.limit);
  }
  std::array<std::optional<nanoseconds>, kQuantities> values;
  for (std::size_t i = 0; i < kQuantities; ++i) {
    const auto quantity = static_cast<SloQuantity>(i);
    if (!least.at(i)) continue;
    values.at(i) = value_of(snapshot_, latency_of(shown_, connection, quantity), connection, quantity, *least.at(i));
  }
  for (std::size_t at = 0; at < snapshot_.slos.size(); ++at) {
    const Slo& slo = snapshot_.slos[at];
    const auto& value = values.at(static_cast<std::size_t>(slo.quantity));
    if (value && *value > slo.limit && is_of(snapshot_.slos, slo, connection.service->name)) result.push_back(at);
  }
  return result;
}

SloCounts count_beyond(const Snapshot& snapshot) {
  SloCounts counts;
  for (const Service& service : snapshot.services) {
    auto& of_service = counts.emplace_back();
    std::ranges::transform(snapshot.slos, std::back_inserter(of_service), [&](const Slo& slo) {
      return is_of(snapshot.slos, slo, service.id.name) ? std::optional<std::uint64_t>(0) : std::nullopt;
    });
  }
  const SloCheck check(snapshot);
  for (const auto& connection : snapshot.connections) {
    const std::vector<std::size_t> beyond = check.beyond(*connection);
    if (beyond.empty()) continue;
    const auto found = std::ranges::lower_bound(snapshot.services, *connection->service, {}, &Service::id);
    if (found == snapshot.services.end() || found->id != *connection->service) continue;
    for (const std::size_t at : beyond) ++*counts[static_cast<std::size_t>(found - snapshot.services.begin())][at];
  }
  return counts;
}

}  // namespace tickwire::model
