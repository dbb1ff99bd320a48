// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/options.h"

#include <CLI/CLI.hpp>
#include <map>

namespace tickwire::game {

ParsedServerOptions parse_server_options(int argc, const char* const* argv) {
  ParsedServerOptions parsed;
  ServerOptions& options = parsed.options;
  const std::map<std::string, AckMode> ack_modes = {
      {"default", AckMode::kDefault}, {"immediate", AckMode::kImmediate}, {"delayed", AckMode::kDelayed}};

  CLI::App app("The reference game server: a small world at a fixed tick rate, over UDP and TCP.", "tickwire-gameserver");
  app.add_option("--bind", options.bind, "Address to listen on (default: every address, IPv4 and IPv6)");
  app.add_option("--udp-port", options.udp_port, "UDP port; 0: the kernel chooses")->capture_default_str();
  app.add_option("--tcp-port", options.tcp_port, "TCP port; 0: the kernel chooses")->capture_default_str();
  app.add_option("--tick-rate", options.tick_rate_hz, "Ticks per second")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--max-players", options.max_players, "Players of both protocols together")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  app.add_option("--seconds", options.duration_s, "End by itself after so long (default: on SIGINT or SIGTERM)")
      ->check(CLI::Range(0.001, 1e7));
  app.add_option("--stats", options.stats_path,
                 "File for one JSON line of counters a second and one at the end; -: standard output");
  auto* echo =
      app.add_option("--echo-delay", options.echo_delay_ms,
                     "No game: answer each datagram and each TCP frame with itself, so many milliseconds after it arrived")
          ->check(CLI::Range(0.0, 60'000.0));
  app.add_option("--log", options.echo_log_path, "With --echo-delay: file for one JSON line an answer; -: standard output")
      ->needs(echo);
  app.add_option("--ack", options.echo_ack,
                 "With --echo-delay: the kernel's TCP acknowledgements are left alone (default), sent at once (immediate), or "
                 "held back (delayed)")
      ->transform(CLI::CheckedTransformer(ack_modes))
      ->needs(echo);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = app.exit(error) == 0 ? 0 : 2;
  }
  return parsed;
}

}  // namespace tickwire::game
