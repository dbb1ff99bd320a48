// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <vector>

#include "app/agent.h"
#include "app/doctor.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "config/options.h"
#include "relay/relay.h"

namespace {

using tickwire::Failure;

int report(const tickwire::Error& error) {
  fmt::print(stderr, "tickwire: {}\n", error.text());
  return static_cast<int>(error.failure);
}

int run(int argc, char** argv) {
  const tickwire::model::BuildInfo build{.version = TICKWIRE_VERSION, .revision = TICKWIRE_REVISION};
  CLI::App program("Where a player's lag comes from: the player's line, this node's kernel, or the game loop.", "tickwire");
  program.require_subcommand(1);
  program.failure_message(tickwire::cli::usage_failure);
  program.set_version_flag("--version", fmt::format("tickwire {} ({})", build.version, build.revision));

  tickwire::config::RunOptions options;
  CLI::App* agent = program.add_subcommand("run", "Watch this machine's services until SIGTERM");
  tickwire::config::add_run_options(*agent, options);
  std::vector<tickwire::cli::Command> commands = tickwire::cli::add_commands(program);
  commands.push_back({agent, [&]() -> tickwire::Result<int> {
                        if (auto ran = tickwire::app::run_agent(options, build); !ran) return std::unexpected(ran.error());
                        return 0;
                      }});
  commands.push_back(tickwire::app::add_doctor(program, build));
  tickwire::relay::RelayOptions relay_options;
  CLI::App* relay = program.add_subcommand("relay", "Bring Alertmanager's notifications to chat robots until SIGTERM");
  tickwire::relay::add_relay_options(*relay, relay_options);
  commands.push_back({relay, [&]() -> tickwire::Result<int> {
                        if (auto ran = tickwire::relay::run_relay(relay_options, build); !ran)
                          return std::unexpected(ran.error());
                        return 0;
                      }});
  commands.push_back({program.add_subcommand("version", "Print the version"), [&]() -> tickwire::Result<int> {
                        return tickwire::cli::print(fmt::format("tickwire {} ({})\n", build.version, build.revision));
                      }});

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : static_cast<int>(Failure::kUsage);
  }
  for (const tickwire::cli::Command& command : commands) {
    if (!command.parsed->parsed()) continue;
    const tickwire::Result<int> code = command.run();
    return code ? *code : report(code.error());
  }
  return static_cast<int>(Failure::kUsage);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {  // memory ran out, a library threw: say it and end with the code for "failed"
    fmt::print(stderr, "tickwire: {}\n", error.what());
    return static_cast<int>(Failure::kFailed);
  }
}
