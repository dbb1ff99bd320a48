// SPDX-License-Identifier: Apache-2.0
#include "relay/server.h"

#include <microhttpd.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "api/listener.h"
#include "base/clock.h"
#include "base/text.h"

namespace tickwire::relay {
namespace {

constexpr std::size_t kConnectionBytes = 32 * 1024;  // request line, headers and answer headers of one client
constexpr unsigned kClients = 16;
constexpr unsigned kIdleSeconds = 10;
constexpr unsigned kAnswerSeconds = 60;  // above what a request may wait for its robots
constexpr std::size_t kMostBody = 1 << 20;
constexpr std::chrono::seconds kWholeRequest{15};

struct StopDaemon {
  void operator()(MHD_Daemon* daemon) const { ::MHD_stop_daemon(daemon); }
};
using Daemon = std::unique_ptr<MHD_Daemon, StopDaemon>;

struct DestroyResponse {
  void operator()(MHD_Response* response) const { ::MHD_destroy_response(response); }
};

// What has come of one request.
struct Upload {
  std::string body;
};

// The clients whose request is still coming.
class Clients {
 public:
  void add(MHD_Connection* connection, int borrowed_fd) {
    const std::scoped_lock lock(mutex_);
    coming_[connection] = {borrowed_fd, monotonic_now()};
  }
  void remove(MHD_Connection* connection) {
    const std::scoped_lock lock(mutex_);
    coming_.erase(connection);
  }
  // Their threads read the end of the stream then, and close. Gives how many were cut.
  std::size_t cut(std::chrono::nanoseconds monotonic) {
    const std::scoped_lock lock(mutex_);
    return std::erase_if(coming_, [monotonic](const auto& each) {
      const Client& client = each.second;
      return monotonic - client.since >= kWholeRequest && ::shutdown(client.borrowed_fd, SHUT_RDWR) == 0;
    });
  }

 private:
  struct Client {
    int borrowed_fd;
    std::chrono::nanoseconds since;
  };
  std::mutex mutex_;
  std::map<MHD_Connection*, Client> coming_;
};

struct Context {
  Routes& borrowed_routes;
  Metrics& borrowed_metrics;
  Clients clients;
};

MHD_Result send(Context& context, MHD_Connection* connection, const Response& response) {
  const std::unique_ptr<MHD_Response, DestroyResponse> reply(
      ::MHD_create_response_from_buffer(response.body.size(), const_cast<char*>(response.body.data()), MHD_RESPMEM_MUST_COPY));
  if (!reply) return MHD_NO;
  ::MHD_add_response_header(reply.get(), MHD_HTTP_HEADER_CONTENT_TYPE, response.content_type.c_str());
  ::MHD_add_response_header(reply.get(), MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  // One request a connection, so that the time of a request is that of its connection.
  ::MHD_add_response_header(reply.get(), MHD_HTTP_HEADER_CONNECTION, "close");
  if (!response.allow.empty()) ::MHD_add_response_header(reply.get(), MHD_HTTP_HEADER_ALLOW, response.allow.c_str());
  context.borrowed_metrics.count_request(response.status);
  return ::MHD_queue_response(connection, response.status, reply.get());
}

constexpr const char* kTooLarge = "a body of at most 1 MiB is wanted: set max_alerts for this receiver in Alertmanager";

// The size of the body that is announced; 0: none is. A failure: it is too large.
Result<std::uint64_t> announced(MHD_Connection* connection) {
  const char* length = ::MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
  return length == nullptr ? 0 : parse_number(length, 0, kMostBody);
}

// Called after the headers, for each piece of the body, and after its end.
MHD_Result on_request(void* context_pointer, MHD_Connection* connection, const char* path, const char* method, const char*,
                      const char* piece, std::size_t* piece_size, void** state) noexcept try {
  Context& context = *static_cast<Context*>(context_pointer);
  if (*state == nullptr) {
    const auto size = announced(connection);
    if (!size) {
      spdlog::warn("a notification that is too large was not told: {}", kTooLarge);
      return send(context, connection, text_response(413, kTooLarge));
    }
    auto upload = std::make_unique<Upload>();
    upload->body.reserve(*size);
    *state = upload.release();  // until on_completed
    return MHD_YES;
  }
  Upload& upload = *static_cast<Upload*>(*state);
  if (*piece_size > 0) {
    if (upload.body.size() + *piece_size > kMostBody) {  // it was not announced: the connection is closed
      spdlog::warn("a notification that is too large was not told: {}", kTooLarge);
      context.borrowed_metrics.count_request(MHD_HTTP_CONTENT_TOO_LARGE);
      return MHD_NO;
    }
    upload.body.append(piece, *piece_size);
    *piece_size = 0;
    return MHD_YES;
  }
  context.clients.remove(connection);
  ::MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, kAnswerSeconds);
  return send(context, connection, context.borrowed_routes.answer({.method = method, .path = path, .body = upload.body}));
} catch (const std::exception& error) {
  spdlog::error("http request: {}", error.what());
  return MHD_NO;  // closes this connection
} catch (...) {
  return MHD_NO;
}

void on_completed(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
  delete static_cast<Upload*>(*state);
  *state = nullptr;
}

void on_connection(void* context_pointer, MHD_Connection* connection, void**, MHD_ConnectionNotificationCode what) {
  Clients& clients = static_cast<Context*>(context_pointer)->clients;
  const MHD_ConnectionInfo* info = ::MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (what == MHD_CONNECTION_NOTIFY_STARTED && info != nullptr) {
    clients.add(connection, info->connect_fd);
  } else {
    clients.remove(connection);
  }
}

class HttpServer final : public Server {
 public:
  HttpServer(Routes& borrowed_routes, Metrics& borrowed_metrics) : context_{borrowed_routes, borrowed_metrics, {}} {}

  Result<void> open(const config::ListenAddress& listen) {
    auto listener = api::listen_tcp(listen);
    if (!listener) return std::unexpected(listener.error());
    port_ = listener->port;
    // The last option ends the list.
    daemon_.reset(::MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ITC,
                                     0, nullptr, nullptr, on_request, &context_,              //
                                     MHD_OPTION_LISTEN_SOCKET, listener->socket.fd(),         //
                                     MHD_OPTION_NOTIFY_COMPLETED, on_completed, nullptr,      //
                                     MHD_OPTION_NOTIFY_CONNECTION, on_connection, &context_,  //
                                     MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes,    //
                                     MHD_OPTION_CONNECTION_LIMIT, kClients,                   //
                                     MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds,             //
                                     MHD_OPTION_STRICT_FOR_CLIENT, 1,                         //
                                     MHD_OPTION_END));
    if (!daemon_) return fail("start the HTTP server: refused by libmicrohttpd");
    (void)listener->socket.release();  // closed by MHD_stop_daemon
    return {};
  }

  std::uint16_t port() const override { return port_; }

  void cut_slow(std::chrono::nanoseconds monotonic) override {
    for (std::size_t cut = context_.clients.cut(monotonic); cut > 0; --cut) {
      context_.borrowed_metrics.count_request(MHD_HTTP_REQUEST_TIMEOUT);
    }
  }

  void close_door() override {
    const int borrowed_fd = ::MHD_quiesce_daemon(daemon_.get());
    if (borrowed_fd >= 0) ::close(borrowed_fd);
  }

 private:
  Context context_;
  std::uint16_t port_ = 0;
  Daemon daemon_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const config::ListenAddress& listen, Routes& borrowed_routes,
                                              Metrics& borrowed_metrics) {
  auto server = std::make_unique<HttpServer>(borrowed_routes, borrowed_metrics);
  if (auto opened = server->open(listen); !opened) return std::unexpected(opened.error());
  return server;
}

}  // namespace tickwire::relay
