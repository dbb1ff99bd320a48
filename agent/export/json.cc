// SPDX-License-Identifier: Apache-2.0
#include "export/json.h"

#include "export/json_parts.h"
#include "export/json_stages.h"
#include "export/loop_tick.h"
#include "export/slos.h"
#include "export/timestamps.h"
#include "export/windows.h"
#include "model/shown.h"

namespace tickwire::exporting {
namespace {

using model::Protocol;
using model::Service;
using model::Snapshot;

std::size_t at(model::Direction direction) { return static_cast<std::size_t>(direction); }

// One object for each method of the quantity that the service has, with samples or without. A rule takes the place of the other
// methods: they are there only for what they measured nevertheless.
Json methods_json(const Snapshot& snapshot, const Service& service, model::Quantity quantity) {
  Json result = Json::array();
  for (const model::SeriesRow& row : model::series_rows()) {
    if (row.quantity != quantity || (row.only && *row.only != service.id.protocol)) continue;
    const model::Histogram* histogram = service.histograms[static_cast<std::size_t>(row.series)].get();
    const bool by_rule = is_by_rule(row.series);
    if (by_rule != service.rule.has_value() && !histogram) continue;
    Json object{{"method", row.method}, {"samples", histogram ? histogram->samples() : 0}};
    add_quantiles(object, by_rule && misfits(service.rule) ? nullptr : histogram);
    add_windows(object, snapshot, service, row.series);
    result.push_back(std::move(object));
  }
  return result;
}

template <typename Key>
Json counts_json(const std::map<Key, std::uint64_t>& counts) {
  Json result = Json::object();
  for (const auto& [key, count] : counts) result[std::string(name(key))] = count;
  return result;
}

Json service_json(const Snapshot& snapshot, const Service& service, const Json& over_slo) {
  const bool tcp = service.id.protocol == Protocol::kTcp;
  const model::Traffic& in = service.traffic[at(model::Direction::kIngress)];
  const model::Traffic& out = service.traffic[at(model::Direction::kEgress)];
  Json result;
  result["service"] = service.id.name;
  result["protocol"] = name(service.id.protocol);
  result["port"] = service.id.port;
  result["packets_in"] = in.packets;
  result["packets_out"] = out.packets;
  result["payload_bytes_in"] = in.bytes;
  result["payload_bytes_out"] = out.bytes;
  result["connections"] = counts_json(service.connections);
  result["connections_opened"] = service.opened;
  result["connections_closed"] = service.closed;
  result["closed_by"] = counts_json(service.closed_by);
  result["tcp_state_transitions"] = tcp ? counts_json(service.transitions) : Json(nullptr);
  result["retransmissions"] = tcp ? Json(service.retransmissions) : Json(nullptr);
  result["out_of_order"] = tcp ? Json(service.out_of_order) : Json(nullptr);
  result["events_suppressed"] = service.suppressed;
  result["rtt"] = methods_json(snapshot, service, model::Quantity::kRtt);
  result["turnaround"] = methods_json(snapshot, service, model::Quantity::kTurnaround);
  result["rtt_maybe_delayed"] = methods_json(snapshot, service, model::Quantity::kRttMaybeDelayed);
  add_service_stages(result, snapshot, service);
  result["rule"] = rule_json(service.rule, !misfits(service.rule));
  result["tick"] = tick_json(service.tick);
  result["over_slo"] = over_slo;
  return result;
}

void add_losses(Json& result, const Snapshot& snapshot) {
  Json losses = Json::object();
  Json skipped = Json::object();
  for (const model::LossRow& row : model::loss_rows()) {
    (row.kind == model::LossKind::kSkipped ? skipped : losses)[std::string(row.reason)] = snapshot.losses[row.loss];
  }
  result["losses"] = std::move(losses);
  result["skipped_packets"] = std::move(skipped);
}

Json interfaces_json(const Snapshot& snapshot) {
  Json result = Json::array();
  for (const model::InterfaceTotals& interface : snapshot.interfaces) {
    result.push_back({{"interface", interface.name},
                      {"packets_in", interface.seen[at(model::Direction::kIngress)]},
                      {"packets_out", interface.seen[at(model::Direction::kEgress)]},
                      {"kernel_packets_in", interface.counted[at(model::Direction::kIngress)]},
                      {"kernel_packets_out", interface.counted[at(model::Direction::kEgress)]}});
  }
  return result;
}

std::string_view verdict_name(model::DoctorCheck::Verdict verdict) {
  switch (verdict) {
    case model::DoctorCheck::Verdict::kOk:
      return "ok";
    case model::DoctorCheck::Verdict::kWarning:
      return "warning";
    case model::DoctorCheck::Verdict::kFailed:
      break;
  }
  return "failed";
}

}  // namespace

std::string services_json(const Snapshot& snapshot) {
  Json result = document(snapshot);
  Json services = Json::array();
  const model::SloCounts counts = count_beyond(snapshot);
  for (std::size_t i = 0; i < snapshot.services.size(); ++i) {
    services.push_back(service_json(snapshot, snapshot.services[i], slo_counts_json(snapshot, counts, i)));
  }
  result["services"] = std::move(services);
  return dump(result) + '\n';
}

std::string status_json(const Snapshot& snapshot) {
  Json result = document(snapshot);
  result["build"] = {{"version", snapshot.build.version}, {"revision", snapshot.build.revision}};
  result["started"] = rfc3339(snapshot.started_unix);
  result["interval_ns"] = snapshot.interval.count();
  result["ticks"] = snapshot.ticks;
  result["read_ns"] = snapshot.read_time.count();
  result["ready"] = snapshot.readiness.ready;
  result["problems"] = snapshot.readiness.problems;
  Json threads = Json::array();
  for (const ThreadPrivileges& thread : snapshot.threads) {
    threads.push_back({{"thread", thread.thread},
                       {"capabilities", capability_names(thread.permitted)},
                       {"no_new_privileges", thread.no_new_privileges}});
  }
  result["threads"] = std::move(threads);
  result["hooks"] = hooks_json(snapshot.hooks);
  add_losses(result, snapshot);
  result["interfaces"] = interfaces_json(snapshot);
  result["slots"] = {{"used", snapshot.slots_used}, {"capacity", snapshot.slots_capacity}};
  Json programs = Json::array();
  for (const model::ProgramTotals& program : snapshot.programs) {
    // The kernel counts runs only while kernel.bpf_stats_enabled is on.
    const bool measured = program.runs > 0;
    programs.push_back({{"program", program.program},
                        {"runs", measured ? Json(program.runs) : Json(nullptr)},
                        {"run_time_ns", measured ? Json(program.run_time.count()) : Json(nullptr)}});
  }
  result["programs"] = std::move(programs);
  result["closed_rows_dropped"] = snapshot.closed_rows_dropped;
  result["services_refused"] = snapshot.services_refused;
  return dump(result) + '\n';
}

std::string doctor_json(const model::DoctorReport& report) {
  Json result = document();
  result["version"] = report.version;
  result["usable"] = report.usable;
  Json checks = Json::array();
  for (const model::DoctorCheck& check : report.checks) {
    checks.push_back({{"subject", check.subject},
                      {"verdict", verdict_name(check.verdict)},
                      {"finding", check.finding},
                      {"advice", text_or_null(check.advice)}});
  }
  result["checks"] = std::move(checks);
  result["hooks"] = hooks_json(report.hooks);
  return dump(result) + '\n';
}

std::string error_json(const std::string& message) {
  Json result = document();
  result["error"] = message;
  return dump(result) + '\n';
}

}  // namespace tickwire::exporting
