// SPDX-License-Identifier: Apache-2.0
#include "export/text_stages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "export/columns.h"
#include "export/stages.h"
#include "export/text_parts.h"
#include "model/tick_excess.h"

namespace tickwire::exporting {
namespace {

using model::Connection;
using model::Latency;
using model::Snapshot;
using model::Stage;
using std::chrono::nanoseconds;

constexpr std::size_t kBar = 24;
constexpr std::size_t kLongestHook = 28;  // the rest of a line of 100

std::optional<nanoseconds> mean_of(const Latency& latency) {
  return latency.histogram ? latency.histogram->mean() : std::nullopt;
}

std::size_t column_of(nanoseconds at, nanoseconds total) {
  return static_cast<std::size_t>(std::lround(kBar * (static_cast<double>(at.count()) / static_cast<double>(total.count()))));
}

// The part [from, to) of the total, at least one character.
std::string bar(nanoseconds from, nanoseconds to, nanoseconds total) {
  const std::size_t begin = std::min(column_of(from, total), kBar - 1);
  const std::size_t end = std::max(column_of(to, total), begin + 1);
  return std::string(begin, ' ') + std::string(end - begin, '#');
}

std::string cut(const std::string& text, std::size_t most) {
  return text.size() <= most ? text : text.substr(0, most - 2) + "..";
}

struct Part {
  Stage stage;
  std::string picture;
  std::optional<double> share;
};

void add_row(Columns& table, const Snapshot& snapshot, const Connection& connection, model::Window window, Part part) {
  const Latency& latency = latency_of(connection, part.stage);
  const model::WindowSummary recent = snapshot.summary(connection, latency, window);
  table.add({std::string(name(part.stage)), std::move(part.picture), duration_or_dash(mean_of(latency)),
             percent_or_dash(part.share), duration_or_dash(recent.p50), duration_or_dash(recent.p99),
             cut(hook_of(snapshot, connection.key.protocol, part.stage), kLongestHook)});
}

std::string qdisc_line(const Snapshot& snapshot, const Connection& connection) {
  const Latency& qdisc = latency_of(connection, Stage::kQdisc);
  const std::string stage(name(Stage::kQdisc));
  if (qdisc.samples() == 0) {
    return fmt::format("  {}, after it: not measured: {}\n", stage, why_no_stage(snapshot, connection, Stage::kQdisc));
  }
  return fmt::format("  {}, after it: mean {} of {} packets, by {}\n", stage, duration_or_dash(mean_of(qdisc)), qdisc.samples(),
                     cut(hook_of(snapshot, connection.key.protocol, Stage::kQdisc), kLongestHook));
}

std::string excess_line(const Snapshot& snapshot, const Connection& connection) {
  const auto excess = tick_excess(snapshot, connection);
  if (!excess) return "";
  std::string out = fmt::format("  beyond one tick of {}, last 1m: {} of the waits for the game", format_duration(excess->period),
                                percent_or_dash(excess->share));
  if (excess->mean) out += fmt::format(", by {} on average", format_duration(*excess->mean));
  return out + "\n";
}

std::string counts_text(const Connection& connection) {
  if (!connection.followed) return "requests";
  return fmt::format("{} of {} requests that were followed", connection.followed->completed, connection.followed->followed);
}

void add_source(Columns& table, std::string what, const Latency& latency, std::string remark) {
  table.add({std::move(what), std::to_string(latency.samples()), duration_or_dash(latency.p50), duration_or_dash(latency.p95),
             duration_or_dash(latency.p99), std::move(remark)});
}

void add_source(Columns& table, std::string what, std::optional<nanoseconds> value, std::string remark) {
  table.add({std::move(what), kNotMeasured, duration_or_dash(value), kNotMeasured, kNotMeasured, std::move(remark)});
}

}  // namespace

std::string waterfall(const Snapshot& snapshot, const Connection& connection, model::Window window) {
  const auto total = followed_turnaround(connection);
  if (!total || *total <= nanoseconds{0}) {
    if (!has_stages(snapshot)) return "";
    return fmt::format("\nstages: not measured: {}\n", why_no_stage(snapshot, connection, Stage::kApp)) +
           qdisc_line(snapshot, connection);
  }
  std::string out = fmt::format("\nstages of the turnaround, means of {}", counts_text(connection));
  out += window == model::Window::kAll ? "\n" : fmt::format("; P50 and P99 of the last {}\n", name(window));
  Columns table({{"STAGE"},
                 {"ARRIVAL .. DEPARTURE"},
                 {"MEAN", Align::kRight},
                 {"SHARE", Align::kRight},
                 {"P50", Align::kRight, ""},
                 {"P99", Align::kRight},
                 {"ENDS AT"}});
  nanoseconds from{0};
  for (const Stage stage : kAllStages) {
    if (stage == Stage::kQdisc) continue;
    const nanoseconds mean = mean_of(latency_of(connection, stage)).value_or(nanoseconds{0});
    add_row(table, snapshot, connection, window,
            {.stage = stage,
             .picture = bar(from, from + mean, *total),
             .share = static_cast<double>(mean.count()) / static_cast<double>(total->count())});
    from += mean;
  }
  table.add({"together", std::string(kBar, '='), format_duration(*total), percent_or_dash(1.0), "", "", ""});
  return out + table.text("  ") + excess_line(snapshot, connection) + qdisc_line(snapshot, connection);
}

std::string rtt_sources(const Snapshot& snapshot, const Connection& connection) {
  if (connection.key.protocol != model::Protocol::kTcp || connection.rtt_delayed.samples() == 0) return "";
  Columns table(
      {{"RTT BY"}, {"SAMPLES", Align::kRight}, {"P50", Align::kRight}, {"P95", Align::kRight}, {"P99", Align::kRight}, {""}});
  add_source(table, "prompt", connection.rtt, "acknowledged at once: the line");
  add_source(table, "maybe delayed", connection.rtt_delayed, "the player's side may have waited");
  add_source(table, "handshake", connection.handshake, "never delayed");
  add_source(table, "minimum", connection.rtt_min, "of both, since the beginning");
  for (const model::Window window : {model::Window::k10s, model::Window::k5m}) {
    add_source(table, fmt::format("minimum {}", name(window)), shortest_rtt(snapshot, connection, window), "of both");
  }
  add_source(table, "kernel's srtt", connection.srtt, "smoothed over both");
  return "\nrtt, by all that tells of it\n" + table.text("  ") +
         "  A side that has nothing to say may hold its acknowledgement back, 40ms on Linux, 200ms elsewhere.\n";
}

std::string pace_lines(const Connection& connection) {
  const model::Pace& in = connection.pace[static_cast<std::size_t>(model::Direction::kIngress)];
  const model::Pace& out = connection.pace[static_cast<std::size_t>(model::Direction::kEgress)];
  if (!in.spacing && !out.spacing && !connection.rtt_jitter) return "";
  Columns table({{"PACE"}, {"SPACING", Align::kRight}, {"JITTER", Align::kRight}});
  table.add({"packets in", duration_or_dash(in.spacing), duration_or_dash(in.jitter)});
  table.add({"packets out", duration_or_dash(out.spacing), duration_or_dash(out.jitter)});
  table.add({"rtt", kNotMeasured, duration_or_dash(connection.rtt_jitter)});
  return "\nspacing of packets with payload, and jitter, smoothed over 16\n" + table.text("  ");
}

std::string socket_lines(const Connection& connection) {
  if (!connection.socket) return "";
  const model::SocketCounts& counts = *connection.socket;
  const std::string mean =
      counts.taken == 0 ? kNotMeasured
                        : fmt::format("{:.2f}", static_cast<double>(counts.waiting_sum) / static_cast<double>(counts.taken));
  return fmt::format(
      "\nsocket: {} datagrams taken, {} read, {} refused for want of room\n"
      "  waiting when another came: {} on average, {} at most\n"
      "  starved: {} packets left since whose predecessor the game had read nothing of the player\n",
      counts.taken, counts.read, counts.refused, mean, counts.waiting_max, counts.starved);
}

}  // namespace tickwire::exporting
