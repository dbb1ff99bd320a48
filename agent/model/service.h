// What it owns: what a service is, and what is known of one at a tick.
// Who may use it: every room above base.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/histogram.h"
#include "model/protocol.h"
#include "model/rule.h"
#include "model/stage.h"
#include "model/tick_inference.h"

namespace tickwire::model {

// A local (protocol, port) that is watched, with a name. Several may share a name (a game on several ports).
struct ServiceId {
  std::string name;  // 1 .. 63 of [A-Za-z0-9._-]
  Protocol protocol = Protocol::kUdp;
  std::uint16_t port = 0;

  // "world=udp/7777"; "udp/7777" alone is named "udp-7777". Usage error that says what is wrong with it.
  [[nodiscard]] static Result<ServiceId> parse(std::string_view text);
  [[nodiscard]] std::string text() const;  // "world udp/7777"
  friend auto operator<=>(const ServiceId&, const ServiceId&) = default;
};

[[nodiscard]] bool is_service_name(std::string_view text);  // 1 .. 63 of [A-Za-z0-9._-]

struct Traffic {
  std::uint64_t packets = 0;  // wire packets where the hook tells (GSO, GRO segments counted)
  std::uint64_t bytes = 0;    // of TCP or UDP payload: the same whatever was merged or cut
  friend bool operator==(const Traffic&, const Traffic&) = default;
};

// Totals since the agent began to watch the service; they only grow.
struct Service {
  ServiceId id;
  std::uint32_t number = 0;                        // in the table that it comes from: what Snapshot::recent_services calls it by
  std::array<Traffic, 2> traffic{};                // by Direction
  std::uint64_t opened = 0;                        // connections first seen, UDP and TCP
  std::uint64_t closed = 0;                        // connections that ended
  std::map<CloseReason, std::uint64_t> closed_by;  // the same by reason
  std::map<ConnectionState, std::uint64_t> transitions;  // TCP sockets that entered the state
  std::uint64_t retransmissions = 0;
  std::uint64_t out_of_order = 0;
  std::uint64_t suppressed = 0;                                             // samples over its threshold that were not told
  std::optional<RuleCounts> rule;                                           // none: it has no rule; sums over its connections
  std::map<ConnectionState, std::uint64_t> connections;                     // now, by state, closed ones left out
  std::array<std::shared_ptr<const Histogram>, kSeriesCount> histograms{};  // by Series; null = no sample yet
  std::optional<LoopTick> tick;                                             // none: ticks are not inferred
  StageTotals stages;                                                       // empty without stages
};

}  // namespace tickwire::model
