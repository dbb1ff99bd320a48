// What it owns: a web gateway that runs on loopback for one test, and the world behind its front, which the test plays.
// Who may use it: the tests of gameserver/web.
// Thread: the test's; the gateway runs on a thread of its own until the fixture ends.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gameserver/gateway/front.h"
#include "gameserver/web/web_gateway.h"

namespace tickwire::game {

// True once the condition holds; false when it does not within five seconds.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = monotonic_now() + std::chrono::seconds(5);
  while (!condition()) {
    if (monotonic_now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// Its timeouts are the real ones, swept ten times as often; a test shortens the one that it is about.
inline WebOptions test_options() {
  WebOptions options{.bind = "127.0.0.1", .port = 0};
  options.timeouts.sweep = std::chrono::milliseconds(10);
  return options;
}

class RunningGateway {
 public:
  RunningGateway(const WebOptions& options, std::vector<HttpRoute> routes, Front* borrowed_front = nullptr,
                 std::shared_ptr<Wake> wake = nullptr) {
    auto gateway = WebGateway::open(options, std::move(routes), borrowed_front, std::move(wake));
    if (!gateway) {
      ADD_FAILURE() << gateway.error();
      std::abort();
    }
    gateway_ = std::move(*gateway);
    thread_ = std::thread([this] { gateway_->run(); });
  }
  ~RunningGateway() { stop(); }

  void stop() {
    if (gateway_) gateway_->stop();
    if (thread_.joinable()) thread_.join();
  }
  // With what HTTP answers that are still to be given lead to.
  void destroy() {
    stop();
    gateway_.reset();
  }
  [[nodiscard]] std::uint16_t port() const { return gateway_->port(); }
  [[nodiscard]] const WebStats& stats() const { return gateway_->stats(); }
  [[nodiscard]] WebGateway& gateway() { return *gateway_; }

 private:
  std::unique_ptr<WebGateway> gateway_;
  std::thread thread_;
};

}  // namespace tickwire::game
