// What it owns: the server's counters as JSON lines.
// Who may use it: server/.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gameserver/common/clock.h"
#include "gameserver/gateway/stats.h"
#include "gameserver/metrics/queue_families.h"
#include "gameserver/web/stats.h"
#include "gameserver/world/stats.h"

namespace tickwire::game {

// Where the numbers are; all of it is borrowed for the call.
struct StatsView {
  const WorldStats& world;
  std::array<const FrontStats*, 2> fronts;  // of the net thread and the web gateway
  const UdpStats& udp;
  const TcpStats& tcp;
  const WebStats& web;
  std::span<const NamedQueueCounts> queues;
};

// One line without its end. kind is "second" or "end". Names end in their unit; every reason and error is there, zero or not. Counters only
// grow; worst_late_ns and worst_work_ns are of the time since the line before.
[[nodiscard]] std::string stats_line(const StatsView& view, std::string_view kind, Nanoseconds unix_time);

}  // namespace tickwire::game
