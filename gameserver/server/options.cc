// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/options.h"

#include <CLI/CLI.hpp>
#include <map>

#include "gameserver/server/lag_options.h"

namespace tickwire::game {
namespace {

void add_ports(CLI::App& app, ServerOptions& options) {
  app.add_option("--bind", options.bind, "Address to listen on (default: every address, IPv4 and IPv6)");
  app.add_option("--udp-port", options.udp_port, "UDP port; 0: the kernel chooses")->capture_default_str();
  app.add_option("--tcp-port", options.tcp_port, "TCP port; 0: the kernel chooses")->capture_default_str();
  app.add_option("--http-port", options.http_port, "Port of HTTP, and of WebSocket at /ws; 0: the kernel chooses")
      ->capture_default_str();
  app.add_option(
      "--metrics-port", options.metrics_port,
      "Port on the loopback address for GET /metrics alone; 0: no metrics (default: on the HTTP port, for requests from "
      "this machine)");
  app.add_option("--origin", options.origins, "Origin of web pages that may play, such as https://example.com; may be repeated")
      ->type_name("URL");
}

void add_limits(CLI::App& app, ServerOptions& options) {
  app.add_option("--max-players", options.max_players, "Players of all transports together")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  app.add_option("--max-per-address", options.limits.most_connections,
                 "Connections that one address (of IPv6: one /64) may have, of UDP and TCP, and as many of HTTP; 0: any number")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app.add_option("--joins-per-address", options.limits.joins_per_s,
                 "New connections of one address a second, four times as many at once; 0: any number")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app.add_flag("!--no-guests", options.guests, "Let nobody play without a ticket from /match");
}

void add_modules(CLI::App& app, ServerOptions& options) {
  const std::map<std::string, std::optional<Role>> roles = {
      {"all", std::nullopt}, {"auth", Role::kAuth}, {"match", Role::kMatch}, {"world", Role::kWorld}};
  auto* role = app.add_option_function<std::string>(
      "--role", [&options, roles](const std::string& name) { options.role = roles.at(name); },
      "The module that this process runs: auth, match or world; all: every one (default)");
  role->check(CLI::IsMember(roles));
  app.add_option("--bus", options.bus_directory, "Folder of the Unix sockets by which the modules' processes hear of each other")
      ->type_name("DIR");
  app.add_option("--database", options.database, "SQLite file of accounts and results (default: they end with the process)")
      ->type_name("FILE");
  app.add_option("--token-key", options.token_key_path,
                 "File of 32 to 64 bytes, or as many in hexadecimal, that signs tokens (default: a key of this process alone)")
      ->type_name("FILE");
  app.add_option("--resources", options.resources_directory,
                 "Folder of resources that take the place of the built-in ones; read again on SIGHUP")
      ->type_name("DIR");
  app.add_option("--workers", options.workers, "Threads for password hashing and scripts")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

void add_echo(CLI::App& app, ServerOptions& options) {
  const std::map<std::string, AckMode> ack_modes = {
      {"default", AckMode::kDefault}, {"immediate", AckMode::kImmediate}, {"delayed", AckMode::kDelayed}};
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
}

// Throws what is a usage error.
void check_modules(const ServerOptions& options) {
  if (!options.role) {
    if (!options.bus_directory.empty())
      throw CLI::ValidationError("--bus: all modules are in this process; give --role, or leave it");
    return;
  }
  if (options.bus_directory.empty()) throw CLI::ValidationError("--role: the modules' processes need --bus, one folder for all");
  if (options.token_key_path.empty()) {
    throw CLI::ValidationError("--role: the modules' processes need --token-key, one key for all");
  }
}

}  // namespace

ParsedServerOptions parse_server_options(int argc, const char* const* argv) {
  ParsedServerOptions parsed;
  ServerOptions& options = parsed.options;
  CLI::App app("The reference game server: a small world at a fixed tick rate, over UDP, TCP and WebSocket.",
               "tickwire-gameserver");
  add_ports(app, options);
  app.add_option("--tick-rate", options.tick_rate_hz, "Ticks per second")->check(CLI::Range(1, 1000))->capture_default_str();
  add_limits(app, options);
  add_modules(app, options);
  app.add_option("--seconds", options.duration_s, "End by itself after so long (default: on SIGINT or SIGTERM)")
      ->check(CLI::Range(0.001, 1e7));
  app.add_option("--stats", options.stats_path,
                 "File for one JSON line of counters a second and one at the end; -: standard output");
  add_echo(app, options);
  LagFlags lag;
  add_lag_flags(app, lag, options);
  try {
    app.parse(argc, argv);
    finish_lag_flags(lag, options);
    check_modules(options);
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = app.exit(error) == 0 ? 0 : 2;
  }
  return parsed;
}

}  // namespace tickwire::game
