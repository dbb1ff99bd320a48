// What it owns: the bots' results as JSON and as a table.
// Who may use it: main.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gameserver/bots/runner.h"

namespace tickwire::game {

// What a run gives, once it has ended; all borrowed.
struct PlayReport {
  const std::vector<Bot>& bots;
  const IdleCounts& idle;
  const LoginDesk* login;  // null: there was none
  Nanoseconds duration;
};

// One document, described in PROTOCOL.md. Durations are integer nanoseconds; null: not measured.
[[nodiscard]] std::string report_json(const PlayReport& played);
// One line a bot, as long as they are at most kMostRows, and two for each protocol, with milliseconds.
inline constexpr std::size_t kMostRows = 100;
[[nodiscard]] std::string report_table(const PlayReport& played);
// Every bot was welcomed and got a snapshot, whatever happened to it later, and every idle connection was upgraded.
[[nodiscard]] bool all_played(const PlayReport& played);

}  // namespace tickwire::game
