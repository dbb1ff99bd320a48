// What it owns: one event of each kind, as tests like to have them.
// Who may use it: the tests of bus/.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gameserver/bus/events.h"

namespace tickwire::game {

inline PlayerAuthenticated authenticated(std::uint64_t account = 0x0102030405060708) {
  return {.account = account, .name = player_name_of("ada"), .rating = -1200, .region = "eu-west", .at_unix = Nanoseconds(9)};
}
inline MatchStarted started(std::uint32_t match = 77) {
  return {.match = match, .mode = GameMode::kLockstep, .accounts = {1, 2, 1ULL << 63}, .at_unix = Nanoseconds(10)};
}
inline PlayerLeft left(PlayerId player = 5) {
  return {.account = 3,
          .player = player,
          .reason = Reason::kIdle,
          .match = 77,
          .played = std::chrono::seconds(61),
          .score = -4,
          .at_unix = Nanoseconds(11)};
}
inline Event event_of(EventBody body) { return *Event::make(std::move(body)); }

}  // namespace tickwire::game
