// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "gameserver/gateway/listen.h"

namespace tickwire::game {
namespace {

enum Id : std::uint64_t { kStop, kTimer, kUdp, kListener };
static_assert(kListener < TcpGateway::kFirstClientId);

}  // namespace

Server::Server(const ServerOptions& options) : options_(options), game_(options.tick_rate_hz, options.max_players, stats_) {}

Result<std::unique_ptr<Server>> Server::open(const ServerOptions& options) {
  std::unique_ptr<Server> server(new Server(options));
  if (const auto opened = server->open_parts(); !opened) return std::unexpected(opened.error());
  return server;
}

Result<void> Server::open_parts() {
  raise_file_limit();
  std::optional<UniqueFd> listener;
  return in_order([&] { return keep(poller_, Poller::open()); }, [&] { return keep(deaf_poller_, Poller::open()); },
                  [&] { return keep(timer_, DeadlineTimer::open()); },
                  [&] { return keep(stats_file_, LineFile::open(options_.stats_path)); },
                  [&] { return keep(udp_, UdpGateway::open(options_.bind, options_.udp_port, game_, stats_)); },
                  [&] { return keep(listener, open_bound(options_.bind, options_.tcp_port, SOCK_STREAM)); },
                  [&] { return add_to_both(timer_->fd(), kTimer); }, [&] { return poller_->add(udp_->fd(), EPOLLIN, kUdp); },
                  [&] {
                    tcp_.emplace(std::move(*listener), *poller_, game_, stats_);
                    return poller_->add(tcp_->listener_fd(), EPOLLIN, kListener);
                  },
                  [&] { return open_lag(); });
}

Result<void> Server::open_lag() {
  auto lag = Lag::open({.at_start = options_.lag, .control_path = options_.lag_control_path, .log_path = options_.lag_log_path},
                       {.borrowed_udp_fd = udp_->fd()});
  if (!lag) return std::unexpected(std::move(lag.error()));
  lag_ = std::move(*lag);
  return {};
}

Result<void> Server::add_to_both(int borrowed_fd, std::uint64_t id) {
  return in_order([&] { return poller_->add(borrowed_fd, EPOLLIN, id); },
                  [&] { return deaf_poller_->add(borrowed_fd, EPOLLIN, id); });
}

void Server::run(int borrowed_stop_fd) {
  if (!add_to_both(borrowed_stop_fd, kStop)) return;
  const auto started = monotonic_now();
  const auto ends = options_.duration_s
                        ? started + std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(*options_.duration_s))
                        : Nanoseconds::max();
  TickClock ticks(options_.tick_rate_hz, started);
  auto next_second = started + std::chrono::seconds(1);
  bool stopping = false;
  while (!stopping) {
    timer_->arm(std::min({ticks.next_deadline_mono(), next_second, ends, lag_->net().next_change_mono()}));
    stopping = dispatch();
    lag_->net().advance(monotonic_now());
    const auto now = monotonic_now();
    if (const auto due = ticks.advance(now); due.run > 0) tick(due, now);
    if (now >= next_second) {
      end_second(now);
      while (next_second <= now) next_second += std::chrono::seconds(1);
    }
    stopping = stopping || now >= ends;
  }
  lag_->net().close(monotonic_now());
  udp_->close(monotonic_now());
  tcp_->close(monotonic_now());
  write_stats("end");
}

bool Server::dispatch() {
  bool stop = false;
  Poller& poller = lag_->net().stalled() ? *deaf_poller_ : *poller_;
  for (const auto& event : poller.wait()) {
    const auto now = monotonic_now();
    switch (event.data.u64) {
      case kStop:
        stop = true;
        break;
      case kTimer:
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
  return stop;
}

void Server::end_second(Nanoseconds now_mono) {
  udp_->sweep(now_mono);
  tcp_->sweep(now_mono);
  write_stats("second");
  stats_.begin_second();
}

void Server::tick(const DueTicks& due, Nanoseconds woken_mono) {
  lag_->world().begin_tick(game_.world().tick() + 1, woken_mono);
  for (int i = 0; i < due.run; ++i) game_.step();
  // A tick that is caught up moves the world; players see its outcome in the snapshot of the tick behind it.
  const auto sending = monotonic_now();
  udp_->send_tick(sending);
  tcp_->send_tick(sending);
  game_.end_tick();
  const auto work = monotonic_now() - woken_mono;
  stats_.ticks += static_cast<std::uint64_t>(due.run);
  stats_.skipped_ticks += due.skipped;
  if (due.late_by * 10 * options_.tick_rate_hz > std::chrono::seconds(1)) ++stats_.late_ticks;
  stats_.worst_late = std::max(stats_.worst_late, due.late_by);
  stats_.worst_work = std::max(stats_.worst_work, work);
  stats_.work_sum += work;
}

void Server::write_stats(std::string_view kind) {
  if (!stats_file_->is_open()) return;
  stats_.udp_receive_drops = udp_->receive_drops();
  stats_file_->write(stats_line(stats_, kind, unix_now(), game_.world().player_count()));
  stats_file_->flush();
}

}  // namespace tickwire::game
