// What it owns: the rules by which a connection's state is known and by which it ends.
// Who may use it: State; who builds one gives it the limits.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include "model/connection.h"
#include "model/tick.h"

namespace tickwire::model {

struct StateLimits {
  std::chrono::nanoseconds udp_idle{std::chrono::seconds(30)};    // UDP without a packet for so long has ended
  std::chrono::nanoseconds tcp_silent{std::chrono::minutes(15)};  // TCP without a packet and without a state hook
  std::chrono::nanoseconds half_open{std::chrono::seconds(10)};   // TCP that was never established
  std::chrono::nanoseconds linger{std::chrono::seconds(2)};       // a slot is kept so long after the end, for late packets
  std::chrono::nanoseconds closed_visible{std::chrono::seconds(60)};
  std::size_t closed_rows = 16384;  // at most so many ended connections are kept; the oldest goes first, counted
};

// The state of a connection that has just changed: the kernel's where a hook told it, else what its packets say.
[[nodiscard]] ConnectionState state_after(const ConnectionChange& change, Protocol protocol);

// The state that a new connection began in; of one that is older than the agent, or first seen in mid-stream, the one that it has.
[[nodiscard]] ConnectionState first_state(const ConnectionChange& change, Protocol protocol);

// Who began to end a TCP connection, as far as its packets tell by now; kNone: nobody, or both between two ticks.
[[nodiscard]] CloseReason first_sign(const ConnectionChange& change);

// Whether a TCP connection ever carried data: it was established, or is older than the agent.
[[nodiscard]] bool was_established(const Connection& connection);

// When a living connection ends for want of packets, and why. Nanoseconds::max() when it does not: the kernel will tell.
struct Deadline {
  std::chrono::nanoseconds at = std::chrono::nanoseconds::max();
  CloseReason reason = CloseReason::kNone;
};
[[nodiscard]] Deadline deadline_of(const Connection& connection, bool state_from_kernel, const StateLimits& limits);

}  // namespace tickwire::model
