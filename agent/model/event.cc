// SPDX-License-Identifier: Apache-2.0
#include "model/event.h"

#include <algorithm>

#include "model/shown.h"

namespace tickwire::model {
namespace {

LatencySummary summary_of(const Connection& row, const Latency& latency) {
  if (latency.series && is_by_rule(*latency.series) && misfits(row.rule)) return {};
  return {.series = latency.samples() > 0 ? latency.series : std::nullopt,
          .samples = latency.samples(),
          .p50 = latency.p50,
          .p95 = latency.p95,
          .p99 = latency.p99,
          .max = latency.max};
}

}  // namespace

std::string_view name(EventKind kind) {
  switch (kind) {
    case EventKind::kOpened:
      return "opened";
    case EventKind::kStateChanged:
      return "state_changed";
    case EventKind::kClosed:
      return "closed";
    case EventKind::kStall:
      return "stall";
    case EventKind::kOverThreshold:
      return "over_threshold";
  }
  return "unknown";
}

std::optional<EventKind> event_kind_of(std::string_view text) {
  const auto found = std::ranges::find_if(kEventKinds, [&](EventKind kind) { return name(kind) == text; });
  return found == kEventKinds.end() ? std::nullopt : std::optional(*found);
}

Event closed_event(const Connection& row) {
  const std::chrono::nanoseconds at = row.closed.value_or(row.last_packet);
  const bool tcp = row.key.protocol == Protocol::kTcp;
  return {.at = at,
          .service = row.service,
          .connection = Event::Subject{.id = row.id, .key = row.key},
          .what = Closed{.reason = row.close_reason,
                         .duration = row.age(at),
                         .traffic = row.traffic,
                         .retransmissions = tcp ? std::optional(row.retransmissions) : std::nullopt,
                         .rtt = summary_of(row, row.rtt),
                         .turnaround = summary_of(row, row.turnaround)}};
}

}  // namespace tickwire::model
