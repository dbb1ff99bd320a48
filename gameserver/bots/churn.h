// What it owns: the churn: visitors who come, go, vanish and send garbage, many at once, for a while.
// Who may use it: main, tests.
// Thread: one; blocks. Visits are made on threads of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "gameserver/bots/options.h"
#include "gameserver/common/clock.h"
#include "gameserver/common/result.h"

namespace tickwire::game {

struct VisitCounts {
  std::uint64_t as_expected = 0;
  std::uint64_t refused = 0;     // the server had no room
  std::uint64_t unexpected = 0;  // the server did something else than PROTOCOL.md says
  std::string first_fault;       // empty: none
};

struct ChurnOutcome {
  std::map<std::string, VisitCounts> kinds;
  Nanoseconds duration{};
};

// options.churn visitors at once, for options.duration_s or until borrowed_stop_fd is readable; visits that have begun are finished, which
// takes up to 20 s more. The error says that a name means nothing or that there are no threads.
[[nodiscard]] Result<ChurnOutcome> run_churn(const BotOptions& options, int borrowed_stop_fd);

// Every visit that was not refused went as PROTOCOL.md says, and at least one was made.
[[nodiscard]] bool all_as_expected(const ChurnOutcome& outcome);
[[nodiscard]] std::string churn_json(const ChurnOutcome& outcome);
[[nodiscard]] std::string churn_table(const ChurnOutcome& outcome);

}  // namespace tickwire::game
