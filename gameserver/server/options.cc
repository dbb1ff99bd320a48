// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/options.h"

#include <CLI/CLI.hpp>
#include <array>
#include <map>

#include "gameserver/common/duration_option.h"

namespace tickwire::game {
namespace {

constexpr Nanoseconds kDefaultEvery = std::chrono::seconds(5);

// The flags of lag, before they are commands.
struct LagFlags {
  std::array<RecurrenceSpec, kLagKindCount> recurrences;
  int receive_bytes = 0;
};

void add_lag(CLI::App& app, LagFlags& flags, ServerOptions& options) {
  const std::map<LagKind, std::string> what = {
      {LagKind::kTickStall, "Lag: the world's thread sleeps so long at the begin of a tick"},
      {LagKind::kBurn, "Lag: the world's thread uses up so much processor time at the begin of a tick"},
      {LagKind::kIoStall, "Lag: no player's socket is read for so long, while ticks go on"},
      {LagKind::kLockHeld, "Lag: the lock of the input board is held for so long: the next input and the next tick wait"}};
  for (const auto& [kind, description] : what) {
    const std::string name = fmt::format("--{}", lag_name(kind));
    RecurrenceSpec& spec = flags.recurrences.at(static_cast<std::size_t>(kind));
    spec.every = kDefaultEvery;
    auto* length = add_duration(app, name, spec.length, description);
    add_duration(app, name + "-every", spec.every, "How often; the first after one such interval (default: 5s)")->needs(length);
  }
  app.add_option("--receive-buffer", flags.receive_bytes, "Lag: SO_RCVBUF of the UDP socket, which the kernel doubles")
      ->check(CLI::Range(1, kMostReceiveBytes))
      ->type_name("BYTES");
  auto* control = app.add_option("--lag-control", options.lag_control_path,
                                 "Path of a Unix socket, mode 0600, on which lag can be asked for while the server runs")
                      ->type_name("PATH");
  app.add_option("--lag-log", options.lag_log_path, "File for one JSON line an injection: when it really was; -: standard output")
      ->type_name("FILE");
  app.add_option("--lag-send", options.lag_request,
                 "No server: send a command to the one behind --lag-control: 'tick-stall 120ms every 5s', likewise burn, "
                 "io-stall and lock-held, without 'every' once; 'receive-buffer 4096'; 'stop'")
      ->needs(control)
      ->type_name("COMMAND");
}

// Throws what a usage error is.
void finish_lag(const LagFlags& flags, ServerOptions& options) {
  for (std::size_t i = 0; i < kLagKindCount; ++i) {
    const RecurLag command{.kind = static_cast<LagKind>(i), .spec = flags.recurrences.at(i)};
    if (command.spec.length == Nanoseconds::zero()) continue;
    if (const auto checked = check_recurrence(lag_name(command.kind), command.spec); !checked) {
      throw CLI::ValidationError(fmt::format("--{}", checked.error()));
    }
    options.lag.emplace_back(command);
  }
  if (flags.receive_bytes > 0) options.lag.emplace_back(SetReceiveBuffer{.bytes = flags.receive_bytes});
}

}  // namespace

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
  LagFlags lag;
  add_lag(app, lag, options);
  try {
    app.parse(argc, argv);
    finish_lag(lag, options);
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = app.exit(error) == 0 ? 0 : 2;
  }
  return parsed;
}

}  // namespace tickwire::game
