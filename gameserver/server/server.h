// What it owns: the game server's loop.
// Who may use it: main, tests.
// Thread: run() on one; nothing else is shared.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "gameserver/common/line_file.h"
#include "gameserver/common/poller.h"
#include "gameserver/common/result.h"
#include "gameserver/common/tick_clock.h"
#include "gameserver/lag/lag.h"
#include "gameserver/server/game.h"
#include "gameserver/server/options.h"
#include "gameserver/server/stats.h"
#include "gameserver/server/tcp_gateway.h"
#include "gameserver/server/udp_gateway.h"

namespace tickwire::game {

class Server {
 public:
  // Opens sockets and files; the error says which one failed.
  [[nodiscard]] static Result<std::unique_ptr<Server>> open(const ServerOptions& options);

  // The ports that are bound, also where port 0 was asked for.
  [[nodiscard]] std::uint16_t udp_port() const { return udp_->port(); }
  [[nodiscard]] std::uint16_t tcp_port() const { return tcp_->port(); }
  // Until borrowed_stop_fd is readable or the duration has passed; then says bye to everybody.
  void run(int borrowed_stop_fd);

 private:
  explicit Server(const ServerOptions& options);

  Result<void> open_parts();
  Result<void> open_lag();
  Result<void> add_to_both(int borrowed_fd, std::uint64_t id);
  // True when a signal asks for the end.
  bool dispatch();
  void tick(const DueTicks& due, Nanoseconds woken_mono);
  void end_second(Nanoseconds now_mono);
  void write_stats(std::string_view kind);

  ServerOptions options_;
  ServerStats stats_;
  Game game_;
  std::optional<Poller> poller_;
  std::optional<Poller> deaf_poller_;  // all but the players' sockets: for an injected I/O stall
  std::optional<DeadlineTimer> timer_;
  std::optional<UdpGateway> udp_;
  std::optional<TcpGateway> tcp_;
  std::optional<LineFile> stats_file_;
  std::unique_ptr<Lag> lag_;
};

}  // namespace tickwire::game
