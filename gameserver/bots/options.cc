// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/options.h"

#include <CLI/CLI.hpp>

namespace tickwire::game {

ParsedBotOptions parse_bot_options(int argc, const char* const* argv) {
  ParsedBotOptions parsed;
  BotOptions& options = parsed.options;
  CLI::App app("Players for tickwire-gameserver that measure what they get.", "tickwire-bots");
  app.add_option("--server", options.server, "Host name or address of the server")->capture_default_str();
  app.add_option("--udp-port", options.udp_port, "The server's UDP port")->check(CLI::Range(1, 65535))->capture_default_str();
  app.add_option("--tcp-port", options.tcp_port, "The server's TCP port")->check(CLI::Range(1, 65535))->capture_default_str();
  app.add_option("--source-address", options.source_address, "Local address to send from (default: as the route says)");
  app.add_option("--udp", options.udp_count, "Players over UDP")->check(CLI::Range(0, 20'000))->capture_default_str();
  app.add_option("--tcp", options.tcp_count, "Players over TCP")->check(CLI::Range(0, 20'000))->capture_default_str();
  app.add_option("--rate", options.rate_hz, "Inputs per second of each player")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seconds", options.duration_s, "How long to play; SIGINT and SIGTERM end it earlier")
      ->check(CLI::Range(0.1, 1e7))
      ->capture_default_str();
  app.add_flag(
      "--quickack,!--no-quickack", options.quickack,
      "TCP players acknowledge at once (default). A delayed acknowledgement, up to 40 ms, would be part of the round trip that "
      "is measured at the server");
  app.add_flag("--json", options.json, "Print one JSON document instead of the table");
  app.add_option("--burst-connections", options.burst_connections,
                 "No players: open so many TCP connections one after another as fast as the server answers; each says hello, is "
                 "welcomed, and ends")
      ->check(CLI::Range(1, 10'000'000));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = app.exit(error) == 0 ? 0 : 2;
    return parsed;
  }
  if (options.burst_connections == 0 && options.udp_count + options.tcp_count == 0) {
    std::fputs("tickwire-bots: no players: give --udp N, --tcp N or --burst-connections N\n", stderr);
    parsed.exit_code = 2;
  }
  return parsed;
}

}  // namespace tickwire::game
