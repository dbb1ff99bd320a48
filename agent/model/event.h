// What it owns: the things that are told one by one: a connection opened, changed its state, ended; a stall; a sample too long.
// Who may use it: every room above base.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "model/connection.h"
#include "model/protocol.h"
#include "model/service.h"

namespace tickwire::model {

// In the order of Event::What.
enum class EventKind : std::uint8_t { kOpened, kStateChanged, kClosed, kStall, kOverThreshold };
inline constexpr std::array kEventKinds{EventKind::kOpened, EventKind::kStateChanged, EventKind::kClosed, EventKind::kStall,
                                        EventKind::kOverThreshold};
[[nodiscard]] std::string_view name(EventKind kind);  // "opened", "state_changed", "closed", "stall", "over_threshold"
[[nodiscard]] std::optional<EventKind> event_kind_of(std::string_view name);

// A connection was seen for the first time.
struct Opened {
  ConnectionState state = ConnectionState::kNone;
  bool seeded = false;  // it is older than the agent, or was first seen in mid-stream
  friend bool operator==(const Opened&, const Opened&) = default;
};

// TCP: as the kernel changed it, or as packets tell where no hook does.
struct StateChanged {
  ConnectionState from = ConnectionState::kNone;
  ConnectionState to = ConnectionState::kNone;
  friend bool operator==(const StateChanged&, const StateChanged&) = default;
};

// A connection's samples of one quantity, all of them; by the rules of Histogram::quantile.
struct LatencySummary {
  using Nanoseconds = std::chrono::nanoseconds;
  std::optional<Series> series;  // the method; none: no samples
  std::uint64_t samples = 0;
  std::optional<Nanoseconds> p50, p95, p99, max;
  friend bool operator==(const LatencySummary&, const LatencySummary&) = default;
};

// A connection ended; what is known of it by then.
struct Closed {
  CloseReason reason = CloseReason::kNone;
  std::chrono::nanoseconds duration{};           // Connection::age
  std::array<Traffic, 2> traffic{};              // by Direction
  std::optional<std::uint64_t> retransmissions;  // TCP
  LatencySummary rtt, turnaround;                // empty where a rule gave it that does not fit the connection's messages
  friend bool operator==(const Closed&, const Closed&) = default;
};

// A tick of the service's game loop came two periods or more after the one before.
struct Stalled {
  std::chrono::nanoseconds interval{};  // from the tick before to this one
  std::chrono::nanoseconds period{};    // as it was inferred
  friend bool operator==(const Stalled&, const Stalled&) = default;
};

// A sample above the threshold of its service.
struct OverThreshold {
  Series series = Series::kRttTimestamp;
  std::chrono::nanoseconds value{};
  std::chrono::nanoseconds threshold{};
  std::uint64_t suppressed_before = 0;  // of the service, since the last one that was told: more than TW_EVENTS_A_SECOND
  friend bool operator==(const OverThreshold&, const OverThreshold&) = default;
};

struct Event {
  using What = std::variant<Opened, StateChanged, Closed, Stalled, OverThreshold>;
  // The connection that it is about.
  struct Subject {
    ConnectionId id;
    ConnectionKey key;
    friend bool operator==(const Subject&, const Subject&) = default;
  };

  std::uint64_t sequence = 0;            // from 1 up, without a gap; given by EventLog
  std::chrono::nanoseconds at{};         // CLOCK_MONOTONIC, when it happened
  std::chrono::nanoseconds unix_time{};  // the same, since 1970-01-01 UTC
  std::shared_ptr<const ServiceId> service;
  std::optional<Subject> connection;  // none: Stalled
  What what;

  [[nodiscard]] EventKind kind() const { return static_cast<EventKind>(what.index()); }
};

// The end of a row: its key, id, service and summary; it must have ended.
[[nodiscard]] Event closed_event(const Connection& row);

}  // namespace tickwire::model
