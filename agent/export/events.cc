// SPDX-License-Identifier: Apache-2.0
#include "export/events.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <variant>

#include "base/text.h"
#include "export/json_parts.h"
#include "export/text_parts.h"
#include "export/timestamps.h"

namespace tickwire::exporting {
namespace {

using model::Closed;
using model::Direction;
using model::Event;
using model::LatencySummary;
using model::Opened;
using model::OverThreshold;
using model::Stalled;
using model::StateChanged;

const model::Traffic& traffic(const Closed& closed, Direction direction) {
  return closed.traffic[static_cast<std::size_t>(direction)];
}

std::chrono::nanoseconds lateness(const Stalled& stalled) { return stalled.interval - stalled.period; }

std::string line(const Json& object) { return dump(object) + '\n'; }

Json begin(std::string_view kind) {
  Json object = document();
  object["event"] = kind;
  return object;
}

// What the kinds add to the object that all have.
struct Adder {
  Json& object;

  void operator()(const Opened& opened) {
    object["state"] = name(opened.state);
    object["seeded"] = opened.seeded;
  }
  void operator()(const StateChanged& changed) {
    object["from"] = name(changed.from);
    object["to"] = name(changed.to);
  }
  void operator()(const Closed& closed) {
    object["reason"] = name(closed.reason);
    object["duration_ns"] = closed.duration.count();
    object["packets_in"] = traffic(closed, Direction::kIngress).packets;
    object["packets_out"] = traffic(closed, Direction::kEgress).packets;
    object["payload_bytes_in"] = traffic(closed, Direction::kIngress).bytes;
    object["payload_bytes_out"] = traffic(closed, Direction::kEgress).bytes;
    object["retransmissions"] = closed.retransmissions ? Json(*closed.retransmissions) : Json(nullptr);
    object["rtt"] = latency(closed.rtt);
    object["turnaround"] = latency(closed.turnaround);
  }
  void operator()(const Stalled& stalled) {
    object["interval_ns"] = stalled.interval.count();
    object["period_ns"] = stalled.period.count();
    object["lateness_ns"] = lateness(stalled).count();
  }
  void operator()(const OverThreshold& over) {
    const model::SeriesRow& row = model::row(over.series);
    object["quantity"] = name(row.quantity);
    object["method"] = row.method;
    object["value_ns"] = over.value.count();
    object["threshold_ns"] = over.threshold.count();
    object["suppressed_before"] = over.suppressed_before;
  }

  static Json latency(const LatencySummary& summary) {
    return {{"method", summary.series ? Json(model::row(*summary.series).method) : Json(nullptr)},
            {"samples", summary.samples},
            {"p50_ns", nanoseconds_or_null(summary.p50)},
            {"p95_ns", nanoseconds_or_null(summary.p95)},
            {"p99_ns", nanoseconds_or_null(summary.p99)},
            {"max_ns", nanoseconds_or_null(summary.max)}};
  }
};

std::string latency_text(std::string_view quantity, const LatencySummary& summary) {
  if (!summary.series) return {};
  return fmt::format("; {} p50 {}, p99 {}, max {} by {}", quantity, duration_or_dash(summary.p50), duration_or_dash(summary.p99),
                     duration_or_dash(summary.max), model::row(*summary.series).method);
}

// What happened, after time, service and connection.
struct Teller {
  std::string operator()(const Opened& opened) {
    return fmt::format("opened {}{}", name(opened.state), opened.seeded ? ", older than the agent" : "");
  }
  std::string operator()(const StateChanged& changed) { return fmt::format("{} -> {}", name(changed.from), name(changed.to)); }
  std::string operator()(const Closed& closed) {
    std::string text = fmt::format("closed by {} after {}: {} packets in, {} out", name(closed.reason),
                                   format_age(closed.duration), format_count(traffic(closed, Direction::kIngress).packets),
                                   format_count(traffic(closed, Direction::kEgress).packets));
    if (closed.retransmissions.value_or(0) > 0) text += fmt::format(", {} sent again", format_count(*closed.retransmissions));
    return text + latency_text("rtt", closed.rtt) + latency_text("turnaround", closed.turnaround);
  }
  std::string operator()(const Stalled& stalled) {
    return fmt::format("stall: a tick came {} late, {} after the one before; period {}", format_duration(lateness(stalled)),
                       format_duration(stalled.interval), format_duration(stalled.period));
  }
  std::string operator()(const OverThreshold& over) {
    const model::SeriesRow& row = model::row(over.series);
    std::string text = fmt::format("{} {} by {}, over {}", name(row.quantity), format_duration(over.value), row.method,
                                   format_duration(over.threshold));
    if (over.suppressed_before > 0)
      text += fmt::format("; {} more before it were not told", format_count(over.suppressed_before));
    return text;
  }
};

// To milliseconds: "2026-01-02T03:04:05.006Z".
std::string short_time(std::chrono::nanoseconds unix_time) {
  constexpr std::size_t kToMilliseconds = std::string_view("2026-01-02T03:04:05.006").size();
  return rfc3339(unix_time).substr(0, kToMilliseconds) + "Z";
}

}  // namespace

std::string event_json(const Event& event) {
  Json object = begin(name(event.kind()));
  object["sequence"] = event.sequence;
  object["time"] = rfc3339(event.unix_time);
  object["service"] = event.service->name;
  object["protocol"] = name(event.service->protocol);
  object["port"] = event.service->port;
  object["connection"] = event.connection ? Json(event.connection->id.text()) : Json(nullptr);
  object["local"] = event.connection ? Json(event.connection->key.local.text()) : Json(nullptr);
  object["remote"] = event.connection ? Json(event.connection->key.remote.text()) : Json(nullptr);
  std::visit(Adder{object}, event.what);
  return line(object);
}

std::string event_text(const Event& event) {
  const std::string subject = event.connection ? event.connection->key.remote.text() + " " : std::string();
  return fmt::format("{} {} {}{}\n", short_time(event.unix_time), event.service->name, subject, std::visit(Teller{}, event.what));
}

std::string lost_json(std::uint64_t count) {
  Json object = begin("lost");
  object["count"] = count;
  return line(object);
}

std::string lost_text(std::uint64_t count) {
  return fmt::format("# {} events came faster than they were read, and are lost\n", count);
}

std::string heartbeat_json(std::uint64_t newest) {
  Json object = begin("heartbeat");
  object["sequence"] = newest;
  return line(object);
}

}  // namespace tickwire::exporting
