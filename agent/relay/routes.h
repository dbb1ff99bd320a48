// What it owns: what is answered to a request, without any socket: method, path and body in, status and body out.
// Who may use it: relay.
// Thread: any; requests are answered side by side.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "relay/dispatcher.h"
#include "relay/metrics.h"

namespace tickwire::relay {

struct Request {
  std::string_view method;
  std::string_view path;
  std::string_view body;
};

struct Response {
  unsigned status = 200;
  std::string content_type;
  std::string body;
  std::string allow;  // the Allow header of a 405; empty otherwise
};

// A robot, as requests see it.
struct Target {
  std::string name;
  std::function<std::future<Delivery>(std::shared_ptr<const Notification>)> post;
};

[[nodiscard]] Response text_response(unsigned status, std::string_view text);

// POST /alerts (to all robots) and /alerts/NAME (to one): JSON with each robot's fate. 200: every robot was told, or will be; 502: one
// failed and may take it later, so Alertmanager sends again; 422: one refused for good; 400: not a notification; 503: the relay stops.
// GET /metrics, /healthz, /readyz.
class Routes {
 public:
  // `borrowed_metrics` outlives the routes.
  Routes(std::vector<Target> targets, const Metrics& borrowed_metrics);

  [[nodiscard]] Response answer(const Request& request);
  // From now on notifications are refused, and /readyz says so.
  void stop() { stopping_ = true; }

 private:
  [[nodiscard]] Response alerts(std::string_view name, std::string_view body);
  [[nodiscard]] Response page(std::string_view path) const;

  std::vector<Target> targets_;
  const Metrics& borrowed_metrics_;
  std::mutex parsing_;  // one body at a time: a tree of a hostile one takes many times its size
  std::atomic<bool> stopping_ = false;
};

}  // namespace tickwire::relay
