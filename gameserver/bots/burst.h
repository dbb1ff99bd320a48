// What it owns: the burst: many short TCP connections, for tests that count them.
// Who may use it: main.
// Thread: one; blocks.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "gameserver/bots/options.h"
#include "gameserver/common/clock.h"
#include "gameserver/common/result.h"

namespace tickwire::game {

struct BurstOutcome {
  std::size_t attempted = 0;  // fewer than asked for when a signal ended it
  std::size_t welcomed = 0;
  std::string first_failure;  // empty when there was none
  Nanoseconds duration{};
};

// One connection after another: connect, hello, welcome, bye, and a close from both sides. At most 5 s each.
// The error says that the server's name means nothing; connections that fail are in the outcome.
[[nodiscard]] Result<BurstOutcome> run_burst(const BotOptions& options, int borrowed_stop_fd);

}  // namespace tickwire::game
