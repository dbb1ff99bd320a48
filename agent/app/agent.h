// What it owns: the running agent: it joins every room, and turns ticks into snapshots until it is told to stop.
// Who may use it: main.
// Thread: run() is the loop. The HTTP server has threads of its own; all that they share with the loop is the published snapshot.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "config/options.h"
#include "model/snapshot.h"

namespace tickwire::app {

// Runs until SIGTERM or SIGINT, then detaches everything. Errors: all that may fail while starting; nothing stays attached.
[[nodiscard]] Result<void> run_agent(const config::RunOptions& options, const model::BuildInfo& build);

}  // namespace tickwire::app
