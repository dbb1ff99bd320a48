// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/options.h"

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "gameserver/common/duration_option.h"

namespace tickwire::game {
namespace {

constexpr Nanoseconds kDefaultHitchEvery = std::chrono::seconds(5);
constexpr std::size_t kDefaultReadBytes = 256;

void add_lag(CLI::App& app, BotOptions& options) {
  PaceOptions& pace = options.pace;
  pace.hitch.every = kDefaultHitchEvery;
  pace.read_bytes = kDefaultReadBytes;
  auto* hitch = add_duration(app, "--hitch", pace.hitch.length, "Lag: players neither read nor send for so long, now and then");
  add_duration(app, "--hitch-every", pace.hitch.every, "How often; the first after one such interval (default: 5s)")
      ->needs(hitch);
  app.add_option("--fps", pace.fps,
                 "Lag: players read and send at their frames alone, so many a second; at most one input a frame")
      ->check(CLI::Range(1, 1000));
  auto* delay =
      add_duration(app, "--read-delay", pace.read_delay,
                   "Lag: TCP and WebSocket players wait so long between two reads, with the smallest receive buffer there is");
  app.add_option("--read-bytes", pace.read_bytes, "With --read-delay: bytes that one read takes at most")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->needs(delay);
  add_duration(app, "--ack-delay", options.ack_hold,
               "Lag: players acknowledge so long after they received; the header's ack_delay says so");
  app.add_option("--bundle", options.bundle, "Lag: inputs are held back until so many are due, then leave together")
      ->check(CLI::Range(1, 1000));
  add_duration(app, "--silent-after", pace.silent_after,
               "Lag: after so long players neither read, send, nor close, and leave without a bye");
  app.add_option("--truth", options.truth_path,
                 "File for one JSON line a message, sent or received, with the kernel's stamps; -: standard output")
      ->type_name("FILE");
}

void add_lockstep(CLI::App& app, BotOptions& options) {
  const std::map<std::string, BotProtocol> protocols = {
      {"udp", BotProtocol::kUdp}, {"tcp", BotProtocol::kTcp}, {"ws", BotProtocol::kWs}};
  auto* count = app.add_option("--lockstep", options.lockstep_count, "Players in the lockstep room, which has 32 places")
                    ->check(CLI::Range(0, 1'000))
                    ->capture_default_str();
  app.add_option("--lockstep-over", options.lockstep_over, "What carries their messages: udp (default), tcp or ws")
      ->transform(CLI::CheckedTransformer(protocols).description(""))
      ->type_name("PROTOCOL")
      ->needs(count);
  app.add_flag("--lockstep-diverge", options.lockstep_diverge,
               "The first of them falsifies its state once, which the server is to find")
      ->needs(count);
}

void add_target(CLI::App& app, BotOptions& options) {
  app.add_option("--server", options.server, "Host name or address of the server")->capture_default_str();
  app.add_option("--udp-port", options.udp_port, "The server's UDP port")->check(CLI::Range(1, 65535))->capture_default_str();
  app.add_option("--tcp-port", options.tcp_port, "The server's TCP port")->check(CLI::Range(1, 65535))->capture_default_str();
  app.add_option("--ws-port", options.ws_port, "The server's port for HTTP and WebSocket")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  app.add_option("--source-address", options.source_address, "Local address to send from (default: as the route says)");
}

void add_players(CLI::App& app, BotOptions& options) {
  app.add_option("--udp", options.udp_count, "Players over UDP")->check(CLI::Range(0, 20'000))->capture_default_str();
  app.add_option("--tcp", options.tcp_count, "Players over TCP")->check(CLI::Range(0, 20'000))->capture_default_str();
  app.add_option("--ws", options.ws_count, "Players over WebSocket")->check(CLI::Range(0, 20'000))->capture_default_str();
  app.add_option("--idle-ws", options.idle_ws_count, "WebSocket connections that join nothing and answer pings alone")
      ->check(CLI::Range(0, 20'000))
      ->capture_default_str();
  app.add_option("--rate", options.rate_hz, "Inputs per second of each player")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--seconds", options.duration_s, "How long to play; SIGINT and SIGTERM end it earlier")
      ->check(CLI::Range(0.1, 1e7))
      ->capture_default_str();
  app.add_option(
         "--ramp", options.ramp_hz,
         "How many players, and idle connections, begin in a second; --seconds counts from when all have begun (default: all "
         "at once)")
      ->check(CLI::Range(1, 100'000));
  add_duration(app, "--chat-every", options.chat_every, "Every player says a line of chat so often (default: never)");
  app.add_flag("--quickack,!--no-quickack", options.quickack,
               "Players over TCP and WebSocket acknowledge at once (default). A delayed acknowledgement, up to 40 ms, would be "
               "part of the round trip that "
               "is measured at the server");
  app.add_option("--resources", options.resources, "The server's --resources, for another dictionary of snapshots")
      ->type_name("DIR");
}

void add_login(CLI::App& app, BotOptions& options) {
  auto* login = app.add_option("--login", options.login_url,
                               "Every player registers, logs in and finds a match there first, and joins with the ticket")
                    ->type_name("http://HOST:PORT");
  app.add_option("--match", options.match_url, "Where they find it, when that is another process (default: as --login)")
      ->type_name("http://HOST:PORT")
      ->needs(login);
  app.add_option("--login-region", options.login_region, "The region that they log in from")->needs(login);
}

// What the program does instead of playing.
void add_other_uses(CLI::App& app, BotOptions& options) {
  app.add_option("--burst-connections", options.burst_connections,
                 "No players: open so many TCP connections one after another as fast as the server answers; each says hello, is "
                 "welcomed, and ends")
      ->check(CLI::Range(1, 10'000'000));
  app.add_option(
         "--churn", options.churn,
         "No players: so many visitors at once who come, go, vanish, send garbage or read nothing, over UDP, TCP, HTTP and "
         "WebSocket; exit code 0 when the server did with each what its protocol says")
      ->check(CLI::Range(1, 1'000));
}

// Throws what a usage error is.
void check_lag(const BotOptions& options) {
  const RecurrenceSpec& hitch = options.pace.hitch;
  if (hitch.every > Nanoseconds::zero() && hitch.length >= hitch.every) {
    throw CLI::ValidationError(
        fmt::format("--hitch: {} is not shorter than {}", duration_text(hitch.length), duration_text(hitch.every)));
  }
}

}  // namespace

ParsedBotOptions parse_bot_options(int argc, const char* const* argv) {
  ParsedBotOptions parsed;
  BotOptions& options = parsed.options;
  CLI::App app("Players for tickwire-gameserver that measure what they get.", "tickwire-bots");
  add_target(app, options);
  add_players(app, options);
  add_lockstep(app, options);
  add_login(app, options);
  app.add_flag("--json", options.json, "Print one JSON document instead of the table");
  add_other_uses(app, options);
  add_lag(app, options);
  try {
    app.parse(argc, argv);
    check_lag(options);
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = app.exit(error) == 0 ? 0 : 2;
    return parsed;
  }
  if (options.burst_connections + options.churn == 0 && player_count(options) + options.idle_ws_count == 0) {
    std::fputs(
        "tickwire-bots: no players: give --udp N, --tcp N, --ws N, --lockstep N, --idle-ws N, --churn N or --burst-connections "
        "N\n",
        stderr);
    parsed.exit_code = 2;
  }
  return parsed;
}

}  // namespace tickwire::game
