// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>

#include "gameserver/common/poller.h"
#include "gameserver/lag/lag_control.h"
#include "gameserver/server/echo.h"
#include "gameserver/server/options.h"
#include "gameserver/server/server.h"

namespace {

using namespace tickwire::game;

int fail_with(const std::string& message) {
  fmt::print(stderr, "tickwire-gameserver: {}\n", message);
  return 1;
}

void announce(const std::string& ports) {
  fmt::print("{{{}}}\n", ports);
  std::fflush(stdout);
}

int run_echo(const ServerOptions& options) {
  const auto stop = open_stop_signals();
  if (!stop) return fail_with(stop.error());
  const auto echo = Echo::open(options);
  if (!echo) return fail_with(echo.error());
  announce(fmt::format(R"("udp_port":{},"tcp_port":{})", (*echo)->udp_port(), (*echo)->tcp_port()));
  (*echo)->run(stop->fd());
  return 0;
}

int run_server(const ServerOptions& options) {
  // Before any thread is there, so that all of them leave the signals to these descriptors.
  const auto stop = open_stop_signals();
  if (!stop) return fail_with(stop.error());
  const auto reload = open_reload_signal();
  if (!reload) return fail_with(reload.error());
  const auto server = Server::open(options);
  if (!server) return fail_with(server.error());
  const auto http = fmt::format(R"("http_port":{})", (*server)->http_port());
  if ((*server)->udp_port() == 0) {
    announce(http);
  } else {
    announce(fmt::format(R"("udp_port":{},"tcp_port":{},{})", (*server)->udp_port(), (*server)->tcp_port(), http));
  }
  (*server)->run(stop->fd(), reload->fd());
  return 0;
}

int ask(const ServerOptions& options) {
  const auto answer = ask_for_lag(options.lag_control_path, options.lag_request);
  return answer ? 0 : fail_with(answer.error());
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = parse_server_options(argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  if (!parsed.options.lag_request.empty()) return ask(parsed.options);
  for (const auto& command : parsed.options.lag) {
    fmt::print(stderr, "tickwire-gameserver: injects lag: {}\n", lag_command_text(command));
  }
  return parsed.options.echo_delay_ms ? run_echo(parsed.options) : run_server(parsed.options);
}
