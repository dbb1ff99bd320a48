// What it owns: what the web gateway counts.
// Who may use it: the web gateway counts; the server reports.
// Thread: counted on the gateway's, read on any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "gameserver/common/counter.h"
#include "gameserver/gateway/stats.h"

namespace tickwire::game {

// Of HTTP and of what WebSocket adds to a front's counts. All but connections and websockets only grow.
struct WebStats {
  Counter accepted;
  Counter refused_limit;       // too many connections, of all or of one address: closed without a word
  Counter refused_descriptor;  // closed as no descriptor was left
  Counter connections;         // now, with those that became WebSockets
  Counter bytes_sent;          // answers with their headers, and WebSocket payload

  Counter requests;                  // with a complete header
  std::array<Counter, 6> by_status;  // answers; [4]: of status 400 .. 499
  Counter bad_requests;              // among them, 400, 413 and 431
  Counter thrown_answers;            // among them, 500: the handler gave none
  Counter header_timeouts;           // 408, or silence of a newcomer
  Counter body_timeouts;             // 408
  Counter reply_timeouts;            // 503: the handler took too long
  Counter idle_closes;               // between two requests
  Counter write_timeouts;            // the client did not take its answer
  Counter gone_clients;              // before their answer was given

  Counter websockets;        // now
  Counter upgrades;          // became a WebSocket
  Counter refused_origin;    // 403
  Counter refused_upgrades;  // not as RFC 6455 4.2.1 wants it; 400 or 426
  Counter refused_clients;   // the front said no; 429 or 503
  Counter messages_received;
  Counter messages_sent;
  Counter coalesced_snapshots;  // replaced by a newer one before the client took them
  Counter texts;                // closed with 1003
  Counter too_long;             // closed with 1009
  Counter protocol_errors;      // frames that RFC 6455 forbids: closed with 1002
  ParseErrorCounters errors;    // messages that are none of the game's: closed with 1008
  Counter slow_evictions;
  Counter pong_timeouts;
};

}  // namespace tickwire::game
