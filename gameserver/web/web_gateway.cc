// SPDX-License-Identifier: Apache-2.0
#include "gameserver/web/web_gateway.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>  // Boost.Asio 1.74 needs it and does not include it
//
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "gameserver/common/unique_fd.h"
#include "gameserver/gateway/front.h"
#include "gameserver/gateway/listen.h"
#include "gameserver/web/core.h"
#include "gameserver/web/serve_http.h"

namespace tickwire::game {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Descriptor = asio::posix::basic_stream_descriptor<WebExecutor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, WebExecutor>;

constexpr int kAcceptsPerWakeUp = 64;
// What the kernel may hold of a client that has not been put on the wire. More would be old snapshots: beyond it they wait in the message
// box, where a newer one takes their place.
constexpr int kUnsentBytes = 16 * 1024;

UniqueFd open_spare() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

// Lets the gateway's thread stand still, until stop() at the latest.
class Stall {
 public:
  void wait(Nanoseconds duration) {
    std::unique_lock lock(mutex_);
    static_cast<void>(over_.wait_for(lock, duration, [this] { return stopped_; }));
  }
  // True for the first call.
  bool stop() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return false;
    over_.notify_all();
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  bool stopped_ = false;
};

}  // namespace

struct WebGateway::Parts {
  Parts(const WebOptions& options, std::vector<HttpRoute> routes, Front* borrowed_front, std::shared_ptr<Wake> inbox_wake)
      : core(options, std::move(routes), borrowed_front),
        wake(std::move(inbox_wake)),
        spare(open_spare()),
        listener(core.io.get_executor()),
        inbox(core.io.get_executor()),
        timer(core.io.get_executor()) {}

  Result<void> open();
  void wait_for_clients();
  void accept();
  // Takes a connection off the queue although there is no descriptor for it: it would stay there, and the loop would spin on it.
  void refuse_without_descriptor();
  void adopt(UniqueFd fd);
  void wait_for_inbox();
  void wait_for_sweep();
  void sweep(Nanoseconds now_mono);
  void stop();
  // Of each connection; it may leave the list meanwhile.
  template <typename Task>
  void for_each_connection(Task task) {
    for (auto next = core.connections.begin(); next != core.connections.end();) {
      const auto connection = *next++;
      task(*connection);
    }
  }

  WebCore core;
  std::shared_ptr<Wake> wake;
  Stall stall;
  std::uint16_t port = 0;
  UniqueFd spare;
  Descriptor listener;
  Descriptor inbox;  // a duplicate of the wake's
  Timer timer;
};

Result<void> WebGateway::Parts::open() {
  auto bound = open_bound(core.options.bind, core.options.port, SOCK_STREAM);
  if (!bound) return std::unexpected(std::move(bound.error()));
  port = Endpoint::local_of(bound->fd()).port();
  listener.assign(std::exchange(*bound, UniqueFd()).release());
  if (wake == nullptr) return {};
  UniqueFd duplicate(::fcntl(wake->fd(), F_DUPFD_CLOEXEC, 0));
  if (!duplicate) return fail_errno(errno, "duplicate", "an eventfd");
  inbox.assign(duplicate.release());
  return {};
}

void WebGateway::Parts::wait_for_clients() {
  listener.async_wait(Descriptor::wait_read, [this](ErrorCode error) {
    if (error || core.stopping) return;
    accept();
    wait_for_clients();
  });
}

void WebGateway::Parts::accept() {
  for (int i = 0; i < kAcceptsPerWakeUp; ++i) {
    UniqueFd fd(::accept4(listener.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      adopt(std::move(fd));
    } else if (errno == EMFILE || errno == ENFILE) {
      refuse_without_descriptor();
    } else if (errno == EAGAIN || errno == EINTR) {
      return;
    }
  }
}

void WebGateway::Parts::refuse_without_descriptor() {
  ++core.stats.refused_descriptor;
  spare.reset();
  UniqueFd refused(::accept4(listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC));
  refused.reset();
  spare = open_spare();
}

void WebGateway::Parts::adopt(UniqueFd fd) {
  const auto remote = Endpoint::remote_of(fd.fd());
  if (core.connections.size() >= core.options.max_connections || !core.addresses.enter(remote, monotonic_now())) {
    ++core.stats.refused_limit;
    return;
  }
  AddressSlot slot(core.addresses, remote);
  const int on = 1;
  ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes, sizeof kUnsentBytes);
  WebSocketStreamSocket socket(core.io.get_executor());
  ErrorCode error;
  socket.assign(remote.family() == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), fd.fd(), error);
  if (error) return;
  static_cast<void>(fd.release());
  ++core.stats.accepted;
  serve_http(core, std::move(socket), std::move(slot));
}

void WebGateway::Parts::wait_for_inbox() {
  if (core.front == nullptr || wake == nullptr) return;
  inbox.async_wait(Descriptor::wait_read, [this](ErrorCode error) {
    if (error || core.stopping) return;
    wake->drain();
    core.front->serve(monotonic_now());
    wait_for_inbox();
  });
}

void WebGateway::Parts::wait_for_sweep() {
  timer.expires_after(core.options.timeouts.sweep);
  timer.async_wait([this](ErrorCode error) {
    if (error || (core.stopping && core.connections.empty())) return;
    sweep(monotonic_now());
    wait_for_sweep();
  });
}

void WebGateway::Parts::sweep(Nanoseconds now_mono) {
  for_each_connection([&](WebConnection& connection) { connection.sweep(now_mono); });
  if (core.front != nullptr && !core.stopping) core.front->sweep(now_mono);
}

void WebGateway::Parts::stop() {
  core.stopping = true;
  ErrorCode ignored;
  listener.close(ignored);
  inbox.close(ignored);
  const auto now = monotonic_now();
  if (core.front != nullptr) core.front->close(now);
  for_each_connection([&](WebConnection& connection) { connection.stop(now); });
  if (core.connections.empty()) timer.cancel();
}

Result<std::unique_ptr<WebGateway>> WebGateway::open(const WebOptions& options, std::vector<HttpRoute> routes,
                                                     Front* borrowed_front, std::shared_ptr<Wake> wake) {
  auto parts = std::make_unique<Parts>(options, std::move(routes), borrowed_front, std::move(wake));
  if (auto opened = parts->open(); !opened) return std::unexpected(std::move(opened.error()));
  return std::unique_ptr<WebGateway>(new WebGateway(std::move(parts)));
}

WebGateway::WebGateway(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
WebGateway::~WebGateway() = default;

std::uint16_t WebGateway::port() const { return parts_->port; }
const WebStats& WebGateway::stats() const { return parts_->core.stats; }

void WebGateway::run() {
  parts_->core.replies->begin();
  parts_->wait_for_clients();
  parts_->wait_for_inbox();
  parts_->wait_for_sweep();
  // Ends once the last connection has gone.
  parts_->core.io.run();
  parts_->core.replies->end();
}

void WebGateway::stop() {
  if (parts_->stall.stop()) asio::post(parts_->core.io, [parts = parts_.get()] { parts->stop(); });
}

void WebGateway::block_for(Nanoseconds duration, StallEnded ended) {
  asio::post(parts_->core.io, [parts = parts_.get(), duration, ended = std::move(ended)] {
    const auto begin = monotonic_now();
    parts->stall.wait(duration);
    if (ended) ended(begin, monotonic_now());
  });
}

}  // namespace tickwire::game
