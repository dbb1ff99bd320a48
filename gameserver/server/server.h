// What it owns: the server: its modules, their threads, and the order in which they begin and end.
// Who may use it: main, tests.
// Thread: open, run and destruction on one; the ports on any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "gameserver/bus/event_bus.h"
#include "gameserver/bus/event_link.h"
#include "gameserver/bus/workers.h"
#include "gameserver/common/line_file.h"
#include "gameserver/common/result.h"
#include "gameserver/match/match.h"
#include "gameserver/metrics/registry.h"
#include "gameserver/server/account_module.h"
#include "gameserver/server/game_resources.h"
#include "gameserver/server/options.h"
#include "gameserver/server/stats.h"
#include "gameserver/server/world_module.h"
#include "gameserver/token/key.h"
#include "gameserver/web/web_gateway.h"

namespace tickwire::game {

class Server {
 public:
  // Opens sockets and files and begins; the error says which one failed.
  [[nodiscard]] static Result<std::unique_ptr<Server>> open(const ServerOptions& options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() { close(); }

  // The ports that are bound, also where port 0 was asked for; UDP and TCP 0 without the module World.
  [[nodiscard]] std::uint16_t udp_port() const { return world_ ? world_->udp_port() : 0; }
  [[nodiscard]] std::uint16_t tcp_port() const { return world_ ? world_->tcp_port() : 0; }
  [[nodiscard]] std::uint16_t http_port() const { return web_->port(); }

  // Until borrowed_stop_fd is readable or the duration has passed; then says bye to everybody, and ends within two seconds.
  // borrowed_reload_fd: when it is readable the resources are read again, and it is read; -1: they never are.
  void run(int borrowed_stop_fd, int borrowed_reload_fd = -1);

 private:
  explicit Server(const ServerOptions& options) : options_(options) {}

  [[nodiscard]] bool has(Role role) const { return !options_.role || *options_.role == role; }
  Result<void> open_basis();
  Result<void> open_modules();
  Result<void> open_web();
  void add_metric_sources();
  Result<void> start();

  // One round of what the thread of run() does by itself; how long it may then wait.
  Nanoseconds run_due(Nanoseconds now_mono);
  void reload();
  void write_stats(std::string_view kind);
  // Once each time that a role is given up, or comes back.
  void say_who_is_given_up();
  // Of all modules, and of the bus.
  [[nodiscard]] std::vector<NamedQueueCounts> queues() const;
  // Of the module World and the web gateway.
  [[nodiscard]] StatsView view(const std::vector<NamedQueueCounts>& counts) const;
  void close();

  // What outlives what is below it.
  const ServerOptions options_;
  std::optional<LineFile> stats_file_;
  std::shared_ptr<Wake> wake_;  // of the thread of run()
  std::shared_ptr<const TokenKey> key_;
  EventBus bus_;
  std::unique_ptr<GameResources> resources_;
  MetricRegistry metrics_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<EventLink> link_;          // null: one process
  std::unique_ptr<AccountModule> accounts_;  // null: another process has it, likewise match_ and world_
  std::unique_ptr<Match> match_;
  std::unique_ptr<WorldModule> world_;
  std::unique_ptr<WebGateway> web_;
  std::unique_ptr<WebGateway> metrics_web_;  // null: metrics have no port of their own
  std::thread web_thread_;
  std::thread metrics_thread_;
  Nanoseconds next_second_mono_{};
  std::array<bool, kRoles.size()> said_given_up_{};  // of say_who_is_given_up()
  bool closed_ = false;
};

}  // namespace tickwire::game
