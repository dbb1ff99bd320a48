// What it owns: what the flags of tickwire-gameserver say.
// Who may use it: server/ and its main.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gameserver/lag/lag_command.h"

namespace tickwire::game {

// When the echo's TCP side acknowledges what it reads.
enum class AckMode { kDefault, kImmediate, kDelayed };

struct ServerOptions {
  std::string bind;  // empty: every address of both families
  std::uint16_t udp_port = 7777;
  std::uint16_t tcp_port = 9000;
  unsigned tick_rate_hz = 30;
  std::size_t max_players = 1000;
  std::optional<double> duration_s;     // none: until a signal
  std::string stats_path;               // empty: none; "-": standard output
  std::optional<double> echo_delay_ms;  // set: an echo instead of the game
  std::string echo_log_path;            // empty: none; "-": standard output
  AckMode echo_ack = AckMode::kDefault;
  std::vector<LagCommand> lag;   // carried out at the start
  std::string lag_control_path;  // empty: lag cannot be asked for while it runs
  std::string lag_log_path;      // empty: none; "-": standard output
  std::string lag_request;       // not empty: no server; this command is sent to the one behind lag_control_path
};

// What the command line asks for, or the exit code of a program that ends here: 0 after --help, 2 after a usage error, which was
// printed.
struct ParsedServerOptions {
  ServerOptions options;
  std::optional<int> exit_code;
};
[[nodiscard]] ParsedServerOptions parse_server_options(int argc, const char* const* argv);

}  // namespace tickwire::game
