// SPDX-License-Identifier: Apache-2.0
#include "export/rules.h"

namespace tickwire::exporting {
namespace {

bool is_hidden(const model::Connection& connection, const model::Latency& latency) {
  return latency.series && is_by_rule(*latency.series) && misfits(connection.rule);
}

}  // namespace

bool misfits(const std::optional<model::RuleCounts>& rule) { return rule && !rule->fits(); }

const model::Latency& shown(const model::Connection& connection, const model::Latency& latency) {
  static const model::Latency kNothing;
  return is_hidden(connection, latency) ? kNothing : latency;
}

std::optional<std::chrono::nanoseconds> shown_rtt_min(const model::Connection& connection) {
  return is_hidden(connection, connection.rtt) ? std::nullopt : connection.rtt_min;
}

std::uint64_t expected_messages(const model::SequenceCounts& sequence) {
  // A message that comes late is one more and takes its loss back: the sum stays.
  return sequence.messages - sequence.duplicated + sequence.lost;
}

std::optional<double> loss_ratio(const model::SequenceCounts& sequence) {
  const std::uint64_t expected = expected_messages(sequence);
  if (expected == 0) return std::nullopt;
  return static_cast<double>(sequence.lost) / static_cast<double>(expected);
}

std::optional<double> loss_ratio(const std::optional<model::RuleCounts>& rule, model::Direction direction) {
  if (!rule || misfits(rule)) return std::nullopt;
  return loss_ratio(rule->sequences[static_cast<std::size_t>(direction)]);
}

}  // namespace tickwire::exporting
