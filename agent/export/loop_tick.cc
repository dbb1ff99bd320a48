// SPDX-License-Identifier: Apache-2.0
#include "export/loop_tick.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "export/families.h"
#include "export/service_groups.h"
#include "export/text_parts.h"

namespace tickwire::exporting {
namespace {

using model::LoopTick;
using model::Service;

bool is_inferred(const Group& group) {
  return std::ranges::any_of(group.services, [](const Service* service) { return service->tick.has_value(); });
}

std::optional<std::chrono::nanoseconds> longest_period(const Group& group) {
  std::optional<std::chrono::nanoseconds> longest;
  for (const Service* service : group.services) {
    if (service->tick) longest = std::max(longest, service->tick->period);
  }
  return longest;
}

}  // namespace

void append_tick_families(std::vector<prometheus::MetricFamily>& families, const std::vector<Service>& services) {
  FamilyBuilder intervals(Family::kTickInterval);
  FamilyBuilder stalls(Family::kTickStalls);
  FamilyBuilder periods(Family::kTickPeriod);
  for (const Group& group : grouped(services)) {
    if (!is_inferred(group)) continue;
    intervals.add_histogram(labels_of(group), model::decimal_bounds(), group.histograms_of([](const Service& service) {
      return service.tick ? service.tick->intervals.get() : nullptr;
    }));
    stalls.add(labels_of(group), group.sum([](const Service& service) { return service.tick ? service.tick->stalls : 0; }));
    if (const auto period = longest_period(group)) periods.add(labels_of(group), seconds(*period));
  }
  std::move(intervals).finish(families);
  std::move(stalls).finish(families);
  std::move(periods).finish(families);
}

Json tick_json(const std::optional<LoopTick>& tick) {
  if (!tick) return nullptr;
  return {{"confidence", name(tick->confidence)},
          {"reason", text_or_null(tick->reason)},
          {"period_ns", nanoseconds_or_null(tick->period)},
          {"interval_p50_ns", nanoseconds_or_null(tick->interval_p50)},
          {"interval_p99_ns", nanoseconds_or_null(tick->interval_p99)},
          {"lateness_p50_ns", nanoseconds_or_null(tick->lateness_p50)},
          {"lateness_p99_ns", nanoseconds_or_null(tick->lateness_p99)},
          {"players", tick->period ? Json(tick->players) : Json(nullptr)},
          {"intervals", tick->intervals ? tick->intervals->samples() : 0},
          {"stalls", tick->stalls},
          {"longest_stall_ns", tick->stalls > 0 ? Json(tick->longest_stall.count()) : Json(nullptr)}};
}

std::string period_cell(const std::optional<LoopTick>& tick) {
  if (!tick || !tick->period) return kNotMeasured;
  return (tick->confidence == model::TickConfidence::kLow ? "~" : "") + format_duration(*tick->period);
}

std::string stalls_cell(const std::optional<LoopTick>& tick) {
  return tick && tick->intervals ? format_count(tick->stalls) : kNotMeasured;
}

}  // namespace tickwire::exporting
