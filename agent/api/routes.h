// What it owns: what is answered to a request, without any socket: path and parameters in, status and body out.
// Who may use it: Server; tests; the fuzzer.
// Thread: any, pure functions of the latest snapshot.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/event_stream.h"
#include "export/metrics.h"
#include "model/snapshot.h"

namespace tickwire::api {

enum class Listener : std::uint8_t { kTcp, kUnix };

struct Request {
  Listener listener = Listener::kTcp;
  std::string_view method;  // "GET" or "HEAD" (the Server leaves its body out); everything else is answered with 405
  std::string_view path;
  std::vector<std::pair<std::string, std::string>> parameters;  // decoded
};

struct Response {
  unsigned status = 200;
  std::string content_type;
  std::string body;
  std::string allow;                 // the Allow header of a 405; empty otherwise
  std::optional<EventQuery> events;  // in place of a body: a stream of these
};

struct RouteOptions {
  bool expose_connections = false;                         // connection table over TCP
  std::size_t connection_series = 1000;                    // of /metrics/connections
  std::function<exporting::HttpRefusals()> refusals = {};  // of the server's web configuration; none: it has none
};

// GET /metrics /healthz /readyz; on the Unix socket (and with expose_connections on TCP) also /metrics/connections /api/v1/status
// /api/v1/services /api/v1/connections /api/v1/connections/ID /api/v1/events (a stream, with the parameters of EventQuery); each of the four before takes format=json|table|text where it has one,
// connections also jsonl and wide and the parameters of model::ConnectionQuery; services and one connection take window=10s|1m|5m|all,
// of what their text shows.
class Routes {
 public:
  using Latest = std::function<std::shared_ptr<const model::Snapshot>()>;  // null before the first tick
  using Now = std::function<std::chrono::nanoseconds()>;                   // CLOCK_MONOTONIC

  Routes(RouteOptions options, Latest latest, Now now);
  // Never throws, never fails: bad requests are 400 with a reason, unknown paths 404, the table over TCP 403 with the flag's name,
  // no snapshot yet 503, /healthz 503 when the last tick is older than 5 intervals and 5 s.
  [[nodiscard]] Response answer(const Request& request) const;

 private:
  [[nodiscard]] Response health(const model::Snapshot* snapshot) const;
  [[nodiscard]] Response readiness(const model::Snapshot* snapshot) const;
  [[nodiscard]] Response metrics(const Request& request, const model::Snapshot& snapshot) const;

  RouteOptions options_;
  Latest latest_;
  Now now_;
};

}  // namespace tickwire::api
