// SPDX-License-Identifier: Apache-2.0
#include "export/windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "export/columns.h"
#include "export/text_parts.h"
#include "model/shown.h"

namespace tickwire::exporting {
namespace {

using model::kRecentWindows;
using model::Snapshot;
using model::Window;
using model::WindowSummaries;
using model::WindowSummary;

constexpr std::size_t k10s = 0;
constexpr std::size_t k5m = 2;
static_assert(kRecentWindows[k10s] == Window::k10s && kRecentWindows[k5m] == Window::k5m);

Json summary_json(const WindowSummary& summary, bool with_min) {
  Json result{{"samples", summary.samples}};
  if (with_min) result["min_ns"] = nanoseconds_or_null(summary.min);
  result["p50_ns"] = nanoseconds_or_null(summary.p50);
  result["p90_ns"] = nanoseconds_or_null(summary.p90);
  result["p95_ns"] = nanoseconds_or_null(summary.p95);
  result["p99_ns"] = nanoseconds_or_null(summary.p99);
  result["p999_ns"] = nanoseconds_or_null(summary.p999);
  result["max_ns"] = nanoseconds_or_null(summary.max);
  return result;
}

Json windows_json(const WindowSummaries& summaries, bool with_min) {
  Json result;
  for (std::size_t i = 0; i < kRecentWindows.size(); ++i) {
    result[std::string(name(kRecentWindows[i]))] = summary_json(summaries[i], with_min);
  }
  return result;
}

Json queueing_json(const model::QueueingDelay& delay) {
  return {{"p50_ns", nanoseconds_or_null(delay.p50)}, {"p95_ns", nanoseconds_or_null(delay.p95)}};
}

std::string queueing_words(const model::QueueingDelay& delay, std::string_view window) {
  return fmt::format("p50 {}, p95 {} above the minimum of {}", duration_or_dash(delay.p50), duration_or_dash(delay.p95), window);
}

}  // namespace

std::optional<WindowSummaries> windows_of(const Snapshot& snapshot, const model::Connection& connection,
                                          const model::Latency& latency) {
  if (latency.samples() == 0) return std::nullopt;
  WindowSummaries result = snapshot.summaries(connection, latency);
  if (&latency != &connection.rtt || connection.rtt_delayed.samples() == 0) return result;
  const WindowSummaries delayed = snapshot.summaries(connection, connection.rtt_delayed);
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (delayed[i].min) result[i].min = std::min(result[i].min.value_or(*delayed[i].min), *delayed[i].min);
  }
  return result;
}

void add_windows(Json& object, const Snapshot& snapshot, const model::Connection& connection, const model::Latency& latency) {
  const auto windows = windows_of(snapshot, connection, latency);
  object["windows"] = windows ? windows_json(*windows, true) : Json(nullptr);
}

void add_rtt_windows(Json& object, const Snapshot& snapshot, const model::Connection& connection, const model::Latency& rtt) {
  const auto windows = windows_of(snapshot, connection, rtt);
  object["windows"] = windows ? windows_json(*windows, true) : Json(nullptr);
  Json& queueing = object["queueing_delay"];
  if (!windows) return;
  queueing["10s"] = queueing_json(queueing_delay((*windows)[k10s], (*windows)[k10s].min));
  queueing["5m"] = queueing_json(queueing_delay((*windows)[k10s], (*windows)[k5m].min));
}

void add_windows(Json& object, const Snapshot& snapshot, const model::Service& service, model::Series series) {
  const auto& histogram = service.histograms[static_cast<std::size_t>(series)];
  const bool visible = histogram && histogram->samples() > 0 && !(is_by_rule(series) && model::misfits(service.rule));
  object["windows"] = visible ? windows_json(snapshot.summaries(service, series), false) : Json(nullptr);
}

std::string windows_text(const Snapshot& snapshot, const model::Connection& connection, const model::Latency& latency) {
  const auto windows = windows_of(snapshot, connection, latency);
  if (!windows) return {};
  constexpr Align kRight = Align::kRight;
  Columns table({{"LAST", kRight},
                 {"SAMPLES", kRight},
                 {"MIN", kRight},
                 {"P50", kRight},
                 {"P90", kRight},
                 {"P95", kRight},
                 {"P99", kRight},
                 {"P99.9", kRight},
                 {"MAX", kRight}});
  for (std::size_t i = 0; i < kRecentWindows.size(); ++i) {
    const WindowSummary& of = (*windows)[i];
    table.add({std::string(name(kRecentWindows[i])), std::to_string(of.samples), duration_or_dash(of.min),
               duration_or_dash(of.p50), duration_or_dash(of.p90), duration_or_dash(of.p95), duration_or_dash(of.p99),
               duration_or_dash(of.p999), duration_or_dash(of.max)});
  }
  std::string out = table.text("  ");
  if (&latency == &connection.rtt) {
    const WindowSummary& now = (*windows)[k10s];
    out += fmt::format("  queueing delay, last 10s: {}; {}\n", queueing_words(queueing_delay(now, now.min), "10s"),
                       queueing_words(queueing_delay(now, (*windows)[k5m].min), "5m"));
  }
  return out;
}

}  // namespace tickwire::exporting
