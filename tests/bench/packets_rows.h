// What it owns: the rows of the table of ns per packet, and the connections that they need.
// Who may use it: packets_bench.
// Thread: one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "bench/runner.h"
#include "bpf/programs.h"
#include "harness/packet.h"

namespace tickwire::harness {

inline constexpr std::uint32_t kFlowsLog2 = 16;
inline constexpr std::uint32_t kConnections = (1U << kFlowsLog2) + 16;  // all flows, and the one of the other rows

enum class Transport { kUdp, kTcp };

// Opens one connection, and all flows in order, of a family and transport, in programs that were just loaded: the connection
// table hands out its memory in another order when it is used a second time. They are what rows() speaks of.
[[nodiscard]] Result<void> open_connections(Programs& programs, Runner& runner, Family family, Transport transport);

// In the order of the table. The same names and programs for both families.
[[nodiscard]] std::vector<Row> rows(const Programs& programs, Family family, Transport transport);

}  // namespace tickwire::harness
