// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "export/columns.h"
#include "export/tables.h"
#include "export/text_parts.h"
#include "export/text_stages.h"
#include "export/timestamps.h"
#include "export/windows.h"
#include "model/shown.h"

namespace tickwire::exporting {
namespace {

using model::Connection;
using model::Direction;
using model::Snapshot;

void append_field(std::string& out, std::string_view title, std::string_view value) {
  out += fmt::format("  {:<18} {}\n", title, value);
}

std::string time_or_dash(const Snapshot& snapshot, std::optional<std::chrono::nanoseconds> monotonic) {
  return monotonic ? rfc3339(snapshot.unix_time - snapshot.monotonic + *monotonic) : kNotMeasured;
}

bool is_tcp(const Connection& connection) { return connection.key.protocol == model::Protocol::kTcp; }

std::string handshake_text(const Connection& connection) {
  const model::SeriesRow& row = model::row(model::Series::kRttHandshake);
  if (connection.handshake) return fmt::format("{} by {}: {}", format_duration(*connection.handshake), row.method, row.meaning);
  if (!is_tcp(connection)) return "not measured: UDP has none";
  if (connection.seeded) return "not measured: the connection is older than the agent";
  return "not measured: no single SYN-ACK with its acknowledgement was seen";
}

std::string srtt_text(const Connection& connection) {
  if (connection.srtt) {
    return fmt::format("{} by {}: the kernel's own smoothed rtt", format_duration(*connection.srtt), model::kMethodSrtt);
  }
  return is_tcp(connection) ? "not measured: the kernel has told none yet" : "not measured: the kernel keeps none for UDP";
}

std::string why_no_rtt(const Connection& connection, bool misfit) {
  if (misfit) return "the rule does not fit";
  if (connection.rule) return "no token that left has been echoed yet";
  if (!is_tcp(connection)) return "UDP has no echo of its own; a rule for the game's protocol would be needed";
  if (connection.rtt_delayed.samples() > 0) return "every acknowledgement so far may have been delayed";
  return "nothing that this node sent has been acknowledged yet";
}

std::string why_no_turnaround(const Connection& connection, bool misfit) {
  if (misfit) return "the rule does not fit";
  if (connection.rule) return "no token that came in has been echoed yet";
  if (connection.traffic[static_cast<std::size_t>(Direction::kIngress)].bytes == 0) return "no payload has come in";
  if (connection.traffic[static_cast<std::size_t>(Direction::kEgress)].bytes == 0) return "no payload has left";
  return "no payload has left after one came in";
}

std::string rule_verdict(const Connection& connection, const model::RuleCounts* misfit) {
  const model::RuleCounts& counts = *connection.rule;
  if (misfit == &counts) return misfit_text(counts);
  if (misfit != nullptr) return fmt::format("{}: {}", connection.service->text(), misfit_text(*misfit));
  for (const Direction direction : model::kDirections) {
    if (!counts.match_ratio(direction)) {
      return fmt::format("rule: fewer than {} messages {}, too few to say whether it fits", model::RuleCounts::kLeastMessages,
                         direction == Direction::kIngress ? "in" : "out");
    }
  }
  return "rule fits";
}

void append_rule(std::string& out, const Connection& connection, const model::RuleCounts* misfit) {
  const model::RuleCounts& counts = *connection.rule;
  out += fmt::format("\n{}\n", rule_verdict(connection, misfit));
  Columns table({{""}, {"IN", Align::kRight}, {"OUT", Align::kRight}});
  const auto add = [&](std::string title, const auto& text_of) {
    table.add({std::move(title), text_of(Direction::kIngress), text_of(Direction::kEgress)});
  };
  const auto add_counts = [&](std::string title, const std::array<std::uint64_t, 2>& values) {
    add(std::move(title), [&](Direction direction) { return std::to_string(values[static_cast<std::size_t>(direction)]); });
  };
  const auto add_sequences = [&](std::string title, const auto& number) {
    add(std::move(title), [&](Direction direction) {
      const model::SequenceCounts& sequence = counts.sequences[static_cast<std::size_t>(direction)];
      if (misfit != nullptr || sequence.messages == 0) return std::string(kNotMeasured);
      return std::to_string(std::invoke(number, sequence));
    });
  };
  add_counts("messages", counts.messages);
  add_counts("strangers", counts.strangers);
  add_counts("tokens", counts.tokens);
  add_counts("echoes", counts.echoes);
  add("match ratio", [&](Direction direction) { return percent_or_dash(counts.match_ratio(direction)); });
  add_sequences("sequence numbers", &model::SequenceCounts::messages);
  add_sequences("lost", &model::SequenceCounts::lost);
  add("loss", [&](Direction direction) {
    const model::SequenceCounts& sequence = counts.sequences[static_cast<std::size_t>(direction)];
    return percent_or_dash(misfit != nullptr ? std::nullopt : sequence.loss_ratio());
  });
  add_sequences("reordered", &model::SequenceCounts::reordered);
  add_sequences("duplicated", &model::SequenceCounts::duplicated);
  add_sequences("jumps", &model::SequenceCounts::jumps);
  out += table.text("  ");
}

// What is asked for.
struct Asked {
  const Snapshot& snapshot;
  const Connection& connection;
  model::Window bars;
};

std::string bars_text(const Asked& asked, const model::Latency& latency) {
  if (asked.bars == model::Window::kAll) return histogram_bars(*latency.histogram);
  const model::Histogram histogram = asked.snapshot.histogram(asked.connection, latency, asked.bars);
  if (histogram.samples() == 0) return fmt::format("  no samples in the last {}\n", name(asked.bars));
  return fmt::format("  the last {}\n", name(asked.bars)) + histogram_bars(histogram);
}

void append_latency(std::string& out, const Asked& asked, model::Quantity quantity, const model::Latency& latency,
                    std::optional<std::chrono::nanoseconds> shortest, const std::string& why_not) {
  if (!latency.series || latency.samples() == 0) {
    out += fmt::format("\n{}: not measured: {}\n", name(quantity), why_not);
    return;
  }
  const model::SeriesRow& row = model::row(*latency.series);
  out += fmt::format("\n{} by {}: {}\n", name(quantity), row.method, row.meaning);
  out += fmt::format("  {} samples", latency.samples());
  if (shortest) out += fmt::format(", min {}", format_duration(*shortest));
  out += fmt::format(", p50 {}, p90 {}, p95 {}, p99 {}, p99.9 {}, max {}, mean {}\n", duration_or_dash(latency.p50),
                     duration_or_dash(latency.p90), duration_or_dash(latency.p95), duration_or_dash(latency.p99),
                     duration_or_dash(latency.p999), duration_or_dash(latency.max), duration_or_dash(latency.histogram->mean()));
  out += windows_text(asked.snapshot, asked.connection, latency);
  out += bars_text(asked, latency);
}

}  // namespace

std::string connection_text(const Snapshot& snapshot, const Connection& connection, model::Window bars) {
  const Asked asked{.snapshot = snapshot, .connection = connection, .bars = bars};
  const model::Traffic& in = connection.traffic[static_cast<std::size_t>(Direction::kIngress)];
  const model::Traffic& sent = connection.traffic[static_cast<std::size_t>(Direction::kEgress)];
  std::string out = fmt::format("connection {}\n", connection.id.text());
  append_field(out, "service", connection.service ? connection.service->text() : kNotMeasured);
  append_field(out, "protocol", name(connection.key.protocol));
  append_field(out, "local", connection.key.local.text());
  append_field(out, "remote", connection.key.remote.text());
  append_field(out, "state", name(connection.state));
  append_field(out, "age", format_age(connection.age(snapshot.monotonic)));
  append_field(out, "opened", time_or_dash(snapshot, connection.opened));
  append_field(out, "established", time_or_dash(snapshot, connection.established));
  append_field(out, "closed", time_or_dash(snapshot, connection.closed));
  append_field(out, "close reason", connection.closed ? name(connection.close_reason) : kNotMeasured);
  append_field(out, "seeded", connection.seeded ? "yes, it is older than the agent" : "no, its beginning was seen");
  append_field(out, "packets in", std::to_string(in.packets));
  append_field(out, "packets out", std::to_string(sent.packets));
  append_field(out, "payload bytes in", std::to_string(in.bytes));
  append_field(out, "payload bytes out", std::to_string(sent.bytes));
  append_field(out, "retransmissions", is_tcp(connection) ? std::to_string(connection.retransmissions) : kNotMeasured);
  append_field(out, "out of order", is_tcp(connection) ? std::to_string(connection.out_of_order) : kNotMeasured);
  append_field(out, "handshake", handshake_text(connection));
  append_field(out, "srtt", srtt_text(connection));
  const model::Shown shown(snapshot);
  const model::RuleCounts* const misfit = shown.misfit(connection);
  if (connection.rule) append_rule(out, connection, misfit);
  append_latency(out, asked, model::Quantity::kRtt, shown.latency(connection, connection.rtt), shown.rtt_min(connection),
                 why_no_rtt(connection, misfit != nullptr));
  const model::Latency& network = shown.latency(connection, connection.rtt_network);
  if (network.samples() > 0)
    append_latency(out, asked, model::Quantity::kRtt, network, std::nullopt, why_no_rtt(connection, misfit != nullptr));
  if (connection.rtt_delayed.samples() > 0) {
    append_latency(out, asked, model::Quantity::kRttMaybeDelayed, connection.rtt_delayed, std::nullopt, "");
  }
  out += rtt_sources(snapshot, connection);
  append_latency(out, asked, model::Quantity::kTurnaround, shown.latency(connection, connection.turnaround), std::nullopt,
                 why_no_turnaround(connection, misfit != nullptr));
  out += waterfall(snapshot, connection, bars);
  out += pace_lines(connection);
  out += socket_lines(connection);
  return out;
}

}  // namespace tickwire::exporting
