// What it owns: the HTTP server of the relay: bounded clients, bodies and times.
// Who may use it: relay.
// Thread: start, cut_slow, the stops and the destructor on one; requests are answered on a thread for each connection.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "config/options.h"
#include "relay/metrics.h"
#include "relay/routes.h"

namespace tickwire::relay {

// 16 connections at most, each with a body of 1 MiB at most (413 beyond; cut where it was not announced) and one request.
class Server {
 public:
  // Binds and serves; errors name the address. `borrowed_routes` and `borrowed_metrics` outlive the server.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(const config::ListenAddress& listen, Routes& borrowed_routes,
                                                             Metrics& borrowed_metrics);
  // Waits for the requests that are being answered.
  virtual ~Server() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  // Cuts off clients whose request has not come whole 15 s after they connected; counted as 408. To be called about once a second.
  virtual void cut_slow(std::chrono::nanoseconds monotonic) = 0;
  // No new connections.
  virtual void close_door() = 0;
};

}  // namespace tickwire::relay
