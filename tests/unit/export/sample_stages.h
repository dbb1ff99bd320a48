// What it owns: connections and services with everything that stages tell, and the sample snapshot with them in it.
// Who may use it: tests of export and api.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "unit/export/sample_snapshot.h"

namespace tickwire::sample {

// A latency of which the sum and the number of samples alone are known.
inline model::Latency sum_only(model::Series series, nanoseconds sum, std::uint64_t samples) {
  auto histogram = std::make_shared<model::Histogram>(model::Resolution::kConnection);
  histogram->add_sum(sum);
  histogram->add_without_cells(samples);
  return {.series = series, .histogram = std::move(histogram)};
}

using Stages = std::array<model::Latency, model::kStageCount>;

inline Stages stages(Samples nic_to_socket, Samples socket_to_app, Samples app, Samples app_to_nic) {
  using model::Series;
  return {latency(Series::kStageNicToSocket, nic_to_socket), latency(Series::kStageSocketToApp, socket_to_app),
          latency(Series::kStageApp, app), latency(Series::kStageAppToNic, app_to_nic), model::Latency{}};
}

// UDP whose datagrams wait for the game: of 100 requests ten waited for 40 ms. No rtt.
inline model::Connection slow_reader() {
  model::Connection connection = udp_connection();
  connection.id = {.slot = 13, .generation = 1};
  connection.key.local.port = 7700;
  connection.key.remote.address = model::IpAddress::v4(198, 51, 100, 31);
  connection.service = service_id("arena", model::Protocol::kUdp, 7700);
  connection.turnaround = latency(model::Series::kTurnaroundNextPacket, {{12ms, 90}, {44ms, 10}});
  connection.stages = stages({{20us, 100}}, {{8ms, 90}, {40ms, 10}}, {{4ms, 100}}, {{30us, 100}});
  connection.stages[4] = sum_only(model::Series::kStageQdisc, 500us, 100);
  connection.pace = {model::Pace{.spacing = 16'700us, .jitter = 1'200us}, model::Pace{.spacing = 33'300us, .jitter = 240us}};
  connection.socket =
      model::SocketCounts{.taken = 600, .read = 590, .refused = 7, .waiting_sum = 900, .waiting_max = 12, .starved = 3};
  connection.followed = model::FollowedCounts{.followed = 104, .completed = 100, .resyncs = 0};
  return connection;
}

// TCP whose player seldom speaks: of 205 round trips 5 were acknowledged promptly.
inline model::Connection quiet_player() {
  model::Connection connection = tcp_connection();
  connection.id = {.slot = 15, .generation = 1};
  connection.key.local.port = 9100;
  connection.key.remote.address = model::IpAddress::v4(198, 51, 100, 32);
  connection.service = service_id("portal", model::Protocol::kTcp, 9100);
  connection.rtt = latency(model::Series::kRttTimestamp, {{16ms, 5}});
  connection.rtt_delayed = latency(model::Series::kRttTimestampDelayed, {{20ms, 150}, {55ms, 50}});
  connection.rtt_min = 15'900us;
  connection.turnaround = latency(model::Series::kTurnaroundNextPacket, {{900us, 30}, {1'100us, 10}});
  connection.stages = stages({{9us, 40}}, {{50us, 40}}, {{800us, 30}, {1ms, 10}}, {{15us, 40}});
  connection.rtt_jitter = 2'100us;
  connection.pace[0] = {.spacing = 250ms, .jitter = 31ms};
  connection.followed = model::FollowedCounts{.followed = 40, .completed = 40, .resyncs = 0};
  return connection;
}

inline model::Service staged_service(const model::Connection& connection) {
  using model::Resolution;
  const auto copy = [](const model::Latency& latency) {
    auto result = std::make_shared<model::Histogram>(Resolution::kService);
    if (!latency.histogram) return std::shared_ptr<model::Histogram>();
    for (const model::Histogram::Cell& cell : latency.histogram->filled()) {
      for (std::uint64_t i = 0; i < cell.samples; ++i) result->record(cell.from);
    }
    return result;
  };
  model::Service service{
      .id = *connection.service, .traffic = connection.traffic, .opened = 1, .connections = {{connection.state, 1}}};
  const auto set = [&](const model::Latency& latency) {
    if (latency.series) service.histograms[static_cast<std::size_t>(*latency.series)] = copy(latency);
  };
  set(connection.rtt);
  set(connection.rtt_delayed);
  set(connection.turnaround);
  for (const model::Latency& stage : connection.stages) set(stage);
  service.histograms[static_cast<std::size_t>(model::Series::kStageQdisc)] = histogram(Resolution::kService, {{5us, 100}});
  service.stages.socket = connection.socket;
  service.stages.followed = connection.followed;
  for (const model::JitterKind kind : model::kJitterKinds) {
    const auto jitter = connection.jitter(kind);
    if (jitter) service.stages.jitter[static_cast<std::size_t>(kind)] = histogram(Resolution::kService, {{*jitter, 8}});
  }
  return service;
}

inline model::HookOutcome hook(std::string capability, std::vector<std::string> attached) {
  model::HookOutcome outcome{.capability = std::move(capability), .interface = {}, .attempts = {}, .loses = "stages"};
  for (std::string& candidate : attached) {
    outcome.attempts.push_back({.candidate = std::move(candidate), .attached = true, .tried = true, .reason = {}});
  }
  return outcome;
}

inline std::vector<model::HookOutcome> stage_hooks() {
  return {hook("delivery", {"cgroup_skb/ingress"}),
          hook("tcp_read", {"tp_btf/tcp_rcv_space_adjust"}),
          hook("tcp_write", {"tp_btf/tcp_sendmsg_locked"}),
          hook("udp_read", {"cgroup/recvmsg4", "cgroup/recvmsg6"}),
          hook("udp_write", {"cgroup/sendmsg4", "cgroup/sendmsg6"}),
          hook("udp_refusal", {"tp_btf/udp_fail_queue_rcv_skb"}),
          hook("qdisc", {"tp_btf/net_dev_start_xmit"})};
}

// What the histograms of the two hold, within the last minute.
inline model::RecentSamples recent_stages() {
  using model::Series;
  return recent(model::Resolution::kConnection, {{{13, 1},
                                                  {{20s, Series::kTurnaroundNextPacket, {{12ms, 90}, {44ms, 10}}},
                                                   {20s, Series::kStageSocketToApp, {{8ms, 90}, {40ms, 10}}},
                                                   {20s, Series::kStageApp, {{4ms, 100}}}}},
                                                 {{15, 1},
                                                  {{30s, Series::kRttTimestamp, {{16ms, 5}}, 15'900us},
                                                   {5s, Series::kRttTimestampDelayed, {{20ms, 150}, {55ms, 50}}, 19'400us},
                                                   {5s, Series::kTurnaroundNextPacket, {{900us, 30}, {1'100us, 10}}},
                                                   {5s, Series::kStageSocketToApp, {{50us, 40}}},
                                                   {5s, Series::kStageApp, {{800us, 30}, {1ms, 10}}}}}});
}

// The sample snapshot of an agent with stages and objectives, and the services arena and portal with their connections.
inline model::Snapshot staged_snapshot() {
  model::Snapshot result = snapshot();
  for (model::HookOutcome& outcome : stage_hooks()) result.hooks.push_back(std::move(outcome));
  for (const model::Connection& connection : {slow_reader(), quiet_player()}) {
    result.services.push_back(staged_service(connection));
    result.connections.push_back(std::make_shared<model::Connection>(connection));
  }
  for (std::uint32_t number = 0; model::Service & service : result.services) service.number = number++;
  result.recent_connections = recent_stages();
  using model::SloQuantity;
  result.slos = {{.service = {}, .quantity = SloQuantity::kRtt, .limit = 100ms},
                 {.service = {}, .quantity = SloQuantity::kTurnaround, .limit = 40ms},
                 {.service = {}, .quantity = SloQuantity::kSocketToApp, .limit = 30ms},
                 {.service = "portal", .quantity = SloQuantity::kRtt, .limit = 20ms}};
  return result;
}

// With nothing in it but the two.
inline model::Snapshot stages_only() {
  model::Snapshot result = staged_snapshot();
  result.services.erase(result.services.begin(), result.services.end() - 2);
  result.connections.erase(result.connections.begin(), result.connections.end() - 2);
  return result;
}

}  // namespace tickwire::sample
