// What it owns: the module World with its gateways: the world's thread, the net thread, and the front of the web gateway.
// Who may use it: the server's wiring.
// Thread: open, start and stop on one; the rest on any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <thread>

#include "gameserver/bus/event_bus.h"
#include "gameserver/bus/workers.h"
#include "gameserver/gateway/front.h"
#include "gameserver/gateway/net_loop.h"
#include "gameserver/lag/lag.h"
#include "gameserver/lockstep/room.h"
#include "gameserver/metrics/families.h"
#include "gameserver/metrics/queue_families.h"
#include "gameserver/server/game_resources.h"
#include "gameserver/server/options.h"
#include "gameserver/server/rule_runner.h"
#include "gameserver/world/world_loop.h"

namespace tickwire::game {

// What World is given by the rest of the server. All of it outlives the module.
struct WorldLinks {
  EventBus& borrowed_bus;
  WorkerPool& borrowed_workers;
  const GameResources& borrowed_resources;
  TicketCheck tickets;
  std::shared_ptr<Wake> io_stall_wake;  // notified when a stall of the web gateway is asked for
};

class WorldModule {
 public:
  // Opens sockets and logs; the error says which one failed.
  [[nodiscard]] static Result<std::unique_ptr<WorldModule>> open(const ServerOptions& options, WorldLinks links);
  WorldModule(const WorldModule&) = delete;
  WorldModule& operator=(const WorldModule&) = delete;
  ~WorldModule();

  [[nodiscard]] std::uint16_t udp_port() const { return net_->udp_port(); }
  [[nodiscard]] std::uint16_t tcp_port() const { return net_->tcp_port(); }
  // For the web gateway, on whose thread it is to be called.
  [[nodiscard]] Front& web_front() { return *web_front_; }
  [[nodiscard]] std::shared_ptr<Wake> web_wake() const { return web_inbox_->wake; }
  // Injected stalls of the web gateway; to be looked at by whoever can block it.
  [[nodiscard]] IoLag& web_lag() { return lag_->web(); }

  // Begins the ticks and serves UDP and TCP. The error says that the system gives no more threads.
  [[nodiscard]] Result<void> start();
  // Injected lag ends, and UDP and TCP clients are told bye.
  void stop_gateways();
  // Everybody leaves the world; after the web gateway has ended.
  void stop_world();

  // Gives the resources to the world and the rules; with an error the rules are the old ones.
  [[nodiscard]] Result<void> take_resources();

  [[nodiscard]] const WorldLoop& loop() const { return *loop_; }
  [[nodiscard]] const NetLoop& net() const { return *net_; }
  [[nodiscard]] const FrontStats& web_front_stats() const { return web_stats_; }
  [[nodiscard]] const LockstepStats& lockstep_stats() const { return lockstep_stats_; }
  [[nodiscard]] const RuleRunner& rules() const { return *rules_; }
  // Of every queue between the module's threads.
  [[nodiscard]] std::vector<NamedQueueCounts> queues() const;

 private:
  WorldModule(const ServerOptions& options, WorldLinks links);
  Result<void> open_parts();
  Result<void> open_lag();
  Result<void> open_loop();

  const ServerOptions options_;
  WorldLinks links_;
  LockstepStats lockstep_stats_;
  FrontStats web_stats_;
  std::unique_ptr<WorldInbox> world_inbox_;
  std::unique_ptr<GatewayInbox> net_inbox_;
  std::unique_ptr<GatewayInbox> web_inbox_;
  std::shared_ptr<EventQueue> matches_;
  std::unique_ptr<RuleRunner> rules_;
  std::unique_ptr<NetLoop> net_;
  std::unique_ptr<Front> web_front_;
  std::unique_ptr<Lag> lag_;
  std::unique_ptr<WorldLoop> loop_;
  std::thread net_thread_;
};

}  // namespace tickwire::game
