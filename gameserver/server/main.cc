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

template <typename Loop>
int run(const ServerOptions& options) {
  const auto stop = open_stop_signals();
  if (!stop) return fail_with(stop.error());
  const auto loop = Loop::open(options);
  if (!loop) return fail_with(loop.error());
  fmt::print("{{\"udp_port\":{},\"tcp_port\":{}}}\n", (*loop)->udp_port(), (*loop)->tcp_port());
  std::fflush(stdout);
  (*loop)->run(stop->fd());
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
  return parsed.options.echo_delay_ms ? run<Echo>(parsed.options) : run<Server>(parsed.options);
}
