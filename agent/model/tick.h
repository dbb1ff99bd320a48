// What it owns: one reading of the kernel, decoded: what changed since the reading before it.
// Who may use it: ingest makes it, State takes it.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "model/burst.h"
#include "model/connection.h"
#include "model/event.h"
#include "model/histogram.h"
#include "model/protocol.h"
#include "model/rule.h"
#include "model/service.h"

namespace tickwire::model {

// What one histogram gained: cells[first .. first + count) of Tick::cells.
struct HistogramGain {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::uint64_t samples = 0;
  std::chrono::nanoseconds sum{0};
};

// A connection that is new, or of which something changed since the tick before.
struct ConnectionChange {
  using Nanoseconds = std::chrono::nanoseconds;
  ConnectionId id;
  bool is_new = false;        // first tick that sees this id
  ConnectionKey key;          // set when is_new
  std::uint16_t service = 0;  // the service's number; set when is_new

  // As they stand now (CLOCK_MONOTONIC; none = not yet, or not measured).
  bool seeded = false;
  Nanoseconds opened{};
  std::optional<Nanoseconds> established, closed, handshake, srtt, rtt_min;
  ConnectionState state = ConnectionState::kNone;  // kNone: UDP
  CloseReason close_reason = CloseReason::kNone;
  std::uint32_t retransmissions = 0;
  std::uint32_t out_of_order = 0;
  bool fin_in = false, fin_out = false, reset_in = false, reset_out = false;  // seen in packets
  bool state_from_kernel = false;  // false: no TCP state hook told; State infers the end from the four above
  std::optional<Series> rtt_series;
  std::optional<std::uint32_t> rule;  // index into Tick::rules; none: its service has no rule

  // Gained since the tick before.
  std::array<Traffic, 2> traffic{};
  HistogramGain rtt, turnaround;
  // The shortest of rtt's gained samples, exact; none without samples, and where the kernel does not tell it.
  std::optional<Nanoseconds> rtt_min_recent;
  std::optional<std::uint32_t> detail;  // index into Tick::details; none: stages are off, or nothing of it changed
};

// What stages add to a change: its `detail`.
struct DetailChange {
  using Nanoseconds = std::chrono::nanoseconds;
  // As they stand now.
  std::optional<Nanoseconds> rtt_jitter;
  std::array<Pace, 2> pace{};  // by Direction
  std::optional<SocketCounts> socket;
  FollowedCounts followed;
  // Since the tick before.
  std::optional<Nanoseconds> rtt_min;  // the shortest sample of rtt and rtt_delayed, exact
  HistogramGain rtt_delayed;
  std::optional<Series> delayed_series;
  std::array<HistogramGain, kStageCount> stages{};  // by Stage; kQdisc: samples and sum only
};

// What a rule adds to a change: its `rule`. Apart, for most connections have none, and changes are what a tick writes most of.
struct RuleChange {
  // Gained since the tick before.
  RuleCounts counts;
  HistogramGain rtt_network;
};

struct ServiceChange {
  std::uint16_t service = 0;                               // the service's number
  std::array<Traffic, 2> unslotted{};                      // gained: packets of connections without a slot
  std::uint64_t opened = 0;                                // gained
  std::array<std::uint64_t, TW_TCP_STATES> transitions{};  // gained, by the kernel's state number
  std::uint64_t retransmissions = 0;                       // gained
  std::uint64_t out_of_order = 0;                          // gained
  std::uint64_t suppressed = 0;                            // gained: samples over a threshold that were not told
  std::array<HistogramGain, kSeriesCount> histograms{};    // gained, by Series
};

// What the kernel told through its ring buffer.
struct ToldEvent {
  std::chrono::nanoseconds at{};  // CLOCK_MONOTONIC; may be later than the tick's, by as much as reading takes
  std::uint16_t service = 0;      // the service's number
  Event::Subject connection;
  std::variant<StateChanged, OverThreshold> what;
};

struct InterfaceTotals {
  std::string name;
  std::array<std::uint64_t, 2> seen{};     // packets that our programs saw, by Direction; totals
  std::array<std::uint64_t, 2> counted{};  // packets of the interface's own counters, by Direction; totals
};

struct ProgramTotals {
  std::string program;
  std::uint64_t runs = 0;  // totals; 0 while kernel.bpf_stats_enabled is off
  std::chrono::nanoseconds run_time{0};
};

struct Tick {
  std::chrono::nanoseconds monotonic{};  // when it was read
  std::chrono::nanoseconds unix_time{};
  std::vector<ConnectionChange> connections;
  std::vector<RuleChange> rules;
  std::vector<DetailChange> details;
  std::vector<ServiceChange> services;
  std::vector<ToldEvent> events;
  bool has_bursts = false;                          // false: bursts are not kept, and no tick is inferred
  std::vector<Burst> bursts;                        // what BurstGain points into
  std::vector<BurstGain> burst_gains;               // services with new bursts
  std::vector<CellGain> cells;                      // what HistogramGain points into
  std::array<std::uint64_t, TW_LOSS_MAX> losses{};  // totals
  std::vector<InterfaceTotals> interfaces;
  std::vector<ProgramTotals> programs;
  std::uint32_t slots_used = 0;
  std::uint32_t slots_capacity = 0;

  [[nodiscard]] std::span<const CellGain> gains(const HistogramGain& gain) const {
    return std::span(cells).subspan(gain.first, gain.count);
  }
};

}  // namespace tickwire::model
