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

#include "gameserver/bus/event_link.h"
#include "gameserver/gateway/limits.h"
#include "gameserver/lag/lag_command.h"

namespace tickwire::game {

// When the echo's TCP side acknowledges what it reads.
enum class AckMode { kDefault, kImmediate, kDelayed };

struct ServerOptions {
  std::string bind;  // empty: every address of both families
  std::uint16_t udp_port = 7777;
  std::uint16_t tcp_port = 9000;
  std::uint16_t http_port = 8080;
  std::optional<std::uint16_t> metrics_port;  // none: metrics are on the HTTP port, for this machine; 0: nowhere
  std::vector<std::string> origins;           // of web pages that may open a WebSocket
  unsigned tick_rate_hz = 30;
  std::size_t max_players = 1000;
  AddressLimitOptions limits;
  bool guests = true;         // a hello without a ticket is let in
  std::optional<Role> role;   // none: all modules in this process
  std::string bus_directory;  // of the sockets between the modules' processes
  std::string database = ":memory:";
  std::string token_key_path;       // empty: a key that nobody else has
  std::string resources_directory;  // empty: built-in ones
  unsigned workers = 1;
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
