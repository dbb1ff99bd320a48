// SPDX-License-Identifier: Apache-2.0
#include "export/metrics_stages.h"

#include <algorithm>
#include <utility>

#include "export/families.h"
#include "export/service_groups.h"
#include "export/stages.h"

namespace tickwire::exporting {
namespace {

using model::FollowedCounts;
using model::Protocol;
using model::Service;
using model::SocketCounts;
using prometheus::MetricFamily;

using Groups = std::vector<Group>;

void append_delayed(std::vector<MetricFamily>& families, const Groups& groups, bool measured) {
  FamilyBuilder builder(Family::kRttMaybeDelayed);
  for (const Group& group : groups) {
    for (const model::SeriesRow& row : model::series_rows()) {
      if (row.quantity != model::Quantity::kRttMaybeDelayed || (row.only && *row.only != group.protocol)) continue;
      const auto parts = group.histograms(row.series);
      // A rule takes the place of the other methods.
      if (parts.empty() && (!measured || group.has_rule())) continue;
      builder.add_histogram(with(labels_of(group), "method", row.method), model::decimal_bounds(), parts);
    }
  }
  std::move(builder).finish(families);
}

void append_stages(std::vector<MetricFamily>& families, const Groups& groups, const model::Snapshot& snapshot) {
  FamilyBuilder builder(Family::kStage);
  for (const Group& group : groups) {
    for (const model::Stage stage : kAllStages) {
      const auto parts = group.histograms(series_of(stage));
      if (parts.empty() && (!has_stages(snapshot) || hook_of(snapshot, group.protocol, stage).empty())) continue;
      builder.add_histogram(with(labels_of(group), "stage", name(stage)), model::decimal_bounds(), parts);
    }
  }
  std::move(builder).finish(families);
}

void append_jitter(std::vector<MetricFamily>& families, const Groups& groups, bool measured) {
  FamilyBuilder builder(Family::kJitter);
  for (const Group& group : groups) {
    for (const model::JitterKind kind : model::kJitterKinds) {
      const auto parts = group.histograms_of(
          [kind](const Service& service) { return service.stages.jitter[static_cast<std::size_t>(kind)].get(); });
      if (parts.empty() && !measured) continue;
      builder.add_histogram(with(labels_of(group), "direction", name(kind)), model::decimal_bounds(), parts);
    }
  }
  std::move(builder).finish(families);
}

// A sum over the group's services of a count that each of them has, or has not.
template <typename Counts, typename Field>
void append_counts(std::vector<MetricFamily>& families, const Groups& groups, bool measured, Family family,
                   std::optional<Counts> model::StageTotals::*counts, Field Counts::*field) {
  constexpr bool kOfSockets = std::is_same_v<Counts, SocketCounts>;
  FamilyBuilder builder(family);
  for (const Group& group : groups) {
    if (kOfSockets && group.protocol != Protocol::kUdp) continue;
    const bool counted =
        std::ranges::any_of(group.services, [&](const Service* service) { return (service->stages.*counts).has_value(); });
    if (!measured && !counted) continue;
    builder.add(kOfSockets ? Labels{{"service", group.name}} : labels_of(group),
                group.sum([&](const Service& service) -> std::uint64_t {
                  const auto& value = service.stages.*counts;
                  return value ? (*value).*field : 0;
                }));
  }
  std::move(builder).finish(families);
}

void append_waiting_max(std::vector<MetricFamily>& families, const Groups& groups, bool measured) {
  FamilyBuilder builder(Family::kUdpWaitingMax);
  for (const Group& group : groups) {
    if (group.protocol != Protocol::kUdp) continue;
    std::optional<std::uint32_t> most = measured ? std::optional(0U) : std::nullopt;
    for (const Service* service : group.services) {
      if (service->stages.socket) most = std::max(most.value_or(0), service->stages.socket->waiting_max);
    }
    if (most) builder.add({{"service", group.name}}, *most);
  }
  std::move(builder).finish(families);
}

}  // namespace

void append_stage_families(std::vector<MetricFamily>& families, const model::Snapshot& snapshot) {
  const Groups groups = grouped(snapshot.services);
  const bool measured = has_stages(snapshot);
  append_delayed(families, groups, measured);
  append_stages(families, groups, snapshot);
  append_jitter(families, groups, measured);
  const auto add = [&](Family family, auto counts, auto field) {
    append_counts(families, groups, measured, family, counts, field);
  };
  using model::StageTotals;
  add(Family::kRequestsFollowed, &StageTotals::followed, &FollowedCounts::followed);
  add(Family::kRequestsCompleted, &StageTotals::followed, &FollowedCounts::completed);
  add(Family::kRequestResyncs, &StageTotals::followed, &FollowedCounts::resyncs);
  add(Family::kUdpTaken, &StageTotals::socket, &SocketCounts::taken);
  add(Family::kUdpRead, &StageTotals::socket, &SocketCounts::read);
  add(Family::kUdpRefused, &StageTotals::socket, &SocketCounts::refused);
  add(Family::kUdpWaiting, &StageTotals::socket, &SocketCounts::waiting_sum);
  append_waiting_max(families, groups, measured);
  add(Family::kStarved, &StageTotals::socket, &SocketCounts::starved);
}

}  // namespace tickwire::exporting
