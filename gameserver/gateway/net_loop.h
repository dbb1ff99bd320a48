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

namespace tickwire::game {

struct NetOptions {
  std::string bind;               // "": every address of both families
  std::uint16_t udp_port = 7777;  // 0: the kernel chooses
  std::uint16_t tcp_port = 9000;
  GatewayId id = 0;
  FrontOptions front;
};

// When the players' sockets are not to be read, which is injected lag; all calls come from the net loop's thread.
class ReadGate {
 public:
  virtual ~ReadGate() = default;
  // To be asked again at next_change_mono() or earlier, and whenever wake_fd() is readable.
  [[nodiscard]] virtual bool is_open(Nanoseconds now_mono) = 0;
  [[nodiscard]] virtual Nanoseconds next_change_mono() const = 0;
  // Readable when next_change_mono() may have become an earlier time; is_open() drains it. -1: it never does.
  [[nodiscard]] virtual int wake_fd() const = 0;
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

  // Without one the sockets are always read.
  void set_gate(ReadGate& borrowed_gate) { gate_ = &borrowed_gate; }
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
  std::optional<Poller> deaf_poller_;  // all but the players' sockets: while the gate is closed
  std::optional<DeadlineTimer> timer_;
  std::shared_ptr<Wake> stop_wake_;
  std::unique_ptr<UdpGateway> udp_;
  std::optional<TcpGateway> tcp_;
  ReadGate* gate_ = nullptr;
  std::atomic<bool> stopping_ = false;
};

}  // namespace tickwire::game
