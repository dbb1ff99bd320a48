// SPDX-License-Identifier: Apache-2.0
#include "export/metrics_services.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "export/families.h"
#include "export/service_groups.h"
#include "model/shown.h"

namespace tickwire::exporting {
namespace {

using model::CloseReason;
using model::ConnectionState;
using model::Direction;
using model::Protocol;
using model::Service;

template <typename Key>
std::uint64_t count_at(const std::map<Key, std::uint64_t>& counts, Key key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

// How a connection of the protocol can end.
std::span<const CloseReason> close_reasons(Protocol protocol) {
  static constexpr std::array kTcp{CloseReason::kLocalFin,    CloseReason::kRemoteFin,   CloseReason::kLocalReset,
                                   CloseReason::kRemoteReset, CloseReason::kTimeout,     CloseReason::kIdle,
                                   CloseReason::kHalfOpen,    CloseReason::kServiceGone, CloseReason::kNone};
  static constexpr std::array kUdp{CloseReason::kIdle, CloseReason::kServiceGone};
  return protocol == Protocol::kTcp ? std::span<const CloseReason>(kTcp) : std::span<const CloseReason>(kUdp);
}

bool can_have(Protocol protocol, ConnectionState state) {
  return (state == ConnectionState::kActive) == (protocol == Protocol::kUdp);
}

// Those that a service of the group can have are there from the start. A rule takes the place of the other methods, so they are
// there only for what they measured nevertheless.
bool is_shown(const Group& group, const model::SeriesRow& row, bool has_samples) {
  if (row.only && *row.only != group.protocol) return false;
  if (is_by_rule(row.series)) return group.has_rule() && group.rule_fits();
  return has_samples || !group.has_rule();
}

void append_latency(std::vector<prometheus::MetricFamily>& families, const std::vector<Group>& groups, Family family,
                    model::Quantity quantity) {
  FamilyBuilder builder(family);
  for (const Group& group : groups) {
    for (const model::SeriesRow& row : model::series_rows()) {
      if (row.quantity != quantity) continue;
      const std::vector<const model::Histogram*> parts = group.histograms(row.series);
      if (!is_shown(group, row, !parts.empty())) continue;
      builder.add_histogram(with(labels_of(group), "method", row.method), model::decimal_bounds(), parts);
    }
  }
  std::move(builder).finish(families);
}

void append_traffic(std::vector<prometheus::MetricFamily>& families, const std::vector<Group>& groups, Family family,
                    std::uint64_t model::Traffic::*field) {
  FamilyBuilder builder(family);
  for (const Group& group : groups) {
    for (const Direction direction : model::kDirections) {
      builder.add(with(labels_of(group), "direction", name(direction)),
                  group.sum([&](const Service& service) { return service.traffic[static_cast<std::size_t>(direction)].*field; }));
    }
  }
  std::move(builder).finish(families);
}

void append_connections(std::vector<prometheus::MetricFamily>& families, const std::vector<Group>& groups) {
  FamilyBuilder connections(Family::kConnections);
  FamilyBuilder opened(Family::kConnectionsOpened);
  FamilyBuilder closed(Family::kConnectionsClosed);
  for (const Group& group : groups) {
    for (const ConnectionState state : model::connection_states()) {
      if (!can_have(group.protocol, state)) continue;
      connections.add(with(labels_of(group), "state", name(state)),
                      group.sum([&](const Service& service) { return count_at(service.connections, state); }));
    }
    opened.add(labels_of(group), group.sum([](const Service& service) { return service.opened; }));
    for (const CloseReason reason : close_reasons(group.protocol)) {
      closed.add(with(labels_of(group), "reason", name(reason)),
                 group.sum([&](const Service& service) { return count_at(service.closed_by, reason); }));
    }
  }
  std::move(connections).finish(families);
  std::move(opened).finish(families);
  std::move(closed).finish(families);
}

void append_tcp(std::vector<prometheus::MetricFamily>& families, const std::vector<Group>& groups) {
  FamilyBuilder transitions(Family::kTransitions);
  FamilyBuilder retransmissions(Family::kRetransmissions);
  FamilyBuilder out_of_order(Family::kOutOfOrder);
  for (const Group& group : groups) {
    if (group.protocol != Protocol::kTcp) continue;
    for (const ConnectionState state : model::tcp_states()) {
      transitions.add({{"service", group.name}, {"to", std::string(name(state))}},
                      group.sum([&](const Service& service) { return count_at(service.transitions, state); }));
    }
    retransmissions.add({{"service", group.name}}, group.sum([](const Service& service) { return service.retransmissions; }));
    out_of_order.add({{"service", group.name}}, group.sum([](const Service& service) { return service.out_of_order; }));
  }
  std::move(transitions).finish(families);
  std::move(retransmissions).finish(families);
  std::move(out_of_order).finish(families);
}

using RuleCount = std::uint64_t (*)(const model::RuleCounts& counts, std::size_t direction);

void append_rule_counts(std::vector<prometheus::MetricFamily>& families, const std::vector<const Group*>& groups, Family family,
                        RuleCount count) {
  FamilyBuilder builder(family);
  for (const Group* group : groups) {
    for (const Direction direction : model::kDirections) {
      builder.add(with(labels_of(*group), "direction", name(direction)), group->sum([&](const Service& service) {
        return service.rule ? count(*service.rule, static_cast<std::size_t>(direction)) : 0;
      }));
    }
  }
  std::move(builder).finish(families);
}

void append_rules(std::vector<prometheus::MetricFamily>& families, const std::vector<Group>& groups) {
  std::vector<const Group*> ruled;
  std::vector<const Group*> fitting;
  FamilyBuilder fits(Family::kRuleFits);
  for (const Group& group : groups) {
    if (!group.has_rule()) continue;
    ruled.push_back(&group);
    if (group.rule_fits()) fitting.push_back(&group);
    fits.add(labels_of(group), group.rule_fits() ? 1 : 0);
  }
  std::move(fits).finish(families);

  using model::RuleCounts;
  const auto add = [&](const std::vector<const Group*>& of, Family family, RuleCount count) {
    append_rule_counts(families, of, family, count);
  };
  add(ruled, Family::kRuleMessages, [](const RuleCounts& counts, std::size_t at) { return counts.messages[at]; });
  add(ruled, Family::kRuleStrangers, [](const RuleCounts& counts, std::size_t at) { return counts.strangers[at]; });
  add(ruled, Family::kRuleTokens, [](const RuleCounts& counts, std::size_t at) { return counts.tokens[at]; });
  add(ruled, Family::kRuleEchoes, [](const RuleCounts& counts, std::size_t at) { return counts.echoes[at]; });
  add(fitting, Family::kSequenceMessages, [](const RuleCounts& counts, std::size_t at) { return counts.sequences[at].messages; });
  add(fitting, Family::kSequenceExpected,
      [](const RuleCounts& counts, std::size_t at) { return counts.sequences[at].expected(); });
  add(fitting, Family::kSequencePassedOver,
      [](const RuleCounts& counts, std::size_t at) { return counts.sequences[at].passed_over; });
  add(fitting, Family::kSequenceReordered,
      [](const RuleCounts& counts, std::size_t at) { return counts.sequences[at].reordered; });
  add(fitting, Family::kSequenceDuplicated,
      [](const RuleCounts& counts, std::size_t at) { return counts.sequences[at].duplicated; });
  add(fitting, Family::kSequenceJumps, [](const RuleCounts& counts, std::size_t at) { return counts.sequences[at].jumps; });
}

void append_events(std::vector<prometheus::MetricFamily>& families, const std::vector<Group>& groups) {
  FamilyBuilder suppressed(Family::kEventsSuppressed);
  for (const Group& group : groups)
    suppressed.add(labels_of(group), group.sum([](const Service& service) { return service.suppressed; }));
  std::move(suppressed).finish(families);
}

}  // namespace

void append_service_families(std::vector<prometheus::MetricFamily>& families, const std::vector<Service>& services) {
  const std::vector<Group> groups = grouped(services);
  append_latency(families, groups, Family::kRtt, model::Quantity::kRtt);
  append_latency(families, groups, Family::kTurnaround, model::Quantity::kTurnaround);
  append_traffic(families, groups, Family::kPackets, &model::Traffic::packets);
  append_traffic(families, groups, Family::kPayloadBytes, &model::Traffic::bytes);
  append_connections(families, groups);
  append_tcp(families, groups);
  append_events(families, groups);
  append_rules(families, groups);
}

}  // namespace tickwire::exporting
