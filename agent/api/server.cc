// SPDX-License-Identifier: Apache-2.0
#include "api/server.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <latch>
#include <system_error>
#include <thread>
#include <vector>

#include "api/daemon.h"
#include "api/listener.h"
#include "api/web_security.h"
#include "base/capabilities.h"
#include "base/clock.h"
#include "base/unique_fd.h"

namespace tickwire::api {
namespace {

constexpr int kLongestWaitMs = 1000;
constexpr std::chrono::milliseconds kFarewell{500};  // for streams, when the agent stops

int milliseconds(std::chrono::nanoseconds duration) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

Result<void> watch(int borrowed_epoll, int borrowed_fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = borrowed_fd;
  if (::epoll_ctl(borrowed_epoll, EPOLL_CTL_ADD, borrowed_fd, &event) != 0) return fail_errno(errno, "epoll_ctl", "http server");
  return {};
}

class HttpServer final : public Server {
 public:
  HttpServer(const ServerOptions& options, Routes::Latest latest)
      : streams_(options.streams, latest), routes_(with_refusals(options.routes), std::move(latest), monotonic_now) {}

  ~HttpServer() override {
    if (!thread_.joinable()) return;
    stopping_ = true;
    wake();
    thread_.join();
  }

  void published() override { wake(); }

  Result<void> open(const ServerOptions& options) {
    epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_) return fail_errno(errno, "epoll_create1", "http server");
    wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_) return fail_errno(errno, "eventfd", "http server");
    if (auto done = watch(epoll_.fd(), wake_.fd()); !done) return done;
    if (options.listen) {
      if (!options.web_config.empty()) {
        auto security = WebSecurity::open(options.web_config, monotonic_now);
        if (!security) return std::unexpected(security.error());
        security_ = *std::move(security);
        tcp_door_.security = security_.get();
      }
      auto tcp = listen_tcp(*options.listen);
      if (!tcp) return std::unexpected(tcp.error());
      port_ = tcp->port;
      if (auto done = add_daemon(std::move(tcp->socket), tcp_door_); !done) return done;
    }
    auto unix_listener = UnixListener::listen(options.socket_path);
    if (!unix_listener) return std::unexpected(unix_listener.error());
    unix_ = *std::move(unix_listener);
    // The daemon gets its own descriptor of the socket, for it closes what it is given.
    UniqueFd copy(::fcntl(unix_->borrowed_fd(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return fail_errno(errno, "duplicate", options.socket_path);
    return add_daemon(std::move(copy), unix_door_);
  }

  // The thread starts with every signal blocked: they are for the loop.
  Result<void> run() {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::error_code error;
    try {
      thread_ = std::thread([this] { serve(); });
    } catch (const std::system_error& failure) {
      error = failure.code();
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error) return fail_errno(error.value(), "start thread", "http server");
    ::pthread_setname_np(thread_.native_handle(), "tickwire-http");
    unprivileged_.wait();
    return {};
  }

  std::optional<std::uint16_t> port() const override { return port_; }

 private:
  RouteOptions with_refusals(RouteOptions routes) const {
    routes.refusals = [this] { return security_ ? security_->refusals() : exporting::HttpRefusals{}; };
    return routes;
  }

  void wake() {
    const std::uint64_t one = 1;
    while (::write(wake_.fd(), &one, sizeof one) < 0 && errno == EINTR) {
    }
  }

  Result<void> add_daemon(UniqueFd socket, const Door& door) {
    auto daemon = start_daemon(std::move(socket), door);
    if (!daemon) return std::unexpected(daemon.error());
    const MHD_DaemonInfo* info = ::MHD_get_daemon_info(daemon->get(), MHD_DAEMON_INFO_EPOLL_FD);
    if (info == nullptr) return fail("start the HTTP server: libmicrohttpd has no epoll here");
    daemons_.push_back(*std::move(daemon));
    return watch(epoll_.fd(), info->epoll_fd);
  }

  void serve() {
    // What talks to the network needs no privilege.
    if (auto dropped = keep_capabilities(0); !dropped) spdlog::warn("http thread: {}", dropped.error().text());
    unprivileged_.count_down();
    for (;;) {
      streams_.go_on();
      if (security_) security_->follow_files();
      int wait_ms = std::min(kLongestWaitMs, milliseconds(streams_.longest_wait()));
      for (const Daemon& daemon : daemons_) {
        MHD_UNSIGNED_LONG_LONG wanted_ms = 0;
        if (::MHD_get_timeout(daemon.get(), &wanted_ms) == MHD_YES) {
          wait_ms = static_cast<int>(std::min<MHD_UNSIGNED_LONG_LONG>(wanted_ms, static_cast<unsigned>(wait_ms)));
        }
      }
      std::array<epoll_event, 3> events{};
      const int ready = ::epoll_wait(epoll_.fd(), events.data(), events.size(), wait_ms);
      for (int i = 0; i < ready; ++i) {
        std::uint64_t count = 0;
        if (events.at(static_cast<std::size_t>(i)).data.fd == wake_.fd()) (void)!::read(wake_.fd(), &count, sizeof count);
      }
      if (stopping_) return end_streams();
      streams_.go_on();
      run_daemons();
    }
  }

  void run_daemons() {
    for (const Daemon& daemon : daemons_) ::MHD_run(daemon.get());
  }

  // Each gets the end of what it is being sent, if it takes it.
  void end_streams() {
    streams_.end();
    const auto deadline = monotonic_now() + kFarewell;
    for (run_daemons(); !streams_.is_empty() && monotonic_now() < deadline; run_daemons()) {
      epoll_event event{};
      ::epoll_wait(epoll_.fd(), &event, 1, 10);
    }
  }

  EventStreams streams_;
  Routes routes_;
  std::unique_ptr<WebSecurity> security_;
  Door tcp_door_{&routes_, &streams_, Listener::kTcp};
  Door unix_door_{&routes_, &streams_, Listener::kUnix};
  std::atomic<bool> stopping_ = false;
  std::latch unprivileged_{1};
  UniqueFd epoll_;
  UniqueFd wake_;
  std::unique_ptr<UnixListener> unix_;
  std::vector<Daemon> daemons_;
  std::optional<std::uint16_t> port_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Routes::Latest latest) {
  auto server = std::make_unique<HttpServer>(options, std::move(latest));
  if (auto opened = server->open(options); !opened) return std::unexpected(opened.error());
  if (auto running = server->run(); !running) return std::unexpected(running.error());
  return server;
}

}  // namespace tickwire::api
