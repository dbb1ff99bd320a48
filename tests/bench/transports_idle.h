// What it owns: players who are connected to the game's web gateway and do next to nothing, and what each of them costs it.
// Who may use it: tests/bench/transports_bench.cc. What the system refuses throws std::runtime_error.
// Thread: the caller's, which must be the only one of its process.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tickwire::bench {

struct IdleCost {
  double connected_bytes = 0;  // of user space for a WebSocket that has not said hello, with its client at the front
  double playing_bytes = 0;    // for one that plays, with its session
  double processor = 0;        // share of one processor that all of them take: pings, and an input of each in ten seconds
  double messages_per_s = 0;   // of these inputs
};

// Over loopback, for this long.
[[nodiscard]] IdleCost measure_idle(unsigned connections, double seconds);

}  // namespace tickwire::bench
