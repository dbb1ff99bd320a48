// What it owns: the flags of injected lag.
// Who may use it: options.cc.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <array>

#include "gameserver/common/recurrence.h"
#include "gameserver/lag/lag_command.h"
#include "gameserver/server/options.h"

namespace tickwire::game {

// The flags before they are commands; outlives the parsing.
struct LagFlags {
  std::array<RecurrenceSpec, kLagKindCount> recurrences;
  int receive_bytes = 0;
};

void add_lag_flags(CLI::App& app, LagFlags& flags, ServerOptions& options);
// What was parsed, as commands in options.lag. Throws CLI::ValidationError for what is out of range.
void finish_lag_flags(const LagFlags& flags, ServerOptions& options);

}  // namespace tickwire::game
