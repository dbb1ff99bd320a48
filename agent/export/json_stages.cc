// SPDX-License-Identifier: Apache-2.0
#include "export/json_stages.h"

#include <utility>

#include "export/stages.h"
#include "export/windows.h"
#include "model/tick_excess.h"

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

Json excess_json(const std::optional<model::TickExcess>& excess) {
  if (!excess) return nullptr;
  return {{"period_ns", excess->period.count()},
          {"samples", excess->samples},
          {"share", excess->share},
          {"mean_ns", nanoseconds_or_null(excess->mean)}};
}

Json followed_json(const std::optional<model::FollowedCounts>& counts) {
  if (!counts) return nullptr;
  return {{"requests", counts->followed}, {"completed", counts->completed}, {"resyncs", counts->resyncs}};
}

Json service_stages_json(const model::Snapshot& snapshot, const model::Service& service) {
  Json result;
  for (const Stage stage : kAllStages) {
    const model::Histogram* const histogram = service.histograms[static_cast<std::size_t>(series_of(stage))].get();
    if (histogram == nullptr) continue;
    Json& each = result[std::string(name(stage))];
    each["samples"] = histogram->samples();
    add_quantiles(each, histogram);
    add_windows(each, snapshot, service, series_of(stage));
  }
  return result;
}

}  // namespace

void add_service_stages(Json& object, const model::Snapshot& snapshot, const model::Service& service) {
  object["stages"] = service_stages_json(snapshot, service);
  Json jitter;
  for (const model::JitterKind kind : model::kJitterKinds) {
    const model::Histogram* const histogram = service.stages.jitter[static_cast<std::size_t>(kind)].get();
    if (histogram == nullptr) continue;
    Json& each = jitter[std::string(name(kind))];
    each["samples"] = histogram->samples();
    add_quantiles(each, histogram);
  }
  object["jitter"] = std::move(jitter);
  object["socket_to_app_beyond_tick"] = excess_json(tick_excess(snapshot, service));
  object["followed"] = followed_json(service.stages.followed);
  object["socket"] = socket_json(service.stages.socket);
}

void add_stages(Json& object, const model::Snapshot& snapshot, const Connection& connection) {
  object["rtt_maybe_delayed"] = delayed_json(connection.rtt_delayed);
  object["stages"] = stages_json(connection);
  object["socket_to_app_beyond_tick"] = excess_json(tick_excess(snapshot, connection));
  object["spacing"] = {{"ingress_ns", nanoseconds_or_null(connection.pace[at(Direction::kIngress)].spacing)},
                       {"egress_ns", nanoseconds_or_null(connection.pace[at(Direction::kEgress)].spacing)}};
  object["jitter"] = jitter_json(connection);
  object["followed"] = followed_json(connection.followed);
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
