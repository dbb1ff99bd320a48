// What it owns: `tickwire doctor`: what works on this machine, by trying it.
// Who may use it: main.
// Thread: the main thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.h"
#include "model/snapshot.h"

namespace tickwire::app {

// Adds the subcommand. Exit code 0 when the agent could work here, 3 when it could not.
[[nodiscard]] cli::Command add_doctor(CLI::App& program, const model::BuildInfo& build);

}  // namespace tickwire::app
