// SPDX-License-Identifier: Apache-2.0
#include "export/json.h"
#include "export/json_parts.h"
#include "export/json_stages.h"
#include "export/slos.h"
#include "export/timestamps.h"
#include "export/windows.h"
#include "model/shown.h"

namespace tickwire::exporting {
namespace {

using model::Connection;
using model::Snapshot;

std::size_t at(model::Direction direction) { return static_cast<std::size_t>(direction); }

// A time of CLOCK_MONOTONIC, by the distance of the two clocks when the snapshot was taken.
Json time_or_null(const Snapshot& snapshot, std::optional<std::chrono::nanoseconds> monotonic) {
  if (!monotonic) return nullptr;
  return rfc3339(snapshot.unix_time - snapshot.monotonic + *monotonic);
}

Json latency_json(const model::Latency& latency) {
  Json result;
  result["method"] = latency.series ? Json(model::row(*latency.series).method) : Json(nullptr);
  result["samples"] = latency.samples();
  return result;
}

// The quantiles that State computed are taken as they are: every output shows the same numbers.
void add_latency_quantiles(Json& object, const model::Latency& latency) {
  object["p50_ns"] = nanoseconds_or_null(latency.p50);
  object["p90_ns"] = nanoseconds_or_null(latency.p90);
  object["p95_ns"] = nanoseconds_or_null(latency.p95);
  object["p99_ns"] = nanoseconds_or_null(latency.p99);
  object["p999_ns"] = nanoseconds_or_null(latency.p999);
  object["max_ns"] = nanoseconds_or_null(latency.max);
  object["mean_ns"] = nanoseconds_or_null(latency.histogram ? latency.histogram->mean() : std::nullopt);
}

void add_cells(Json& object, const model::Latency& latency) {
  Json cells = Json::array();
  if (latency.histogram) {
    for (const model::Histogram::Cell& cell : latency.histogram->filled()) {
      cells.push_back({{"from_ns", cell.from.count()}, {"to_ns", cell.to.count()}, {"samples", cell.samples}});
    }
  }
  object["cells"] = std::move(cells);
}

// What is looked up for every connection of a document.
struct Document {
  explicit Document(const Snapshot& of) : snapshot(of), shown(of), slos(of) {}
  const Snapshot& snapshot;
  model::Shown shown;
  model::SloCheck slos;
};

void add_connection(Json& object, const Document& document, const Connection& connection) {
  const Snapshot& snapshot = document.snapshot;
  const model::Shown& shown = document.shown;
  const bool tcp = connection.key.protocol == model::Protocol::kTcp;
  object["id"] = connection.id.text();
  object["service"] = connection.service ? Json(connection.service->name) : Json(nullptr);
  object["protocol"] = name(connection.key.protocol);
  object["local"] = connection.key.local.text();
  object["remote"] = connection.key.remote.text();
  object["state"] = name(connection.state);
  object["seeded"] = connection.seeded;
  object["age_ns"] = connection.age(snapshot.monotonic).count();
  object["opened"] = time_or_null(snapshot, connection.opened);
  object["established"] = time_or_null(snapshot, connection.established);
  object["closed"] = time_or_null(snapshot, connection.closed);
  object["close_reason"] = connection.closed ? Json(name(connection.close_reason)) : Json(nullptr);
  object["packets_in"] = connection.traffic[at(model::Direction::kIngress)].packets;
  object["packets_out"] = connection.traffic[at(model::Direction::kEgress)].packets;
  object["payload_bytes_in"] = connection.traffic[at(model::Direction::kIngress)].bytes;
  object["payload_bytes_out"] = connection.traffic[at(model::Direction::kEgress)].bytes;
  object["retransmissions"] = tcp ? Json(connection.retransmissions) : Json(nullptr);
  object["out_of_order"] = tcp ? Json(connection.out_of_order) : Json(nullptr);
  object["handshake_ns"] = nanoseconds_or_null(connection.handshake);
  object["srtt_ns"] = nanoseconds_or_null(connection.srtt);
  Json rtt = latency_json(connection.rtt);
  rtt["min_ns"] = nanoseconds_or_null(shown.rtt_min(connection));
  add_latency_quantiles(rtt, shown.latency(connection, connection.rtt));
  add_rtt_windows(rtt, snapshot, connection, shown.latency(connection, connection.rtt));
  object["rtt"] = std::move(rtt);
  object["rtt_network"] = latency_json(connection.rtt_network);
  add_latency_quantiles(object["rtt_network"], shown.latency(connection, connection.rtt_network));
  add_windows(object["rtt_network"], snapshot, connection, shown.latency(connection, connection.rtt_network));
  object["turnaround"] = latency_json(connection.turnaround);
  add_latency_quantiles(object["turnaround"], shown.latency(connection, connection.turnaround));
  add_windows(object["turnaround"], snapshot, connection, shown.latency(connection, connection.turnaround));
  object["rule"] = rule_json(connection.rule, shown.misfit(connection) == nullptr);
  add_stages(object, snapshot, connection);
  object["over_slo"] = beyond_json(snapshot, document.slos, connection);
}

}  // namespace

// Rows are turned into text one by one: of 100,000 connections only the text is ever held, not a tree of values.
std::string connections_json(const Snapshot& snapshot, const Rows& rows) {
  std::string out = dump(document(snapshot));
  out.back() = ',';
  out += "\"connections\":[";
  const Document all(snapshot);
  for (const auto& row : rows) {
    if (&row != &rows.front()) out += ',';
    Json object;
    add_connection(object, all, *row);
    out += dump(object);
  }
  out += "],\"total\":" + std::to_string(snapshot.connections.size()) + ",\"shown\":" + std::to_string(rows.size()) + "}\n";
  return out;
}

std::string connections_jsonl(const Snapshot& snapshot, const Rows& rows) {
  const Document all(snapshot);
  std::string out;
  for (const auto& row : rows) {
    Json object = document(snapshot);
    add_connection(object, all, *row);
    out += dump(object) + '\n';
  }
  return out;
}

std::string connection_json(const Snapshot& snapshot, const Connection& connection) {
  const Document all(snapshot);
  const model::Shown& shown = all.shown;
  Json result = document(snapshot);
  Json object;
  add_connection(object, all, connection);
  add_cells(object["rtt"], shown.latency(connection, connection.rtt));
  add_cells(object["rtt_network"], shown.latency(connection, connection.rtt_network));
  add_cells(object["turnaround"], shown.latency(connection, connection.turnaround));
  add_stage_hooks(object, snapshot, connection);
  result["connection"] = std::move(object);
  return dump(result) + '\n';
}

}  // namespace tickwire::exporting
