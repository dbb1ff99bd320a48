// SPDX-License-Identifier: Apache-2.0
#include "gameserver/line/options.h"

#include <CLI/CLI.hpp>

namespace tickwire::game {

ParsedLineOptions parse_line_options(int argc, const char* const* argv) {
  ParsedLineOptions parsed;
  LineOptions& options = parsed.options;
  CLI::App app("A line between two interfaces that delays and loses packets as it is told, and logs what it did.",
               "tickwire-line");
  app.add_option("--node-port", options.node_port, "Interface towards the node");
  app.add_option("--player-port", options.player_port, "Interface towards the players");
  const auto take_rules = [&options](const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      const auto rule = parse_rule(text);
      if (!rule) throw CLI::ValidationError("--rule", rule.error());
      options.rules.push_back(*rule);
    }
  };
  app.add_option_function<std::vector<std::string>>(
         "--rule", take_rules,
         "up, down or both, then any of: player=ADDRESS[:PORT] protocol=udp|tcp delay=30ms|normal:30ms:5ms|trace:FILE "
         "loss=1%|gilbert:TO_BAD:TO_GOOD[:IN_BAD[:IN_GOOD]] reorder=1%:5ms duplicate=1% rate=2mbit queue=64kb; repeatable, the "
         "first that fits a packet counts")
      ->allow_extra_args(false);
  app.add_option("--log", options.log_path, "File for one JSON line a frame; -: standard output");
  app.add_option("--seed", options.seed, "Of all that is random")->capture_default_str();
  app.add_option("--seconds", options.duration_s, "End by itself after so long (default: on SIGINT or SIGTERM)")
      ->check(CLI::Range(0.001, 1e7));
  app.add_option(
      "--offloads-off", options.prepared,
      "No line: turn checksum, segmentation and merging offloads of an interface off, as those at the far ends of a line "
      "must be");
  try {
    app.parse(argc, argv);
    if (options.prepared.empty() && (options.node_port.empty() || options.player_port.empty())) {
      throw CLI::RequiredError("--node-port and --player-port");
    }
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = app.exit(error) == 0 ? 0 : 2;
  }
  return parsed;
}

}  // namespace tickwire::game
