// What it owns: the bots' results as JSON and as a table.
// Who may use it: main.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gameserver/bots/runner.h"

namespace tickwire::game {

// One document, described in PROTOCOL.md. Durations are integer nanoseconds; null: not measured.
[[nodiscard]] std::string report_json(const std::vector<Bot>& bots, Nanoseconds duration);
// One line a bot and one for each protocol, with milliseconds.
[[nodiscard]] std::string report_table(const std::vector<Bot>& bots, Nanoseconds duration);
// Every bot was welcomed and got a snapshot, whatever happened to it later.
[[nodiscard]] bool all_played(const std::vector<Bot>& bots);

}  // namespace tickwire::game
