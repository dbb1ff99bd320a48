// What it owns: the subcommands that ask a running agent: connections, inspect, services, status, watch.
// Who may use it: app's main.
// Thread: the main thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace CLI {
class App;
class Error;
}  // namespace CLI

namespace tickwire::cli {

// A subcommand that was added to the parser: `run` does it when it was the one that was parsed, and gives the exit code.
struct Command {
  CLI::App* parsed = nullptr;
  std::function<Result<int>()> run;
};

// Adds them all. What they are told lives in the returned functions.
[[nodiscard]] std::vector<Command> add_commands(CLI::App& program);

// What a user is told whose command line is refused: the error in the form of all others, and where to read on. For
// CLI::App::failure_message().
[[nodiscard]] std::string usage_failure(const CLI::App* program, const CLI::Error& error);

}  // namespace tickwire::cli
