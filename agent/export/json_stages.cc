// SPDX-License-Identifier: Apache-2.0
#include "export/json_stages.h"

#include <utility>

#include "export/stages.h"

namespace tickwire::exporting {
namespace {

using model::Connection;
using model::Direction;
using model::Stage;

std::size_t at(Direction direction) { return static_cast<std::size_t>(direction); }

Json delayed_json(const model::Latency& latency) {
  if (!latency.series) return nullptr;
  Json result{{"method", model::row(*latency.series).method}, {"samples", latency.samples()}};
  add_quantiles(result, latency.histogram.get());
  return result;
}

Json stage_json(const Connection& connection, Stage stage, std::optional<std::chrono::nanoseconds> turnaround) {
  const model::Latency& latency = latency_of(connection, stage);
  Json result{{"samples", latency.samples()}};
  add_quantiles(result, latency.histogram.get());
  if (stage == Stage::kQdisc) return result;
  const auto mean = latency.histogram ? latency.histogram->mean() : std::nullopt;
  const bool known = mean && turnaround && turnaround->count() > 0;
  result["share"] = known ? Json(static_cast<double>(mean->count()) / static_cast<double>(turnaround->count())) : Json(nullptr);
  return result;
}

Json stages_json(const Connection& connection) {
  bool measured = connection.followed.has_value();
  for (const model::Latency& latency : connection.stages) measured = measured || latency.samples() > 0;
  if (!measured) return nullptr;
  const auto turnaround = followed_turnaround(connection);
  Json result;
  for (const Stage stage : kAllStages) result[std::string(name(stage))] = stage_json(connection, stage, turnaround);
  result["turnaround_mean_ns"] = nanoseconds_or_null(turnaround);
  return result;
}

Json jitter_json(const Connection& connection) {
  Json result;
  for (const model::JitterKind kind : model::kJitterKinds) {
    result[std::string(name(kind)) + "_ns"] = nanoseconds_or_null(connection.jitter(kind));
  }
  return result;
}

Json socket_json(const std::optional<model::SocketCounts>& counts) {
  if (!counts) return nullptr;
  const bool any = counts->taken > 0;
  return {
      {"taken", counts->taken},
      {"read", counts->read},
      {"refused", counts->refused},
      {"waiting_mean", any ? Json(static_cast<double>(counts->waiting_sum) / static_cast<double>(counts->taken)) : Json(nullptr)},
      {"waiting_max", counts->waiting_max},
      {"starved", counts->starved}};
}

}  // namespace

void add_stages(Json& object, const Connection& connection) {
  object["rtt_maybe_delayed"] = delayed_json(connection.rtt_delayed);
  object["stages"] = stages_json(connection);
  object["spacing"] = {{"ingress_ns", nanoseconds_or_null(connection.pace[at(Direction::kIngress)].spacing)},
                       {"egress_ns", nanoseconds_or_null(connection.pace[at(Direction::kEgress)].spacing)}};
  object["jitter"] = jitter_json(connection);
  object["followed"] = connection.followed ? Json{{"requests", connection.followed->followed},
                                                  {"completed", connection.followed->completed},
                                                  {"resyncs", connection.followed->resyncs}}
                                           : Json(nullptr);
  object["socket"] = socket_json(connection.socket);
}

void add_stage_hooks(Json& object, const model::Snapshot& snapshot, const Connection& connection) {
  Json& stages = object["stages"];
  if (!has_stages(snapshot)) return;
  for (const Stage stage : kAllStages) {
    Json& each = stages[std::string(name(stage))];
    each["hook"] = text_or_null(hook_of(snapshot, connection.key.protocol, stage));
    const bool measured = latency_of(connection, stage).samples() > 0;
    each["missing"] = measured ? Json(nullptr) : Json(why_no_stage(snapshot, connection, stage));
  }
}

}  // namespace tickwire::exporting
