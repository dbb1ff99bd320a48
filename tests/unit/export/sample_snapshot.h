// What it owns: one small snapshot with every kind of thing in it, and what doctor could have found, made by hand.
// Who may use it: tests of export and api.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "model/hooks.h"
#include "model/snapshot.h"

namespace tickwire::sample {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// 2026-01-02T03:04:05.000000006Z, and CLOCK_MONOTONIC at that moment.
inline constexpr nanoseconds kUnixTime = 1'767'323'045s + 6ns;
inline constexpr nanoseconds kMonotonic = 1000s;

using Samples = std::initializer_list<std::pair<nanoseconds, int>>;  // duration, how often

inline std::shared_ptr<const model::Histogram> histogram(model::Resolution resolution, Samples samples) {
  auto result = std::make_shared<model::Histogram>(resolution);
  for (const auto& [duration, count] : samples) {
    for (int i = 0; i < count; ++i) result->record(duration);
  }
  return result;
}

inline model::Latency latency(model::Series series, Samples samples) {
  const auto cells = histogram(model::Resolution::kConnection, samples);
  return {.series = series,
          .histogram = cells,
          .p50 = cells->quantile(0.5),
          .p90 = cells->quantile(0.9),
          .p95 = cells->quantile(0.95),
          .p99 = cells->quantile(0.99),
          .p999 = cells->quantile(0.999),
          .max = cells->max()};
}

inline std::shared_ptr<const model::ServiceId> service_id(std::string name, model::Protocol protocol, std::uint16_t port) {
  return std::make_shared<model::ServiceId>(model::ServiceId{.name = std::move(name), .protocol = protocol, .port = port});
}

// TCP over IPv4, established, with everything measured.
inline model::Connection tcp_connection() {
  return {.id = {.slot = 3, .generation = 1},
          .key = {.protocol = model::Protocol::kTcp,
                  .local = {.address = model::IpAddress::v4(192, 0, 2, 10), .port = 9000},
                  .remote = {.address = model::IpAddress::v4(198, 51, 100, 7), .port = 40001}},
          .service = service_id("gate", model::Protocol::kTcp, 9000),
          .state = model::ConnectionState::kEstablished,
          .opened = 747s + 980ms,
          .established = 748s,
          .last_packet = 1000s,
          .traffic = {model::Traffic{.packets = 1234, .bytes = 56'789}, model::Traffic{.packets = 2345, .bytes = 1'234'567}},
          .retransmissions = 3,
          .out_of_order = 21,
          .handshake = 16'100us,
          .srtt = 16'400us,
          .rtt_min = 15'200us,
          .rtt = latency(model::Series::kRttTimestamp, {{15'200us, 20}, {16'500us, 80}, {20ms, 18}, {90ms, 2}}),
          .turnaround = latency(model::Series::kTurnaroundNextPacket, {{900us, 30}, {1'100us, 10}})};
}

// UDP over IPv4: no rtt, ten samples of turnaround.
inline model::Connection udp_connection() {
  return {.id = {.slot = 5, .generation = 1},
          .key = {.protocol = model::Protocol::kUdp,
                  .local = {.address = model::IpAddress::v4(192, 0, 2, 10), .port = 7777},
                  .remote = {.address = model::IpAddress::v4(198, 51, 100, 8), .port = 50000}},
          .service = service_id("world", model::Protocol::kUdp, 7777),
          .state = model::ConnectionState::kActive,
          .opened = 990s,
          .last_packet = 1000s,
          .traffic = {model::Traffic{.packets = 600, .bytes = 24'000}, model::Traffic{.packets = 300, .bytes = 36'000}},
          .turnaround = latency(model::Series::kTurnaroundNextPacket, {{12ms, 10}})};
}

// TCP over IPv6 with a long address, older than the agent, ended, with nothing measured.
inline model::Connection ended_connection() {
  return {.id = {.slot = 7, .generation = 2},
          .key = {.protocol = model::Protocol::kTcp,
                  .local = *model::Endpoint::parse("[2001:db8::10]:9000"),
                  .remote = *model::Endpoint::parse("[2001:db8:1234:5678:9abc:def0:1234:5678]:40002")},
          .service = service_id("gate", model::Protocol::kTcp, 9000),
          .state = model::ConnectionState::kClosed,
          .seeded = true,
          .opened = 800s,
          .closed = 980s,
          .last_packet = 980s,
          .close_reason = model::CloseReason::kRemoteFin,
          .traffic = {model::Traffic{.packets = 2, .bytes = 0}, model::Traffic{.packets = 1, .bytes = 0}}};
}

inline model::Service tcp_service() {
  model::Service gate{
      .id = {.name = "gate", .protocol = model::Protocol::kTcp, .port = 9000},
      .traffic = {model::Traffic{.packets = 1236, .bytes = 56'789}, model::Traffic{.packets = 2346, .bytes = 1'234'567}},
      .opened = 2,
      .closed = 1,
      .closed_by = {{model::CloseReason::kRemoteFin, 1}},
      .transitions = {{model::ConnectionState::kEstablished, 1}, {model::ConnectionState::kCloseWait, 1}},
      .retransmissions = 3,
      .out_of_order = 22,
      .suppressed = 12,
      .connections = {{model::ConnectionState::kEstablished, 1}}};
  const auto at = [](model::Series series) { return static_cast<std::size_t>(series); };
  using model::Resolution;
  gate.histograms[at(model::Series::kRttHandshake)] = histogram(Resolution::kService, {{16'100us, 1}});
  gate.histograms[at(model::Series::kRttTimestamp)] =
      histogram(Resolution::kService, {{15'200us, 20}, {16'500us, 80}, {20ms, 18}, {90ms, 2}});
  gate.histograms[at(model::Series::kTurnaroundNextPacket)] = histogram(Resolution::kService, {{900us, 30}, {1'100us, 10}});
  return gate;
}

// A confident tick of 20 Hz, of which one stalled.
inline model::LoopTick loop_tick() {
  return {.confidence = model::TickConfidence::kHigh,
          .period = 50ms,
          .interval_p50 = 50ms,
          .interval_p99 = 52ms,
          .lateness_p50 = 0ns,
          .lateness_p99 = 2ms,
          .players = 8,
          .stalls = 1,
          .longest_stall = 150ms,
          .intervals = histogram(model::Resolution::kService, {{50ms, 190}, {52ms, 8}, {150ms, 1}})};
}

// The second port's loop has fewer, and longer ones.
inline model::LoopTick doubtful_tick() {
  return {.confidence = model::TickConfidence::kLow,
          .reason = "90% of the intervals are within a quarter of their median",
          .period = 100ms,
          .interval_p50 = 100ms,
          .lateness_p50 = 0ns,
          .players = 3,
          .intervals = histogram(model::Resolution::kService, {{100ms, 40}})};
}

inline model::Service udp_service(std::uint16_t port, int samples) {
  model::Service world{
      .id = {.name = "world", .protocol = model::Protocol::kUdp, .port = port},
      .traffic = {model::Traffic{.packets = 600, .bytes = 24'000}, model::Traffic{.packets = 300, .bytes = 36'000}},
      .opened = 4,
      .closed = 3,
      .closed_by = {{model::CloseReason::kIdle, 3}},
      .connections = {{model::ConnectionState::kActive, 1}}};
  world.histograms[static_cast<std::size_t>(model::Series::kTurnaroundNextPacket)] =
      histogram(model::Resolution::kService, {{12ms, samples}});
  world.tick = port == 7777 ? loop_tick() : doubtful_tick();
  return world;
}

inline model::Connection ruled(std::uint32_t slot, std::shared_ptr<const model::ServiceId> service, std::uint8_t host,
                               const model::RuleCounts& counts) {
  const std::uint16_t port = service->port;
  return {.id = {.slot = slot, .generation = 1},
          .key = {.protocol = model::Protocol::kUdp,
                  .local = {.address = model::IpAddress::v4(192, 0, 2, 10), .port = port},
                  .remote = {.address = model::IpAddress::v4(198, 51, 100, host), .port = 50000}},
          .service = std::move(service),
          .state = model::ConnectionState::kActive,
          .opened = 990s,
          .last_packet = 1000s,
          .traffic = {model::Traffic{.packets = 603, .bytes = 24'000}, model::Traffic{.packets = 300, .bytes = 36'000}},
          .rule = counts};
}

// 95 % and 97 % of the messages matched; in: 3 lost of 601, one late, two twice; out: a new start.
inline model::RuleCounts fitting_counts() {
  return {.messages = {600, 300},
          .strangers = {3, 0},
          .tokens = {598, 300},
          .echoes = {570, 291},
          .sequences = {model::SequenceCounts{.messages = 600, .passed_over = 4, .reordered = 1, .duplicated = 2},
                        model::SequenceCounts{.messages = 300, .jumps = 1}}};
}

// In, 2 of 603 messages matched: below 5 %.
inline model::RuleCounts misfitting_counts() {
  return {.messages = {603, 280},
          .strangers = {0, 20},
          .tokens = {300, 140},
          .echoes = {2, 30},
          .sequences = {model::SequenceCounts{.messages = 603, .passed_over = 4000, .jumps = 50}, model::SequenceCounts{}}};
}

// UDP by a rule that fits, with a delay: rtt, what the line alone takes, and turnaround.
inline model::Connection ruled_connection() {
  model::Connection connection = ruled(9, service_id("yard", model::Protocol::kUdp, 7800), 21, fitting_counts());
  connection.rtt_min = 30'100us;
  connection.rtt = latency(model::Series::kRttRule, {{30'100us, 300}, {45ms, 270}});
  connection.rtt_network = latency(model::Series::kRttRuleNetwork, {{21ms, 560}, {60ms, 10}});
  connection.turnaround = latency(model::Series::kTurnaroundRule, {{8ms, 280}, {16ms, 11}});
  return connection;
}

// UDP by a rule that does not fit: it measured all the same.
inline model::Connection misfit_connection() {
  model::Connection connection = ruled(11, service_id("zone", model::Protocol::kUdp, 7900), 22, misfitting_counts());
  connection.rtt_min = 7ms;
  connection.rtt = latency(model::Series::kRttRule, {{7ms, 2}});
  connection.rtt_network = latency(model::Series::kRttRuleNetwork, {{6ms, 2}});
  connection.turnaround = latency(model::Series::kTurnaroundRule, {{5ms, 30}});
  return connection;
}

// The service of such a connection, with nothing else in it.
inline model::Service ruled_service(const model::Connection& connection) {
  model::Service service{.id = *connection.service,
                         .traffic = connection.traffic,
                         .opened = 1,
                         .rule = connection.rule,
                         .connections = {{model::ConnectionState::kActive, 1}}};
  return service;
}

inline model::Service yard_service() {
  model::Service yard = ruled_service(ruled_connection());
  const auto at = [](model::Series series) { return static_cast<std::size_t>(series); };
  using model::Resolution;
  yard.histograms[at(model::Series::kRttRule)] = histogram(Resolution::kService, {{30'100us, 300}, {45ms, 270}});
  yard.histograms[at(model::Series::kRttRuleNetwork)] = histogram(Resolution::kService, {{21ms, 560}, {60ms, 10}});
  yard.histograms[at(model::Series::kTurnaroundRule)] = histogram(Resolution::kService, {{8ms, 280}, {16ms, 11}});
  yard.tick = model::LoopTick{.reason = "one player: any sender at a steady rate would look the same"};
  return yard;
}

inline model::Service zone_service() {
  model::Service zone = ruled_service(misfit_connection());
  const auto at = [](model::Series series) { return static_cast<std::size_t>(series); };
  using model::Resolution;
  zone.histograms[at(model::Series::kRttRule)] = histogram(Resolution::kService, {{7ms, 2}});
  zone.histograms[at(model::Series::kRttRuleNetwork)] = histogram(Resolution::kService, {{6ms, 2}});
  zone.histograms[at(model::Series::kTurnaroundRule)] = histogram(Resolution::kService, {{5ms, 30}});
  return zone;
}

inline std::vector<model::HookOutcome> hooks() {
  return {{.capability = "arrival",
           .interface = "eth0",
           .attempts = {{.candidate = "xdp_native", .tried = true, .reason = "attach: EBUSY (Device or resource busy)"},
                        {.candidate = "tcx", .attached = true, .tried = true},
                        {.candidate = "clsact"}},
           .loses = "everything"},
          {.capability = "departure", .interface = "eth0", .attempts = {{.candidate = "tcx", .attached = true, .tried = true}}},
          {.capability = "tcp_state",
           .attempts = {{.candidate = "fentry/tcp_set_state", .tried = true, .reason = "load: EPERM (Operation not permitted)"}},
           .loses = "TCP states, close reasons"}};
}

// Samples of one series at a tick before the snapshot.
struct Gained {
  nanoseconds ago;
  model::Series series;
  Samples samples;
  std::optional<nanoseconds> shortest = {};
};

// Of one connection, or of one service.
struct Recent {
  model::RecentKey key;
  std::vector<Gained> gained;  // in any order
};

inline model::RecentSamples recent(model::Resolution resolution, const std::vector<Recent>& all) {
  static const auto kCuts = model::service_cuts();
  const auto cell = [&](nanoseconds duration) {
    const auto ns = static_cast<__u64>(duration.count());
    const __u32 index =
        resolution == model::Resolution::kService ? tw_service_cell(kCuts.data(), ns) : tw_cell(ns, TW_CONNECTION_PARTS_LOG2);
    return static_cast<std::uint16_t>(index);
  };
  model::RecentRecorder recorder(resolution);
  for (nanoseconds ago = 300s; ago >= 0s; ago -= 1s) {
    for (const Recent& one : all) {
      for (const Gained& gained : one.gained) {
        if (gained.ago != ago) continue;
        std::vector<model::CellGain> cells;
        for (const auto& [duration, count] : gained.samples) cells.push_back({cell(duration), static_cast<std::uint32_t>(count)});
        recorder.add(one.key, gained.series, cells, gained.shortest);
      }
    }
    recorder.finish(kMonotonic - ago);
  }
  return recorder.samples();
}

// Of the connections below: what their histograms hold, spread over five minutes. The rule of 11.1 does not fit.
inline model::RecentSamples recent_connections() {
  using model::Series;
  return recent(model::Resolution::kConnection,
                {{{3, 1},
                  {{200s, Series::kRttTimestamp, {{15'200us, 20}}, 15'200us},
                   {30s, Series::kRttTimestamp, {{16'500us, 80}}, 16'100us},
                   {1s, Series::kRttTimestamp, {{20ms, 18}, {90ms, 2}}, 19'800us},
                   {1s, Series::kTurnaroundNextPacket, {{900us, 30}, {1'100us, 10}}}}},
                 {{5, 1}, {{20s, Series::kTurnaroundNextPacket, {{12ms, 10}}}}},
                 {{9, 1},
                  {{100s, Series::kRttRule, {{30'100us, 300}}, 30'100us},
                   {20s, Series::kRttRule, {{45ms, 270}}, 44ms},
                   {20s, Series::kRttRuleNetwork, {{21ms, 560}, {60ms, 10}}},
                   {5s, Series::kTurnaroundRule, {{8ms, 280}, {16ms, 11}}}}},
                 {{11, 1}, {{1s, Series::kRttRule, {{7ms, 200}}, 7ms}, {1s, Series::kTurnaroundRule, {{5ms, 300}}}}}});
}

// Of gate and yard, and of zone, whose rule does not fit; the services of snapshot() are numbered in their order.
inline model::RecentSamples recent_services() {
  using model::Series;
  return recent(model::Resolution::kService,
                {{{0, 0},
                  {{200s, Series::kRttTimestamp, {{15'200us, 20}}},
                   {30s, Series::kRttTimestamp, {{16'500us, 80}}},
                   {1s, Series::kRttTimestamp, {{20ms, 18}, {90ms, 2}}}}},
                 {{3, 0}, {{20s, Series::kRttRule, {{45ms, 270}}}, {5s, Series::kTurnaroundRule, {{8ms, 280}, {16ms, 11}}}}},
                 {{4, 0}, {{1s, Series::kRttRule, {{7ms, 200}}}}}});
}

// Services gate (TCP), world (two UDP ports), yard and zone (UDP by a rule that fits, by one that does not), the five connections
// above, losses of each kind, one hook missing.
inline model::Snapshot snapshot() {
  model::Snapshot result{.build = {.version = "0.1.0", .revision = "0123456789ab"},
                         .monotonic = kMonotonic,
                         .unix_time = kUnixTime,
                         .started_unix = kUnixTime - 300s,
                         .interval = 1s,
                         .read_time = 1'250us,
                         .ticks = 300,
                         .services = {tcp_service(), udp_service(7777, 10), udp_service(7778, 5), yard_service(), zone_service()},
                         .connections = {std::make_shared<model::Connection>(tcp_connection()),
                                         std::make_shared<model::Connection>(udp_connection()),
                                         std::make_shared<model::Connection>(ended_connection()),
                                         std::make_shared<model::Connection>(ruled_connection()),
                                         std::make_shared<model::Connection>(misfit_connection())},
                         .interfaces = {{.name = "eth0", .seen = {5000, 4000}, .counted = {5001, 4002}}},
                         .programs = {{.program = "ingress", .runs = 5000, .run_time = 250us}, {.program = "egress"}},
                         .hooks = hooks(),
                         .slots_used = 4,
                         .slots_capacity = 16384,
                         .closed_rows_dropped = 9,
                         .services_refused = 1,
                         .readiness = {.ready = false, .problems = {"eth0 moves packets that the agent does not see"}},
                         .threads = {{.thread = "tickwire", .permitted = 0xc000001000, .no_new_privileges = true},
                                     {.thread = "tickwire-http", .no_new_privileges = true}}};
  for (std::uint32_t number = 0; model::Service & service : result.services) service.number = number++;
  result.recent_services = recent_services();
  result.recent_connections = recent_connections();
  result.losses[TW_SKIP_NOT_IP] = 30;
  result.losses[TW_LOSS_TRUNCATED] = 2;
  result.losses[TW_LOSS_FRAGMENT] = 10;
  result.losses[TW_LOSS_TABLE_FULL] = 5;
  result.losses[TW_LOSS_AMBIGUOUS] = 7;
  return result;
}

inline model::DoctorReport doctor_report() {
  using Verdict = model::DoctorCheck::Verdict;
  model::DoctorReport report{.version = "0.1.0",
                             .checks = {{.subject = "kernel", .verdict = Verdict::kOk, .finding = "6.12.0"},
                                        {.subject = "bpf statistics",
                                         .verdict = Verdict::kWarning,
                                         .finding = "on: every program of this machine is slower by 70 ns a run",
                                         .advice = "sysctl -w kernel.bpf_stats_enabled=0"},
                                        {.subject = "capabilities",
                                         .verdict = Verdict::kFailed,
                                         .finding = "CAP_BPF is missing",
                                         .advice = "start it as root, or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN"}},
                             .hooks = hooks(),
                             .usable = false};
  report.hooks[0].attempts[2] = {.candidate = "clsact", .attached = true, .tried = true};
  report.hooks[2].attempts.push_back({.candidate = "kprobe/tcp_set_state", .reason = "the kernel has no kprobes"});
  return report;
}

}  // namespace tickwire::sample
