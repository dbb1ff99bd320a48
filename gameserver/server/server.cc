// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/server.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <system_error>
#include <utility>

#include "gameserver/common/poller.h"
#include "gameserver/match/match_http.h"
#include "gameserver/server/loopback_only.h"
#include "gameserver/server/server_metrics.h"

namespace tickwire::game {
namespace {

constexpr Nanoseconds kSecond = std::chrono::seconds(1);
// How often the passing of time is brought to Match.
constexpr Nanoseconds kMatchInterval = std::chrono::milliseconds(100);
constexpr std::size_t kHttpConnections = 8192;
// Of Auth, which keeps the results, of Match, and of World.
constexpr std::array<EventKinds, kRoles.size()> kWantedEvents{
    kinds_of(EventKind::kPlayerLeft), kinds_of(EventKind::kPlayerAuthenticated), kinds_of(EventKind::kMatchStarted)};
static_assert(kRoles == std::array{Role::kAuth, Role::kMatch, Role::kWorld});

// The key of a process by itself is nobody else's.
Result<std::shared_ptr<const TokenKey>> open_key(const std::string& path) {
  if (path.empty()) return std::make_shared<const TokenKey>(TokenKey::random());
  auto key = TokenKey::load(path);
  if (!key) return std::unexpected(std::move(key.error()));
  return std::make_shared<const TokenKey>(std::move(*key));
}

template <typename Home, typename Part>
Result<void> keep_pointer(Home& home, Result<Part> part) {
  if (!part) return std::unexpected(std::move(part.error()));
  home = std::move(*part);
  return {};
}

Result<void> start_thread(std::thread& home, WebGateway& gateway) {
  try {
    home = std::thread([&gateway] { gateway.run(); });
  } catch (const std::system_error& error) {
    return fail_errno(error.code().value(), "start", "the web thread");
  }
  return {};
}

void say(std::string_view what) { fmt::print(stderr, "tickwire-gameserver: {}\n", what); }

}  // namespace

Result<std::unique_ptr<Server>> Server::open(const ServerOptions& options) {
  std::unique_ptr<Server> server(new Server(options));
  auto opened = in_order([&] { return server->open_basis(); }, [&] { return server->open_modules(); },
                         [&] { return server->open_web(); }, [&] { return server->start(); });
  if (!opened) return std::unexpected(std::move(opened.error()));
  return server;
}

Result<void> Server::open_basis() {
  raise_file_limit();
  return in_order([&] { return keep(stats_file_, LineFile::open(options_.stats_path)); },
                  [&] { return keep_pointer(wake_, Wake::open()); },
                  [&] { return keep_pointer(key_, open_key(options_.token_key_path)); },
                  [&] { return keep_pointer(resources_, GameResources::open(options_.resources_directory)); },
                  [&] {
                    // Tasks that have not begun when the server ends are not worth waiting for.
                    constexpr Nanoseconds kFinish = std::chrono::milliseconds(200);
                    return keep_pointer(workers_, WorkerPool::open({.threads = options_.workers, .finish_within = kFinish}));
                  });
}

Result<void> Server::open_modules() {
  if (const auto unknown = resources_->unknown_files(); !unknown.empty()) say(unknown);
  Result<void> opened;
  if (has(Role::kAuth)) {
    opened = keep_pointer(
        accounts_, AccountModule::open(options_.database, {.borrowed_bus = bus_, .borrowed_workers = *workers_, .key = key_}));
  }
  const auto publish = [this](const Event& event) { return bus_.publish(event); };
  if (opened && has(Role::kMatch)) opened = keep_pointer(match_, Match::make({}, {.key = key_, .publish = publish}));
  if (opened && has(Role::kWorld)) {
    opened = keep_pointer(world_, WorldModule::open(options_, {.borrowed_bus = bus_,
                                                               .borrowed_workers = *workers_,
                                                               .borrowed_resources = *resources_,
                                                               .tickets = make_ticket_check(key_),
                                                               .io_stall_wake = wake_}));
  }
  // Behind those who hear of events: what waits in other processes comes at once.
  if (opened && options_.role) {
    opened = keep_pointer(
        link_, EventLink::open({.directory = options_.bus_directory, .role = *options_.role, .wanted = kWantedEvents}, bus_));
  }
  return opened;
}

Result<void> Server::open_web() {
  std::vector<HttpRoute> routes;
  const auto add = [&routes](std::vector<HttpRoute> more) { std::ranges::move(more, std::back_inserter(routes)); };
  if (accounts_) add(accounts_->routes());
  if (match_) add(match_routes(*match_));
  if (!options_.metrics_port) routes.push_back(loopback_only(metrics_route(metrics_)));
  const WebOptions web{.bind = options_.bind,
                       .port = options_.http_port,
                       .origins = options_.origins,
                       .max_connections = std::max(kHttpConnections, options_.max_players + kHttpConnections / 8),
                       .per_address = options_.limits};
  Front* front = world_ ? &world_->web_front() : nullptr;
  auto opened = keep_pointer(web_, WebGateway::open(web, std::move(routes), front, world_ ? world_->web_wake() : nullptr));
  if (!opened || options_.metrics_port.value_or(0) == 0) return opened;
  constexpr std::size_t kScrapers = 16;
  const WebOptions metrics{.bind = "127.0.0.1", .port = *options_.metrics_port, .max_connections = kScrapers};
  return keep_pointer(metrics_web_, WebGateway::open(metrics, {metrics_route(metrics_)}, nullptr, nullptr));
}

void Server::add_metric_sources() {
  metrics_.add([this] { return resources_->families(); });
  metrics_.add([this] { return worker_families(workers_->counts()); });
  metrics_.add([this] { return web_families(web_->stats()); });
  metrics_.add([this] { return event_families(bus_.counts(), link_ ? std::optional(link_->counts()) : std::nullopt); });
  metrics_.add([this] { return queue_families(queues()); });
  if (accounts_) metrics_.add([this] { return accounts_->families(); });
  if (match_) metrics_.add([this] { return match_families(match_->counts()); });
  if (!world_) return;
  metrics_.add([this] { return world_families(world_->loop().stats(), world_->lockstep_stats()); });
  metrics_.add([this] { return gateway_families(view({})); });
  metrics_.add([this] { return world_->rules().families(); });
}

Result<void> Server::start() {
  add_metric_sources();
  next_second_mono_ = monotonic_now() + kSecond;
  return in_order([&]() -> Result<void> { return world_ ? world_->start() : Result<void>{}; },
                  [&] { return start_thread(web_thread_, *web_); },
                  [&]() -> Result<void> { return metrics_web_ ? start_thread(metrics_thread_, *metrics_web_) : Result<void>{}; });
}

void Server::run(int borrowed_stop_fd, int borrowed_reload_fd) {
  const auto ends =
      options_.duration_s
          ? monotonic_now() + std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(*options_.duration_s))
          : Nanoseconds::max();
  std::array<pollfd, 3> waiting = {pollfd{.fd = borrowed_stop_fd, .events = POLLIN}, pollfd{.fd = wake_->fd(), .events = POLLIN},
                                   pollfd{.fd = borrowed_reload_fd, .events = POLLIN}};
  for (auto now = monotonic_now(); now < ends; now = monotonic_now()) {
    const auto timeout = to_timespec(std::min(run_due(now), ends - now));
    if (::ppoll(waiting.data(), waiting.size(), &timeout, nullptr) <= 0) continue;
    if (waiting[0].revents != 0) break;
    if (waiting[1].revents != 0) wake_->drain();
    if (waiting[2].revents == 0) continue;
    signalfd_siginfo signal{};
    static_cast<void>(::read(borrowed_reload_fd, &signal, sizeof signal) == sizeof signal);
    reload();
  }
  close();
}

Nanoseconds Server::run_due(Nanoseconds now_mono) {
  if (now_mono >= next_second_mono_) {
    write_stats("second");
    if (const auto failure = accounts_ ? accounts_->new_failure() : ""; !failure.empty()) say(failure);
    if (link_) say_who_is_given_up();
    while (next_second_mono_ <= now_mono) next_second_mono_ += kSecond;
  }
  auto next = next_second_mono_;
  if (match_) {
    match_->run_due();
    next = std::min(next, now_mono + kMatchInterval);
  }
  if (world_) {
    auto& lag = world_->web_lag();
    if (const auto stall = lag.io_stall().take(now_mono)) {
      web_->block_for(*stall, [&lag, asked = *stall](Nanoseconds begin, Nanoseconds end) { lag.note(begin, end, asked); });
    }
    next = std::min(next, lag.io_stall().next_mono());
  }
  return std::max(next - now_mono, Nanoseconds::zero());
}

void Server::say_who_is_given_up() {
  const auto given_up = link_->counts().is_given_up;
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    if (given_up[i] == said_given_up_[i]) continue;
    say(fmt::format("role {}: {}", role_name(kRoles[i]),
                    given_up[i] ? "its process has gone, and what it would be told is lost until it comes back" : "is back"));
  }
  said_given_up_ = given_up;
}

void Server::reload() {
  const auto reloaded = resources_->reload([this](const GameResources::Fresh& fresh) -> Result<void> {
    return world_ ? world_->take_resources(fresh) : Result<void>{};
  });
  say(reloaded ? "resources were read again" : fmt::format("the old resources stay: {}", reloaded.error()));
  if (const auto unknown = resources_->unknown_files(); reloaded && !unknown.empty()) say(unknown);
}

void Server::write_stats(std::string_view kind) {
  if (!stats_file_->is_open() || !world_) return;
  const auto counts = queues();
  stats_file_->write(stats_line(view(counts), kind, unix_now()));
  stats_file_->flush();
}

std::vector<NamedQueueCounts> Server::queues() const {
  std::vector<NamedQueueCounts> counts;
  if (world_) counts = world_->queues();
  if (accounts_) counts.push_back(accounts_->queue());
  for (const auto& queue : bus_.queues()) counts.push_back(named_counts(*queue));
  return counts;
}

StatsView Server::view(const std::vector<NamedQueueCounts>& counts) const {
  return {.world = world_->loop().stats(),
          .fronts = {&world_->net().front_stats(), &world_->web_front_stats()},
          .udp = world_->net().udp_stats(),
          .tcp = world_->net().tcp_stats(),
          .web = web_->stats(),
          .queues = counts};
}

// Gateways first, so that nobody comes any more; then the world, whose players leave by that; then those who hear of it.
void Server::close() {
  if (std::exchange(closed_, true)) return;
  if (web_) web_->stop();
  if (metrics_web_) metrics_web_->stop();
  if (world_) world_->stop_gateways();
  if (web_thread_.joinable()) web_thread_.join();
  if (metrics_thread_.joinable()) metrics_thread_.join();
  if (world_) world_->stop_world();
  if (workers_) workers_->stop();
  if (link_) link_->stop();
  if (accounts_) accounts_->stop();
  if (stats_file_ && web_) write_stats("end");
}

}  // namespace tickwire::game
