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

struct BotOptions {
  std::string server = "127.0.0.1";
  std::uint16_t udp_port = 7777;
  std::uint16_t tcp_port = 9000;
  std::string source_address;  // empty: the route chooses
  std::size_t udp_count = 0;
  std::size_t tcp_count = 0;
  unsigned rate_hz = 30;  // inputs of each bot
  double duration_s = 10;
  bool quickack = true;
  bool json = false;
  PaceOptions pace;                   // how the players lag by their own fault
  Nanoseconds ack_hold{};             // how long they do not acknowledge what they received
  unsigned bundle = 1;                // inputs that leave together
  std::string truth_path;             // empty: none; "-": standard output
  std::size_t burst_connections = 0;  // not 0: short connections instead of players
};

// What the command line asks for, or the exit code of a program that ends here: 0 after --help, 2 after a usage error, which was
// printed.
struct ParsedBotOptions {
  BotOptions options;
  std::optional<int> exit_code;
};
[[nodiscard]] ParsedBotOptions parse_bot_options(int argc, const char* const* argv);

}  // namespace tickwire::game
