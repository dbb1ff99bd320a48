// What it owns: what the flags of tickwire-line say.
// Who may use it: its main.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gameserver/line/spec.h"

namespace tickwire::game {

struct LineOptions {
  std::string node_port;
  std::string player_port;
  std::vector<LineRule> rules;
  std::string log_path;  // empty: none; "-": standard output
  std::uint64_t seed = 1;
  std::optional<double> duration_s;  // none: until a signal
  std::string prepared;              // not empty: no line; the offloads of this interface are turned off
};

// What the command line asks for, or the exit code of a program that ends here: 0 after --help, 2 after a usage error, which was
// printed.
struct ParsedLineOptions {
  LineOptions options;
  std::optional<int> exit_code;
};
[[nodiscard]] ParsedLineOptions parse_line_options(int argc, const char* const* argv);

}  // namespace tickwire::game
