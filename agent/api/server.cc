// SPDX-License-Identifier: Apache-2.0
#include "api/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "api/listener.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "export/json.h"

namespace tickwire::api {
namespace {

constexpr std::size_t kConnectionBytes = 64 * 1024;  // request line, headers and answer headers of one client
constexpr unsigned kClients = 64;                    // per listener: 64 * 64 KiB = 4 MiB at most
constexpr unsigned kClientsPerAddress = 32;          // one address cannot take the whole TCP listener
constexpr unsigned kIdleSeconds = 10;
constexpr int kLongestWaitMs = 1000;
constexpr std::chrono::milliseconds kFarewell{500};  // for streams, when the agent stops

int milliseconds(std::chrono::nanoseconds duration) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

struct StopDaemon {
  void operator()(MHD_Daemon* daemon) const { ::MHD_stop_daemon(daemon); }
};
using Daemon = std::unique_ptr<MHD_Daemon, StopDaemon>;

// What a daemon's callback is told.
struct Door {
  const Routes* routes;
  EventStreams* streams;
  Listener listener;
};

struct DestroyResponse {
  void operator()(MHD_Response* response) const { ::MHD_destroy_response(response); }
};

void free_body(void* body) { delete static_cast<std::string*>(body); }

using Reply = std::unique_ptr<MHD_Response, DestroyResponse>;

MHD_Result queue(MHD_Connection* connection, const Response& response, const Reply& reply) {
  if (!reply) return MHD_NO;
  ::MHD_add_response_header(reply.get(), MHD_HTTP_HEADER_CONTENT_TYPE, response.content_type.c_str());
  ::MHD_add_response_header(reply.get(), MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  ::MHD_add_response_header(reply.get(), "X-Content-Type-Options", "nosniff");
  if (!response.allow.empty()) ::MHD_add_response_header(reply.get(), MHD_HTTP_HEADER_ALLOW, response.allow.c_str());
  return ::MHD_queue_response(connection, response.status, reply.get());
}

MHD_Result send(MHD_Connection* connection, Response response) {
  auto body = std::make_unique<std::string>(std::move(response.body));
  // The body is handed over, not copied; the library sends it piece by piece as the client takes it.
  const Reply reply(::MHD_create_response_from_buffer_with_free_callback_cls(body->size(), body->data(), free_body, body.get()));
  if (reply) (void)body.release();
  return queue(connection, response, reply);
}

// A body that goes on.
MHD_Result stream(MHD_Connection* connection, EventStreams& streams, Response response) {
  if (streams.is_full()) {
    return send(
        connection,
        {.status = MHD_HTTP_SERVICE_UNAVAILABLE,
         .content_type = "application/json",
         .body = exporting::error_json(fmt::format("{} streams of events are open, as many as there may be", streams.limit())),
         .allow = {},
         .events = {}});
  }
  EventQuery query = *std::move(response.events);
  return queue(connection, response, Reply(streams.begin(connection, std::move(query))));
}

MHD_Result add_parameter(void* target, MHD_ValueKind, const char* name, std::size_t name_size, const char* value,
                         std::size_t value_size) {
  auto& parameters = *static_cast<std::vector<std::pair<std::string, std::string>>*>(target);
  parameters.emplace_back(std::string(name, name_size), value != nullptr ? std::string(value, value_size) : std::string());
  return MHD_YES;
}

bool announces_body(MHD_Connection* connection) {
  const char* length = ::MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
  const char* coding = ::MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
  return coding != nullptr || (length != nullptr && std::string_view(length) != "0");
}

MHD_Result answer(const Door& door, MHD_Connection* connection, const char* path, const char* method, bool has_body) {
  Request request{.listener = door.listener, .method = method, .path = path, .parameters = {}};
  ::MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, add_parameter, &request.parameters);
  Response response = door.routes->answer(request);
  if (has_body && response.status < 400) {
    response = {.status = 413,
                .content_type = "text/plain; charset=utf-8",
                .body = "a request with a body is not answered\n",
                .allow = {},
                .events = {}};
  }
  if (response.status == 500) spdlog::error("http {}: {}", request.path, response.body);
  if (response.events && request.method != "HEAD") return stream(connection, *door.streams, std::move(response));
  return send(connection, std::move(response));
}

// Called twice for each request: after its headers, and after its (empty) body. Answering in the first call closes the connection
// without reading a body, so that is for requests that announce one.
MHD_Result on_request(void* context, MHD_Connection* connection, const char* path, const char* method, const char*, const char*,
                      std::size_t* upload_size, void** state) noexcept try {
  const bool first_call = *state == nullptr;
  *state = context;
  const bool has_body = announces_body(connection) || *upload_size != 0;
  if (first_call && !has_body) return MHD_YES;
  return answer(*static_cast<const Door*>(context), connection, path, method, has_body);
} catch (const std::exception& error) {
  spdlog::error("http request: {}", error.what());
  return MHD_NO;  // closes this connection
} catch (...) {
  return MHD_NO;
}

Result<Daemon> start_daemon(UniqueFd socket, const Door& door) {
  const unsigned per_address = door.listener == Listener::kTcp ? kClientsPerAddress : 0;
  // Reads the socket and its epoll only when told to by MHD_run. The last option ends the list.
  Daemon daemon(::MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, on_request,
                                   const_cast<Door*>(&door),                              //
                                   MHD_OPTION_LISTEN_SOCKET, socket.fd(),                 //
                                   MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes,  //
                                   MHD_OPTION_CONNECTION_LIMIT, kClients,                 //
                                   MHD_OPTION_PER_IP_CONNECTION_LIMIT, per_address,       //
                                   MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds,           //
                                   MHD_OPTION_STRICT_FOR_CLIENT, 1,                       //
                                   MHD_OPTION_END));
  if (!daemon) return fail("start the HTTP server: refused by libmicrohttpd");
  (void)socket.release();  // closed by MHD_stop_daemon
  return daemon;
}

Result<void> watch(int borrowed_epoll, int borrowed_fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = borrowed_fd;
  if (::epoll_ctl(borrowed_epoll, EPOLL_CTL_ADD, borrowed_fd, &event) != 0) return fail_errno(errno, "epoll_ctl", "http server");
  return {};
}

// The thread that talks to the network needs no privilege. Linux keeps capabilities per thread; only the raw call sets them so.
void drop_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) {
    const int error = errno;
    spdlog::warn("http thread keeps its capabilities: {}", errno_text(error));
  }
}

class HttpServer final : public Server {
 public:
  HttpServer(const ServerOptions& options, Routes::Latest latest)
      : streams_(options.streams, latest), routes_(options.routes, std::move(latest), monotonic_now) {}

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
    return {};
  }

  std::optional<std::uint16_t> port() const override { return port_; }

 private:
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
    drop_capabilities();
    for (;;) {
      streams_.go_on();
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
  Door tcp_door_{&routes_, &streams_, Listener::kTcp};
  Door unix_door_{&routes_, &streams_, Listener::kUnix};
  std::atomic<bool> stopping_ = false;
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
