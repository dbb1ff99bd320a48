// What it owns: the thread that serves UDP and TCP: the sockets, their clients, and their way to the world.
// Who may use it: the server, tests.
// Thread: run() has one of its own; stop() and the counters on any; the rest before run().
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gameserver/common/poller.h"
#include "gameserver/gateway/front.h"
#include "gameserver/gateway/stats.h"
#include "gameserver/gateway/tcp_gateway.h"
#include "gameserver/gateway/udp_gateway.h"
#include "gameserver/lag/lag_parts.h"

namespace tickwire::game {

struct NetOptions {
  std::string bind;               // "": every address of both families
  std::uint16_t udp_port = 7777;  // 0: the kernel chooses
  std::uint16_t tcp_port = 9000;
  GatewayId id = 0;
  FrontOptions front;
};

class NetLoop {
 public:
  // At the end clients have so long to take their bye and close.
  static constexpr Nanoseconds kFarewellTime = std::chrono::milliseconds(250);

  // Opens the sockets; the error names the address that failed. What is borrowed outlives run().
  [[nodiscard]] static Result<std::unique_ptr<NetLoop>> open(const NetOptions& options, WorldInbox& borrowed_world,
                                                             GatewayInbox& borrowed_inbox);
  NetLoop(const NetLoop&) = delete;
  NetLoop& operator=(const NetLoop&) = delete;

  // The ports that are bound, also where port 0 was asked for.
  [[nodiscard]] std::uint16_t udp_port() const { return udp_->port(); }
  [[nodiscard]] std::uint16_t tcp_port() const { return tcp_->port(); }
  [[nodiscard]] int udp_fd() const { return udp_->fd(); }

  // Injected stalls, in which the players' sockets are not read; whoever asks for one notifies the inbox's wake. Before run().
  void set_lag(IoLag& borrowed_lag) { lag_ = &borrowed_lag; }
  // Until stop(): then it says bye to everybody, and returns when all have gone, or kFarewellTime later.
  void run();
  void stop();

  [[nodiscard]] const FrontStats& front_stats() const { return front_stats_; }
  [[nodiscard]] const UdpStats& udp_stats() const { return udp_stats_; }
  [[nodiscard]] const TcpStats& tcp_stats() const { return tcp_stats_; }

 private:
  NetLoop(const NetOptions& options, WorldInbox& borrowed_world, GatewayInbox& borrowed_inbox);
  Result<void> open_parts(const NetOptions& options);
  Result<void> add_to_both(int borrowed_fd, std::uint64_t id);
  // Waits for at most one batch of events and handles them.
  void dispatch(Poller& poller);
  void on_event(const epoll_event& event);
  void serve(Nanoseconds now_mono);
  void sweep(Nanoseconds now_mono);
  void say_bye();

  FrontStats front_stats_;
  UdpStats udp_stats_;
  TcpStats tcp_stats_;
  GatewayInbox* inbox_;
  Front front_;
  std::optional<Poller> poller_;
  std::optional<Poller> deaf_poller_;  // all but the players' sockets: during an injected stall
  std::optional<DeadlineTimer> timer_;
  std::shared_ptr<Wake> stop_wake_;
  std::unique_ptr<UdpGateway> udp_;
  std::optional<TcpGateway> tcp_;
  IoLag* lag_ = nullptr;  // null: none
  std::atomic<bool> stopping_ = false;
};

}  // namespace tickwire::game
