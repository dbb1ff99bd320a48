// What it owns: what the world counts.
// Who may use it: world/ counts; the server reports.
// Thread: counted on the world's, read on any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "gameserver/common/clock.h"
#include "gameserver/common/counter.h"
#include "gameserver/metrics/histogram.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

// All but players, lockstep_players and events_waiting only grow.
struct WorldStats {
  Counter ticks;
  Counter late_ticks;     // wake-ups later than a tenth of the period
  Counter skipped_ticks;  // deadlines that were given up
  Counter worst_late_ns;  // since the start
  Counter worst_work_ns;
  mutable Peak recent_late_ns;  // since a report took them
  mutable Peak recent_work_ns;
  Counter work_ns;                        // of all ticks together
  Histogram lateness_s{tick_bounds_s()};  // from the deadline to the wake-up
  Histogram work_s{tick_bounds_s()};      // from the wake-up until the frame is published

  Counter players;  // now, of both kinds
  Counter lockstep_players;
  Counter joins;
  std::array<Counter, kReasonCount> refused_joins;
  std::array<Counter, kReasonCount> leaves;
  Counter inputs;                                         // input messages that reached the board
  Counter stale_inputs;                                   // of these, older than one that came before
  Histogram inputs_per_tick{{1, 2, 3, 4, 6, 8, 16, 32}};  // of each player who sent any for a tick, stale ones included
  Counter orphans;                                        // inputs and lines of players who had left
  Counter chats;                                          // lines that went to everybody
  Counter dropped_chats_player;                           // beyond a player's lines a second
  Counter dropped_chats_tick;                             // beyond everybody's lines a tick
  Counter dropped_chats_length;                           // longer than the world allows
  Counter hashes;                                         // state hashes of lockstep players
  Counter diverged;                                       // of these, not the room's
  Counter facts;                                          // given to the rules
  Counter refused_facts;                                  // the rules had no room
  Counter events;                                         // that went to the bus
  Counter refused_events;                                 // tries that the bus had no room for
  Counter events_waiting;                                 // now, for the bus to have room
  Counter lost_events;                                    // the bus had no room until the end, or the event could not be made
  Counter held_control;  // wake-ups that took no further control message, as the bus or a gateway had no room

  // 0.1 0.5 1 2 5 10 20 50 100 ms.
  [[nodiscard]] static std::vector<double> tick_bounds_s() {
    return {0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1};
  }
};

}  // namespace tickwire::game
