// What it owns: `tickwire run` as far as its options go: parses a command line and says what came out.
// Who may use it: config's tests.
// Thread: one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "config/options.h"

namespace tickwire::config {

struct Parsed {
  RunOptions options;
  std::string error;  // empty: parsed
};

inline Parsed parse_run(std::vector<std::string> arguments) {
  Parsed parsed;
  CLI::App program;
  CLI::App* run = program.add_subcommand("run");
  add_run_options(*run, parsed.options);
  arguments.insert(arguments.begin(), "run");
  std::ranges::reverse(arguments);  // the order that CLI11 wants
  try {
    program.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    parsed.error = error.what();
  }
  return parsed;
}

}  // namespace tickwire::config
