// What it owns: the server's counters and their JSON form.
// Who may use it: server/.
// Thread: the server's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "gameserver/common/clock.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

// Counters only grow; what is measured per second says so.
struct ServerStats {
  std::uint64_t ticks = 0;
  std::uint64_t late_ticks = 0;     // started more than a tenth of a period after their deadline
  std::uint64_t skipped_ticks = 0;  // deadlines given up
  Nanoseconds worst_late{};         // of this second
  Nanoseconds worst_work{};         // longest tick of this second: world and sending
  Nanoseconds work_sum{};

  std::uint64_t udp_datagrams_received = 0;
  std::uint64_t udp_datagrams_sent = 0;
  std::uint64_t udp_bytes_received = 0;  // UDP payload
  std::uint64_t udp_bytes_sent = 0;
  std::uint64_t udp_send_drops = 0;       // the socket's send buffer was full, or the kernel refused
  std::uint64_t udp_receive_drops = 0;    // the kernel's count: the receive buffer was full, or a checksum wrong
  std::uint64_t udp_unknown_senders = 0;  // well-formed, but from no player of ours
  std::uint64_t udp_confirmed = 0;        // addresses that proved to be reachable
  std::array<std::uint64_t, kParseErrorCount> udp_errors{};

  std::uint64_t tcp_accepted = 0;
  std::uint64_t tcp_frames_received = 0;
  std::uint64_t tcp_frames_sent = 0;
  std::uint64_t tcp_bytes_received = 0;
  std::uint64_t tcp_bytes_sent = 0;
  std::uint64_t tcp_coalesced_snapshots = 0;  // replaced by a newer one before the client took them
  std::array<std::uint64_t, kParseErrorCount> tcp_errors{};

  std::uint64_t stale_inputs = 0;   // older than one that was applied
  std::uint64_t dropped_chats = 0;  // above the limit of a player or a tick
  std::uint64_t joins = 0;
  std::array<std::uint64_t, kReasonCount> leaves{};  // by reason; refused newcomers too

  // Starts the next second: clears the worst values.
  void begin_second() { worst_late = worst_work = Nanoseconds::zero(); }
};

// One line without its end. kind is "second" or "end". Names end in their unit; every reason and error is there, zero or not.
[[nodiscard]] std::string stats_line(const ServerStats& stats, std::string_view kind, Nanoseconds unix_time, std::size_t players);

}  // namespace tickwire::game
