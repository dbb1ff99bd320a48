// SPDX-License-Identifier: Apache-2.0
#include "export/tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "export/columns.h"
#include "export/loop_tick.h"
#include "export/slos.h"
#include "export/text_parts.h"
#include "export/timestamps.h"
#include "model/shown.h"

namespace tickwire::exporting {
namespace {

using model::Histogram;
using model::Service;
using model::Snapshot;

constexpr Align kRight = Align::kRight;

struct ShownSeries {
  const model::SeriesRow* row = nullptr;
  const Histogram* histogram = nullptr;
};

ShownSeries by_rule(const Service& service, model::Quantity quantity) {
  const model::Series series = quantity == model::Quantity::kRtt ? model::Series::kRttRule : model::Series::kTurnaroundRule;
  const Histogram* histogram = service.histograms[static_cast<std::size_t>(series)].get();
  return {&model::row(series), misfits(service.rule) ? nullptr : histogram};
}

// By the service's rule; without one, the method that has most samples of the quantity: they are never added up.
ShownSeries shown_series(const Service& service, model::Quantity quantity) {
  if (service.rule) return by_rule(service, quantity);
  ShownSeries result;
  for (const model::SeriesRow& row : model::series_rows()) {
    const Histogram* histogram = service.histograms[static_cast<std::size_t>(row.series)].get();
    if (row.quantity != quantity || !histogram || histogram->samples() == 0) continue;
    if (!result.histogram || histogram->samples() > result.histogram->samples()) result = {&row, histogram};
  }
  return result;
}

model::WindowSummary summary_of(const Snapshot& snapshot, const Service& service, const ShownSeries& shown,
                                model::Window window) {
  return shown.histogram ? snapshot.summary(service, shown.row->series, window) : model::WindowSummary{};
}

std::vector<std::string> service_cells(const Snapshot& snapshot, const Service& service, model::Window window) {
  const bool tcp = service.id.protocol == model::Protocol::kTcp;
  const model::Traffic& in = service.traffic[static_cast<std::size_t>(model::Direction::kIngress)];
  const model::Traffic& out = service.traffic[static_cast<std::size_t>(model::Direction::kEgress)];
  const ShownSeries rtt = shown_series(service, model::Quantity::kRtt);
  const model::WindowSummary rtt_summary = summary_of(snapshot, service, rtt, window);
  const model::WindowSummary turnaround =
      summary_of(snapshot, service, shown_series(service, model::Quantity::kTurnaround), window);
  std::uint64_t open = 0;
  for (const auto& [state, count] : service.connections) open += count;
  return {service.id.name,
          std::string(name(service.id.protocol)),
          std::to_string(service.id.port),
          format_count(open),
          format_count(service.opened),
          format_count(service.closed),
          rtt.row ? std::string(rtt.row->method) : kNotMeasured,
          duration_or_dash(rtt_summary.p50),
          duration_or_dash(rtt_summary.p99),
          duration_or_dash(turnaround.p50),
          duration_or_dash(turnaround.p99),
          duration_or_dash(snapshot.summary(service, model::Series::kStageSocketToApp, window).p95),
          duration_or_dash(snapshot.summary(service, model::Series::kStageApp, window).p95),
          period_cell(service.tick),
          stalls_cell(service.tick),
          format_count(in.packets),
          format_count(out.packets),
          format_bytes(in.bytes),
          format_bytes(out.bytes),
          tcp ? format_count(service.retransmissions) : kNotMeasured};
}

std::string hooks_table(const std::vector<model::HookOutcome>& hooks) {
  Columns table({{"CAPABILITY"}, {"INTERFACE"}, {"MODE"}, {"LOST WITHOUT IT"}});
  for (const model::HookOutcome& hook : hooks) {
    const std::string mode = hook.mode();
    table.add({hook.capability, hook.interface.empty() ? "-" : hook.interface, mode.empty() ? "none" : mode,
               mode.empty() ? hook.loses : "-"});
  }
  std::string out = table.text("  ");
  for (const model::HookOutcome& hook : hooks) {
    for (const model::HookAttempt& attempt : hook.attempts) {
      if (attempt.attached && !attempt.reason.empty())
        out += fmt::format("  {} by {}: {}\n", hook.capability, attempt.candidate, attempt.reason);
    }
    if (!hook.mode().empty()) continue;
    for (const model::HookAttempt& attempt : hook.attempts) {
      if (attempt.tried) out += fmt::format("  {} by {} was refused: {}\n", hook.capability, attempt.candidate, attempt.reason);
    }
  }
  return out;
}

std::string interfaces_table(const std::vector<model::InterfaceTotals>& interfaces) {
  Columns table({{"INTERFACE"},
                 {"IN", kRight, "SEEN BY TICKWIRE"},
                 {"OUT", kRight, "SEEN BY TICKWIRE"},
                 {"IN", kRight, "COUNTED BY THE KERNEL"},
                 {"OUT", kRight, "COUNTED BY THE KERNEL"}});
  for (const model::InterfaceTotals& interface : interfaces) {
    table.add({interface.name, std::to_string(interface.seen[0]), std::to_string(interface.seen[1]),
               std::to_string(interface.counted[0]), std::to_string(interface.counted[1])});
  }
  return table.text("  ");
}

std::string threads_table(const std::vector<ThreadPrivileges>& threads) {
  Columns table({{"THREAD"}, {"CAPABILITIES"}, {"NO NEW PRIVILEGES"}});
  for (const ThreadPrivileges& thread : threads) {
    const std::vector<std::string> names = capability_names(thread.permitted);
    table.add({thread.thread, names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")),
               thread.no_new_privileges ? "yes" : "no"});
  }
  return table.text("  ");
}

}  // namespace

std::string services_table(const Snapshot& snapshot, model::Window window) {
  const std::string rtt = fmt::format("RTT {}", name(window));
  const std::string turnaround = fmt::format("TURNAROUND {}", name(window));
  const std::string p95 = fmt::format("P95 {}", name(window));
  Columns table({{"SERVICE"},
                 {"PROTO"},
                 {"PORT", kRight},
                 {"NOW", kRight, "CONNECTIONS"},
                 {"OPENED", kRight, "CONNECTIONS"},
                 {"CLOSED", kRight, "CONNECTIONS"},
                 {"METHOD", Align::kLeft, rtt},
                 {"P50", kRight, rtt},
                 {"P99", kRight, rtt},
                 {"P50", kRight, turnaround},
                 {"P99", kRight, turnaround},
                 {"WAIT", kRight, p95},
                 {"APP", kRight, p95},
                 {"PERIOD", kRight, "TICK"},
                 {"STALLS", kRight, "TICK"},
                 {"IN", kRight, "PACKETS"},
                 {"OUT", kRight, "PACKETS"},
                 {"IN", kRight, "BYTES"},
                 {"OUT", kRight, "BYTES"},
                 {"RETX", kRight}});
  for (const Service& service : snapshot.services) table.add(service_cells(snapshot, service, window));
  std::string out = table.text();
  for (const Service& service : snapshot.services) out += misfit_line(service);
  out += slo_lines(snapshot);
  if (snapshot.services_refused > 0) out += fmt::format("services left out by --max-services: {}\n", snapshot.services_refused);
  return out + loss_lines(snapshot);
}

std::string status_text(const Snapshot& snapshot) {
  std::string out = fmt::format("tickwire {} ({}), started {}\n", snapshot.build.version, snapshot.build.revision,
                                rfc3339(snapshot.started_unix));
  out += snapshot.readiness.ready ? "ready\n" : "NOT READY\n";
  for (const std::string& problem : snapshot.readiness.problems) out += fmt::format("  {}\n", problem);
  out += fmt::format("{} ticks, one every {}; the last took {} of CPU time\n", snapshot.ticks, format_duration(snapshot.interval),
                     format_duration(snapshot.read_time));
  out += fmt::format("{} connections of {} services; {} of {} slots in use\n", snapshot.connections.size(),
                     snapshot.services.size(), snapshot.slots_used, snapshot.slots_capacity);
  if (snapshot.closed_rows_dropped > 0) {
    out += fmt::format("ended connections that were not kept visible for a minute: {}\n", snapshot.closed_rows_dropped);
  }
  if (snapshot.services_refused > 0) out += fmt::format("services left out by --max-services: {}\n", snapshot.services_refused);
  out += loss_lines(snapshot);
  out += "privileges\n" + threads_table(snapshot.threads);
  out += "hooks\n" + hooks_table(snapshot.hooks);
  out += "interfaces, in packets\n" + interfaces_table(snapshot.interfaces);
  return out;
}

}  // namespace tickwire::exporting
