// What it owns: what the flags of tickwire-bots say.
// Who may use it: bots/.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "gameserver/bots/pace.h"

namespace tickwire::game {

enum class BotProtocol : std::uint8_t { kUdp, kTcp, kWs };

struct BotOptions {
  std::string server = "127.0.0.1";
  std::uint16_t udp_port = 7777;
  std::uint16_t tcp_port = 9000;
  std::uint16_t ws_port = 8080;
  std::string source_address;  // empty: the route chooses
  std::size_t udp_count = 0;
  std::size_t tcp_count = 0;
  std::size_t ws_count = 0;
  std::size_t idle_ws_count = 0;  // WebSockets that answer pings and do nothing else
  std::size_t lockstep_count = 0;
  BotProtocol lockstep_over = BotProtocol::kUdp;
  bool lockstep_diverge = false;  // one of them falsifies its state once
  unsigned rate_hz = 30;          // inputs of each bot
  double duration_s = 10;
  unsigned ramp_hz = 0;      // how many begin in a second; 0: all at once
  std::string login_url;     // not empty: every player gets a ticket there first
  std::string match_url;     // empty: login_url
  std::string login_region;  // empty: none
  std::string resources;     // the server's override directory; empty: defaults
  bool quickack = true;
  bool json = false;
  PaceOptions pace;                   // how the players lag by their own fault
  Nanoseconds ack_hold{};             // how long they do not acknowledge what they received
  unsigned bundle = 1;                // inputs that leave together
  std::string truth_path;             // empty: none; "-": standard output
  std::size_t burst_connections = 0;  // not 0: short connections instead of players
};

[[nodiscard]] inline std::size_t player_count(const BotOptions& options) {
  return options.udp_count + options.tcp_count + options.ws_count + options.lockstep_count;
}

// What the command line asks for, or the exit code of a program that ends here: 0 after --help, 2 after a usage error, which was
// printed.
struct ParsedBotOptions {
  BotOptions options;
  std::optional<int> exit_code;
};
[[nodiscard]] ParsedBotOptions parse_bot_options(int argc, const char* const* argv);

}  // namespace tickwire::game
