// What it owns: a burst of packets out of a service, and the bursts that one reading brought.
// Who may use it: ingest makes them, TickInference reads them.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace tickwire::model {

// Packets of one service that left with less than TW_BURST_GAP_NS between them (include/tickwire/burst.h).
struct Burst {
  std::chrono::nanoseconds start{};  // CLOCK_MONOTONIC, first packet
  std::chrono::nanoseconds end{};    // last packet
  std::uint32_t players = 0;         // changes of receiver, the first one included
  std::uint32_t prompt = 0;          // answers that left within TW_BURST_PROMPT_NS of their request
  friend bool operator==(const Burst&, const Burst&) = default;
};

// What a service's ring gained: bursts[first .. first + count) of Tick::bursts, in order.
struct BurstGain {
  std::uint16_t service = 0;  // the service's number
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::uint64_t missed = 0;  // bursts before those, written over before they were read
  friend bool operator==(const BurstGain&, const BurstGain&) = default;
};

}  // namespace tickwire::model
