// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/net_loop.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "gameserver/gateway/listen.h"

namespace tickwire::game {
namespace {

enum Id : std::uint64_t { kStop, kTimer, kInbox, kUdp, kListener };
static_assert(kListener < TcpGateway::kFirstClientId);

constexpr Nanoseconds kSecond = std::chrono::seconds(1);
// Sockets beyond those of the front's clients: of clients that are being closed.
constexpr std::size_t kClosingSockets = 256;

}  // namespace

NetLoop::NetLoop(const NetOptions& options, WorldInbox& borrowed_world, GatewayInbox& borrowed_inbox)
    : inbox_(&borrowed_inbox), front_(options.id, options.front, borrowed_world, borrowed_inbox, front_stats_) {}

Result<std::unique_ptr<NetLoop>> NetLoop::open(const NetOptions& options, WorldInbox& borrowed_world,
                                               GatewayInbox& borrowed_inbox) {
  std::unique_ptr<NetLoop> loop(new NetLoop(options, borrowed_world, borrowed_inbox));
  if (const auto opened = loop->open_parts(options); !opened) return std::unexpected(opened.error());
  return loop;
}

Result<void> NetLoop::open_parts(const NetOptions& options) {
  auto stop_wake = Wake::open();
  if (!stop_wake) return std::unexpected(std::move(stop_wake.error()));
  stop_wake_ = std::move(*stop_wake);
  auto udp = UdpGateway::open(options.bind, options.udp_port, front_, udp_stats_);
  if (!udp) return std::unexpected(std::move(udp.error()));
  udp_ = std::move(*udp);
  auto listener = open_bound(options.bind, options.tcp_port, SOCK_STREAM);
  if (!listener) return std::unexpected(std::move(listener.error()));
  return in_order([&] { return keep(poller_, Poller::open()); }, [&] { return keep(deaf_poller_, Poller::open()); },
                  [&] { return keep(timer_, DeadlineTimer::open()); }, [&] { return add_to_both(stop_wake_->fd(), kStop); },
                  [&] { return add_to_both(timer_->fd(), kTimer); }, [&] { return add_to_both(inbox_->wake->fd(), kInbox); },
                  [&] { return poller_->add(udp_->fd(), EPOLLIN, kUdp); },
                  [&] {
                    const auto max_sockets = options.front.max_players + Front::kSpareClients + kClosingSockets;
                    tcp_.emplace(std::move(*listener), max_sockets, *poller_, front_, tcp_stats_);
                    return poller_->add(tcp_->listener_fd(), EPOLLIN, kListener);
                  });
}

Result<void> NetLoop::add_to_both(int borrowed_fd, std::uint64_t id) {
  return in_order([&] { return poller_->add(borrowed_fd, EPOLLIN, id); },
                  [&] { return deaf_poller_->add(borrowed_fd, EPOLLIN, id); });
}

void NetLoop::stop() {
  stopping_.store(true, std::memory_order_release);
  stop_wake_->notify();
}

void NetLoop::run() {
  auto next_second = monotonic_now() + kSecond;
  while (!stopping_.load(std::memory_order_acquire)) {
    if (lag_ != nullptr) lag_->advance(monotonic_now());
    timer_->arm(lag_ == nullptr ? next_second : std::min(next_second, lag_->next_change_mono()));
    dispatch(lag_ != nullptr && lag_->stalled() ? *deaf_poller_ : *poller_);
    const auto now = monotonic_now();
    if (now < next_second) continue;
    sweep(now);
    while (next_second <= now) next_second += kSecond;
  }
  say_bye();
}

void NetLoop::dispatch(Poller& poller) {
  for (const auto& event : poller.wait()) on_event(event);
}

void NetLoop::on_event(const epoll_event& event) {
  const auto now = monotonic_now();
  switch (event.data.u64) {
    case kStop:
    case kTimer:
      break;
    case kInbox:
      serve(now);
      break;
    case kUdp:
      udp_->receive(now);
      break;
    case kListener:
      tcp_->accept(now);
      break;
    default:
      tcp_->on_ready(event.data.u64, event.events, now);
      break;
  }
}

void NetLoop::serve(Nanoseconds now_mono) {
  inbox_->wake->drain();
  front_.serve(now_mono);
  udp_->flush();
  tcp_->flush(now_mono);
}

void NetLoop::sweep(Nanoseconds now_mono) {
  front_.sweep(now_mono);
  udp_->flush();
  tcp_->sweep(now_mono);
  udp_->read_drops();
}

void NetLoop::say_bye() {
  const auto now = monotonic_now();
  front_.close(now);
  udp_->flush();
  tcp_->flush(now);
  udp_->read_drops();
  stop_wake_->drain();
  // Of the sockets only clients are looked at: nobody new comes in.
  poller_->remove(udp_->fd());
  poller_->remove(tcp_->listener_fd());
  poller_->remove(inbox_->wake->fd());
  const auto ends = now + kFarewellTime;
  timer_->arm(ends);
  while (tcp_->has_clients() && monotonic_now() < ends) dispatch(*poller_);
}

}  // namespace tickwire::game
