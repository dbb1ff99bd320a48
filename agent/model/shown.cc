// SPDX-License-Identifier: Apache-2.0
#include "model/shown.h"

#include <algorithm>
#include <cstddef>

namespace tickwire::model {

bool misfits(const std::optional<RuleCounts>& rule) { return rule && !rule->fits(); }

Shown::Shown(const Snapshot& snapshot) {
  for (const Service& service : snapshot.services) {
    if (misfits(service.rule)) misfits_.push_back(&service);
  }
}

const RuleCounts* Shown::misfit(const Connection& connection) const {
  if (!connection.rule) return nullptr;
  if (connection.service) {
    const auto found = std::ranges::find(misfits_, *connection.service, &Service::id);
    if (found != misfits_.end()) return &*(*found)->rule;
  }
  return misfits(connection.rule) ? &*connection.rule : nullptr;
}

bool Shown::is_hidden(const Connection& connection, const Latency& measured) const {
  return measured.series && is_by_rule(*measured.series) && misfit(connection) != nullptr;
}

const Latency& Shown::latency(const Connection& connection, const Latency& measured) const {
  static const Latency kNothing;
  return is_hidden(connection, measured) ? kNothing : measured;
}

std::optional<std::chrono::nanoseconds> Shown::rtt_min(const Connection& connection) const {
  return is_hidden(connection, connection.rtt) ? std::nullopt : connection.rtt_min;
}

std::optional<double> Shown::loss_ratio(const Connection& connection, Direction direction) const {
  if (!connection.rule || misfit(connection) != nullptr) return std::nullopt;
  return connection.rule->sequences[static_cast<std::size_t>(direction)].loss_ratio();
}

}  // namespace tickwire::model
