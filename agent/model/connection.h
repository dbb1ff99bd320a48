// What it owns: one connection as users see it.
// Who may use it: every room above base.
// Thread: any, values; histograms are shared and immutable.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/address.h"
#include "model/histogram.h"
#include "model/protocol.h"
#include "model/rule.h"
#include "model/service.h"
#include "model/stage.h"

namespace tickwire::model {

struct ConnectionKey {
  Protocol protocol = Protocol::kUdp;
  Endpoint local;
  Endpoint remote;
  friend auto operator<=>(const ConnectionKey&, const ConnectionKey&) = default;
};

// Names one connection for as long as the agent runs: the slot that it has or had, and the slot's generation.
struct ConnectionId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;

  [[nodiscard]] static std::optional<ConnectionId> parse(std::string_view text);
  [[nodiscard]] std::string text() const;  // "12.3"
  friend auto operator<=>(const ConnectionId&, const ConnectionId&) = default;
};

// Samples of one series of one connection. Null pointers and empty optionals: not measured.
struct Latency {
  std::optional<Series> series;                // the method that gave these samples
  std::shared_ptr<const Histogram> histogram;  // since the connection began; resolution kConnection
  // From the histogram, by the rules of Histogram::quantile.
  std::optional<std::chrono::nanoseconds> p50, p90, p95, p99, p999, max;
  [[nodiscard]] std::uint64_t samples() const { return histogram ? histogram->samples() : 0; }
};

struct Connection {
  using Nanoseconds = std::chrono::nanoseconds;

  ConnectionId id;
  ConnectionKey key;
  std::shared_ptr<const ServiceId> service;
  ConnectionState state = ConnectionState::kNone;
  bool seeded = false;  // older than the agent: its beginning was not seen

  // All times are CLOCK_MONOTONIC.
  Nanoseconds opened{};                    // first seen
  std::optional<Nanoseconds> established;  // TCP; none for seeded ones
  std::optional<Nanoseconds> closed;       // none while it lives
  Nanoseconds last_packet{};               // the end of the last tick that had a packet of it
  CloseReason close_reason = CloseReason::kNone;

  std::array<Traffic, 2> traffic{};      // by Direction
  std::uint64_t retransmissions = 0;     // TCP segments that this node sent again
  std::uint64_t out_of_order = 0;        // TCP segments that came behind one that had not: it was lost or overtaken on the way
  std::optional<Nanoseconds> handshake;  // tcp_handshake: SYN-ACK out to ACK in
  std::optional<Nanoseconds> srtt;       // tcp_srtt: the kernel's smoothed rtt
  std::optional<Nanoseconds> rtt_min;    // shortest sample of rtt
  Latency rtt;
  Latency turnaround;
  Latency rtt_network;             // by a rule with a delay: the rtt less what the player held it; series kRttRuleNetwork
  std::optional<RuleCounts> rule;  // none: the service has no rule

  // With stages (not --no-stages), else empty.
  Latency rtt_delayed;                        // TCP: samples whose acknowledgement may have been delayed; not in rtt
  std::array<Latency, kStageCount> stages{};  // by Stage; kQdisc has a sum and a number only, no cells
  std::optional<Nanoseconds> rtt_jitter;      // RFC 3550 A.8 over neighbouring samples of rtt
  std::array<Pace, 2> pace{};                 // by Direction
  std::optional<SocketCounts> socket;         // UDP
  std::optional<FollowedCounts> followed;

  // Age at `now`: since established (TCP), else since first seen; up to its end when it has ended.
  [[nodiscard]] Nanoseconds age(Nanoseconds now) const;
  // rtt_jitter, or that of a direction's pace.
  [[nodiscard]] std::optional<Nanoseconds> jitter(JitterKind kind) const;
};

}  // namespace tickwire::model
