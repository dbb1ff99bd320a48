// What it owns: the HTTP server: a TCP listener for /metrics and health, a Unix socket for everything; one thread of its own.
// Who may use it: app.
// Thread: start, stop and the destructor on the loop; requests are answered on the server's thread, from the latest snapshot.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/event_streams.h"
#include "api/routes.h"
#include "base/result.h"
#include "config/options.h"

namespace tickwire::api {

struct ServerOptions {
  std::optional<config::ListenAddress> listen;  // none: no TCP listener
  std::string web_config;                       // file with TLS and passwords of that listener; empty: neither
  std::string socket_path;                      // made with mode 0660, its folder with 0755; removed at stop
  RouteOptions routes;
  StreamLimits streams;
};

class Server {
 public:
  // Binds and serves. Errors are those of WebSecurity::open(), or name the address: port in use, no permission, another agent on the socket (one that answers;
  // a dead socket file is replaced). The server's thread blocks all signals and has given up all capabilities: while it runs the
  // process must not change its user, for glibc aborts where one thread may and another may not.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Routes::Latest latest);
  virtual ~Server() = default;
  // The TCP port that was bound (for port 0); none without a TCP listener.
  [[nodiscard]] virtual std::optional<std::uint16_t> port() const = 0;
  // There is a newer snapshot: streams of events go on. Never waits.
  virtual void published() = 0;
};

}  // namespace tickwire::api
