// SPDX-License-Identifier: Apache-2.0
#include "api/daemon.h"

#include <fmt/format.h>
#include <gnutls/abstract.h>
#include <spdlog/spdlog.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "export/json.h"

namespace tickwire::api {
namespace {

constexpr std::size_t kConnectionBytes = 64 * 1024;  // request line, headers and answer headers of one client
constexpr unsigned kClients = 64;                    // per listener: 64 * 64 KiB = 4 MiB at most
constexpr unsigned kClientsPerAddress = 32;          // one address cannot take the whole TCP listener
constexpr unsigned kIdleSeconds = 10;

struct DestroyResponse {
  void operator()(MHD_Response* response) const { ::MHD_destroy_response(response); }
};

struct FreeText {
  void operator()(char* text) const { ::MHD_free(text); }
};

void free_body(void* body) { delete static_cast<std::string*>(body); }

using Reply = std::unique_ptr<MHD_Response, DestroyResponse>;

MHD_Result queue(MHD_Connection* connection, const Response& response, const Reply& reply) {
  if (!reply) return MHD_NO;
  ::MHD_add_response_header(reply.get(), MHD_HTTP_HEADER_CONTENT_TYPE, response.content_type.c_str());
  ::MHD_add_response_header(reply.get(), MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  ::MHD_add_response_header(reply.get(), "X-Content-Type-Options", "nosniff");
  if (response.status == MHD_HTTP_UNAUTHORIZED) {
    ::MHD_add_response_header(reply.get(), MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Basic realm=\"tickwire\", charset=\"UTF-8\"");
  }
  if (response.status == MHD_HTTP_TOO_MANY_REQUESTS) ::MHD_add_response_header(reply.get(), MHD_HTTP_HEADER_RETRY_AFTER, "1");
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

// What stands in the way of a request, by the listener's passwords; none: nothing does.
std::optional<Response> refused(const Door& door, MHD_Connection* connection) {
  BasicAuth* auth = door.security != nullptr ? door.security->auth() : nullptr;
  if (auth == nullptr) return std::nullopt;
  const auto refuse = [](unsigned status, std::string_view reason) {
    return Response{.status = status,
                    .content_type = "application/json",
                    .body = exporting::error_json(std::string(reason)),
                    .allow = {},
                    .events = {}};
  };
  char* given = nullptr;
  const std::unique_ptr<char, FreeText> user(::MHD_basic_auth_get_username_password(connection, &given));
  const std::unique_ptr<char, FreeText> password(given);
  exporting::HttpRefusals& refusals = door.security->refusals();
  if (!user || !password) {
    ++refusals.password;
    return refuse(MHD_HTTP_UNAUTHORIZED, "a name and a password are wanted");
  }
  const MHD_ConnectionInfo* client = ::MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  const PeerKey peer = client != nullptr && client->client_addr != nullptr ? peer_key(client->client_addr) : 0;
  switch (auth->check(peer, user.get(), password.get())) {
    case BasicAuth::Verdict::kAdmitted:
      return std::nullopt;
    case BasicAuth::Verdict::kTooMany:
      ++refusals.limit;
      return refuse(MHD_HTTP_TOO_MANY_REQUESTS, "too many passwords were tried: again in a second");
    case BasicAuth::Verdict::kWrong:
      break;
  }
  ++refusals.password;
  return refuse(MHD_HTTP_UNAUTHORIZED, "the name or the password is wrong");
}

MHD_Result answer(const Door& door, MHD_Connection* connection, const char* path, const char* method, bool has_body) {
  if (auto refusal = refused(door, connection)) return send(connection, *std::move(refusal));
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

// A client came or went. Of TLS: its session gets the certificates of now, and holds them until its end. The daemon has none of its own:
// without these the handshake fails.
void on_connection(void* context, MHD_Connection* connection, void** held, MHD_ConnectionNotificationCode what) {
  if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
    delete static_cast<std::shared_ptr<const TlsCredentials>*>(*held);
    *held = nullptr;
    return;
  }
  const MHD_ConnectionInfo* info = ::MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  if (info == nullptr || info->tls_session == nullptr) return;
  auto credentials = std::make_unique<std::shared_ptr<const TlsCredentials>>(static_cast<const Door*>(context)->security->tls());
  if ((*credentials)->apply(static_cast<gnutls_session_t>(info->tls_session))) *held = credentials.release();
}

int no_certificate(gnutls_session_t, const gnutls_datum_t*, int, const gnutls_pk_algorithm_t*, int, gnutls_pcert_st**, unsigned*,
                   gnutls_privkey_t*) {
  return -1;
}

}  // namespace

Result<Daemon> start_daemon(UniqueFd socket, const Door& door) {
  const unsigned per_address = door.listener == Listener::kTcp ? kClientsPerAddress : 0;
  const bool tls = door.security != nullptr && door.security->tls() != nullptr;
  void* context = const_cast<Door*>(&door);
  std::array<MHD_OptionItem, 3> more{};  // ends with a zero
  if (tls) {
    more[0] = {.option = MHD_OPTION_HTTPS_CERT_CALLBACK, .value = 0, .ptr_value = reinterpret_cast<void*>(&no_certificate)};
    more[1] = {.option = MHD_OPTION_NOTIFY_CONNECTION, .value = reinterpret_cast<intptr_t>(&on_connection), .ptr_value = context};
  }
  more[tls ? 2 : 0] = {.option = MHD_OPTION_END, .value = 0, .ptr_value = nullptr};
  const unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (tls ? MHD_USE_TLS : MHD_NO_FLAG);
  Daemon daemon(::MHD_start_daemon(flags, 0, nullptr, nullptr, on_request, context,       //
                                   MHD_OPTION_LISTEN_SOCKET, socket.fd(),                 //
                                   MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionBytes,  //
                                   MHD_OPTION_CONNECTION_LIMIT, kClients,                 //
                                   MHD_OPTION_PER_IP_CONNECTION_LIMIT, per_address,       //
                                   MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds,           //
                                   MHD_OPTION_STRICT_FOR_CLIENT, 1,                       //
                                   MHD_OPTION_ARRAY, more.data(),                         //
                                   MHD_OPTION_END));
  if (!daemon) return fail("start the HTTP server: refused by libmicrohttpd");
  (void)socket.release();  // closed by MHD_stop_daemon
  return daemon;
}

}  // namespace tickwire::api
