// What it owns: what a gateway thread counts.
// Who may use it: the gateways and their front count; the server reports.
// Thread: counted on the gateway's, read on any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gameserver/common/counter.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

enum class Transport : std::uint8_t { kUdp, kTcp, kWebSocket };
inline constexpr std::size_t kTransportCount = 3;
// "udp", "tcp", "websocket".
[[nodiscard]] constexpr std::string_view transport_name(Transport transport) {
  constexpr std::array<std::string_view, kTransportCount> kNames = {"udp", "tcp", "websocket"};
  return kNames[static_cast<std::size_t>(transport)];
}

using ReasonCounters = std::array<Counter, kReasonCount>;
using ParseErrorCounters = std::array<Counter, kParseErrorCount>;

// Of a front: sessions, whoever carries them. All but clients and players only grow.
struct FrontStats {
  std::array<Counter, kTransportCount> clients;  // now, with a player or not yet
  std::array<Counter, kTransportCount> players;  // now
  std::array<Counter, kTransportCount> joins;
  std::array<Counter, kTransportCount> stale_inputs;  // came after a newer one
  ReasonCounters leaves;                              // sessions that ended, and newcomers that were refused
  ReasonCounters evictions;                           // of these, players that were put out
  ReasonCounters refused;                             // of these, newcomers that never were players
  Counter confirmed;                                  // UDP addresses that proved to be reachable
  Counter unknown_senders;                            // well-formed datagrams, but from no player of ours
  Counter duplicates;                                 // messages with a number that has come before, or is too old to tell
  Counter world_waits;   // found the world's control queue full: the client is not read until it has gone
  Counter paused_drops;  // UDP messages of a client that is not to be read
  Counter chats_sent;
  Counter presence_messages;
  Counter presence_repeats;  // of these, sent again as nobody acknowledged them
  Counter presence_gaps;     // of these, without events that are kept no longer
  Counter snapshots_complete;
  Counter snapshots_delta;          // changes since one that the client has
  Counter snapshots_compressed;     // of either
  Counter snapshot_complete_bytes;  // content, had all been complete and plain
  Counter snapshot_content_bytes;   // content as sent
  Counter lockstep_messages;        // frames and room states
  Counter diverged;                 // clients that were told so
};

struct UdpStats {
  Counter datagrams_received;
  Counter datagrams_sent;
  Counter bytes_received;  // UDP payload
  Counter bytes_sent;
  Counter send_drops;     // the socket's send buffer was full, or the kernel refused
  Counter receive_drops;  // the kernel's count: the receive buffer was full, or a checksum wrong
  ParseErrorCounters errors;
};

struct TcpStats {
  Counter accepted;
  Counter frames_received;
  Counter frames_sent;
  Counter bytes_received;
  Counter bytes_sent;
  Counter coalesced_snapshots;  // replaced by a newer one before the client took them
  ParseErrorCounters errors;
};

}  // namespace tickwire::game
