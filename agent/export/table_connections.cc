// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "export/columns.h"
#include "export/stages.h"
#include "export/tables.h"
#include "export/text_parts.h"
#include "export/windows.h"
#include "model/rtt_shown.h"
#include "model/shown.h"

namespace tickwire::exporting {
namespace {

using model::Connection;
using model::Snapshot;

constexpr Align kRight = Align::kRight;
// Longer addresses are cut in the narrow table: every IPv4 one fits, and most written with "::".
constexpr std::size_t kNarrowAddress = 25;

const model::Traffic& traffic(const Connection& connection, model::Direction direction) {
  return connection.traffic[static_cast<std::size_t>(direction)];
}

// Both ends are kept: the prefix tells whose it is, and the port tells connections of one host apart.
std::string narrow(const std::string& address) {
  if (address.size() <= kNarrowAddress) return address;
  constexpr std::size_t kHead = (kNarrowAddress - 2) / 2;
  constexpr std::size_t kTail = kNarrowAddress - 2 - kHead;
  return address.substr(0, kHead) + ".." + address.substr(address.size() - kTail);
}

std::string retransmissions(const Connection& connection) {
  return connection.key.protocol == model::Protocol::kTcp ? format_count(connection.retransmissions) : kNotMeasured;
}

// The names of what is of one window.
struct Groups {
  explicit Groups(model::Window window)
      : rtt(fmt::format("RTT {}", name(window))),
        turnaround(fmt::format("TURNAROUND {}", name(window))),
        p95(fmt::format("P95 {}", name(window))) {}
  std::string rtt, turnaround, p95;
};

// "~" in front of what may hold a delayed acknowledgement's wait.
std::string rtt_cell(const model::RttShown& rtt, std::optional<std::chrono::nanoseconds> value) {
  return (rtt.maybe_delayed && value ? "~" : "") + duration_or_dash(value);
}

std::string count_cell(const Connection& connection, std::uint64_t model::SocketCounts::*field) {
  return connection.socket ? format_count((*connection.socket).*field) : kNotMeasured;
}

// What is shown of a row's latency.
struct LatencyCells {
  LatencyCells(const Snapshot& snapshot, const model::Shown& shown, const Connection& connection, model::Window window)
      : rtt(rtt_shown(snapshot, shown, connection, window)),
        turnaround(snapshot.summary(connection, shown.latency(connection, connection.turnaround), window)),
        wait(snapshot.summary(connection, latency_of(connection, model::Stage::kSocketToApp), window).p95),
        app(snapshot.summary(connection, latency_of(connection, model::Stage::kApp), window).p95) {
    const auto windows = windows_of(snapshot, connection, shown.latency(connection, line_rtt(connection)));
    if (windows) {
      shortest_rtt = windows->back().min;
    } else if (connection.rtt_delayed.samples() > 0) {
      shortest_rtt = exporting::shortest_rtt(snapshot, connection, model::Window::k5m);
    }
  }
  model::RttShown rtt;
  model::WindowSummary turnaround;
  std::optional<std::chrono::nanoseconds> wait, app;
  std::optional<std::chrono::nanoseconds> shortest_rtt;  // of 5 min
};

std::string narrow_table(const Snapshot& snapshot, const model::Shown& shown, const Rows& rows, model::Window window) {
  const Groups groups(window);
  Columns table({{"PROTO"},
                 {"LOCAL"},
                 {"REMOTE"},
                 {"STATE"},
                 {"AGE", kRight},
                 {"MIN 5m", kRight, groups.rtt},
                 {"P50", kRight, groups.rtt},
                 {"P99", kRight, groups.rtt},
                 {"P50", kRight, groups.turnaround},
                 {"P99", kRight, groups.turnaround},
                 {"WAIT", kRight, groups.p95},
                 {"APP", kRight, groups.p95},
                 {"RETX", kRight}});
  for (const auto& row : rows) {
    const LatencyCells of(snapshot, shown, *row, window);
    table.add({std::string(name(row->key.protocol)), narrow(row->key.local.text()), narrow(row->key.remote.text()),
               std::string(name(row->state)), format_age(row->age(snapshot.monotonic)), duration_or_dash(of.shortest_rtt),
               rtt_cell(of.rtt, of.rtt.summary.p50), rtt_cell(of.rtt, of.rtt.summary.p99), duration_or_dash(of.turnaround.p50),
               duration_or_dash(of.turnaround.p99), duration_or_dash(of.wait), duration_or_dash(of.app), retransmissions(*row)});
  }
  return table.text();
}

Columns wide_columns(const Groups& groups) {
  return Columns({{"ID"},
                  {"SERVICE"},
                  {"PROTO"},
                  {"LOCAL"},
                  {"REMOTE"},
                  {"STATE"},
                  {"AGE", kRight},
                  {"METHOD", Align::kLeft, groups.rtt},
                  {"MIN", kRight, groups.rtt},
                  {"MIN 5m", kRight, groups.rtt},
                  {"P50", kRight, groups.rtt},
                  {"P99", kRight, groups.rtt},
                  {"SRTT", kRight},
                  {"HANDSHAKE", kRight},
                  {"P50", kRight, groups.turnaround},
                  {"P99", kRight, groups.turnaround},
                  {"WAIT", kRight, groups.p95},
                  {"APP", kRight, groups.p95},
                  {"RTT", kRight, "JITTER"},
                  {"IN", kRight, "JITTER"},
                  {"OUT", kRight, "JITTER"},
                  {"IN", kRight, "PACKETS"},
                  {"OUT", kRight, "PACKETS"},
                  {"IN", kRight, "BYTES"},
                  {"OUT", kRight, "BYTES"},
                  {"RETX", kRight},
                  {"IN", kRight, "LOSS"},
                  {"OUT", kRight, "LOSS"},
                  {"REFUSED", kRight},
                  {"STARVED", kRight},
                  {"CLOSE"}});
}

std::string method_cell(const Connection& connection) {
  const auto& line = line_rtt(connection).series;
  const auto& series = line ? line : connection.rtt_delayed.series;
  return series ? std::string(model::row(*series).method) : kNotMeasured;
}

std::vector<std::string> wide_cells(const Snapshot& snapshot, const model::Shown& shown, const Connection& row,
                                    model::Window window) {
  const model::Traffic& in = traffic(row, model::Direction::kIngress);
  const model::Traffic& out = traffic(row, model::Direction::kEgress);
  const LatencyCells of(snapshot, shown, row, window);
  return {row.id.text(),
          row.service ? row.service->name : kNotMeasured,
          std::string(name(row.key.protocol)),
          row.key.local.text(),
          row.key.remote.text(),
          std::string(name(row.state)),
          format_age(row.age(snapshot.monotonic)),
          method_cell(row),
          duration_or_dash(row.rtt_network.samples() > 0 ? std::nullopt : shown.rtt_min(row)),
          duration_or_dash(of.shortest_rtt),
          rtt_cell(of.rtt, of.rtt.summary.p50),
          rtt_cell(of.rtt, of.rtt.summary.p99),
          duration_or_dash(row.srtt),
          duration_or_dash(row.handshake),
          duration_or_dash(of.turnaround.p50),
          duration_or_dash(of.turnaround.p99),
          duration_or_dash(of.wait),
          duration_or_dash(of.app),
          duration_or_dash(row.jitter(model::JitterKind::kRtt)),
          duration_or_dash(row.jitter(model::JitterKind::kIngress)),
          duration_or_dash(row.jitter(model::JitterKind::kEgress)),
          format_count(in.packets),
          format_count(out.packets),
          format_bytes(in.bytes),
          format_bytes(out.bytes),
          retransmissions(row),
          percent_or_dash(shown.loss_ratio(row, model::Direction::kIngress)),
          percent_or_dash(shown.loss_ratio(row, model::Direction::kEgress)),
          count_cell(row, &model::SocketCounts::refused),
          count_cell(row, &model::SocketCounts::starved),
          row.closed ? std::string(name(row.close_reason)) : kNotMeasured};
}

std::string wide_table(const Snapshot& snapshot, const model::Shown& shown, const Rows& rows, model::Window window) {
  const Groups groups(window);
  Columns table = wide_columns(groups);
  for (const auto& row : rows) table.add(wide_cells(snapshot, shown, *row, window));
  return table.text();
}

// The rules that do not fit, of the services of these rows and then of single connections.
std::string misfit_lines(const Snapshot& snapshot, const model::Shown& shown, const Rows& rows) {
  std::string out;
  for (const model::Service& service : snapshot.services) {
    const auto is_of = [&](const auto& row) { return row->service && *row->service == service.id; };
    if (misfits(service.rule) && std::ranges::any_of(rows, is_of)) out += misfit_line(service);
  }
  const auto alone = std::ranges::count_if(rows, [&](const auto& row) { return row->rule && shown.misfit(*row) == &*row->rule; });
  if (alone > 0) {
    out += fmt::format("rule does not fit {} of these connections, though it fits their service: what it measured is not shown\n",
                       alone);
  }
  return out;
}

}  // namespace

std::string connections_table(const Snapshot& snapshot, const Rows& rows, bool wide, model::Window window) {
  const model::Shown shown(snapshot);
  std::string out = wide ? wide_table(snapshot, shown, rows, window) : narrow_table(snapshot, shown, rows, window);
  const std::size_t known = snapshot.connections.size();
  const auto ended = static_cast<std::size_t>(
      std::ranges::count_if(snapshot.connections, [](const auto& row) { return row->closed.has_value(); }));
  out += fmt::format("{} of {} connections shown ({} open, {} ended); {} of {} slots in use\n", rows.size(), known, known - ended,
                     ended, snapshot.slots_used, snapshot.slots_capacity);
  return out + misfit_lines(snapshot, shown, rows) + loss_lines(snapshot);
}

}  // namespace tickwire::exporting
