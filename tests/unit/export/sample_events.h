// What it owns: one event of each kind, with every field set.
// Who may use it: tests of export, api and cli.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "model/event_log.h"

namespace tickwire::sample {

// In the order of EventKind, each a second after the one before, the first at 2026-01-02T03:04:05Z.
inline std::vector<model::Event> events() {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  const auto world = std::make_shared<const model::ServiceId>("world", model::Protocol::kUdp, std::uint16_t{7777});
  const auto lobby = std::make_shared<const model::ServiceId>("lobby", model::Protocol::kTcp, std::uint16_t{9000});
  const model::Event::Subject udp{.id = {.slot = 12, .generation = 3},
                                  .key = {.protocol = model::Protocol::kUdp,
                                          .local = {.address = model::IpAddress::v4(192, 0, 2, 10), .port = 7777},
                                          .remote = {.address = model::IpAddress::v4(198, 51, 100, 7), .port = 40001}}};
  model::Event::Subject tcp = udp;
  tcp.id = {.slot = 4, .generation = 0};
  tcp.key.protocol = model::Protocol::kTcp;
  tcp.key.local.port = 9000;
  const model::Closed closed{
      .reason = model::CloseReason::kRemoteFin,
      .duration = seconds(252),
      .traffic = {model::Traffic{.packets = 1500, .bytes = 90'000}, model::Traffic{.packets = 2310, .bytes = 500'000}},
      .retransmissions = 4,
      .rtt = {.series = model::Series::kRttTimestamp,
              .samples = 90,
              .p50 = microseconds(85'300),
              .p95 = milliseconds(110),
              .p99 = {},
              .max = milliseconds(120)},
      .turnaround = {}};
  std::vector<model::Event> all{
      {.service = world, .connection = udp, .what = model::Opened{.state = model::ConnectionState::kActive, .seeded = true}},
      {.service = lobby,
       .connection = tcp,
       .what = model::StateChanged{.from = model::ConnectionState::kSynRecv, .to = model::ConnectionState::kEstablished}},
      {.service = lobby, .connection = tcp, .what = closed},
      {.service = world, .connection = {}, .what = model::Stalled{.interval = milliseconds(150), .period = microseconds(33'300)}},
      {.service = lobby,
       .connection = tcp,
       .what = model::OverThreshold{.series = model::Series::kRttTimestamp,
                                    .value = milliseconds(210),
                                    .threshold = milliseconds(150),
                                    .suppressed_before = 37}}};
  std::chrono::nanoseconds time{1'767'323'045'000'000'000};
  for (model::Event& event : all) {
    event.unix_time = time;
    time += seconds(1);
  }
  return all;
}

inline model::EventLog event_log() {
  model::EventLog log;
  log.append(events());
  return log;
}

}  // namespace tickwire::sample
