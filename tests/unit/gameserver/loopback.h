// What it owns: a server or an echo that runs on loopback for one test.
// Who may use it: the tests of gameserver/.
// Thread: the test's; the server runs on a thread of its own until the fixture ends.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "gameserver/common/unique_fd.h"
#include "gameserver/server/options.h"
#include "loopback_client.h"

namespace tickwire::game {

// Runs a Server or an Echo on ports that the kernel chooses.
template <typename Loop>
class Running {
 public:
  explicit Running(ServerOptions options, const std::string& bind = "127.0.0.1") : stop_(::eventfd(0, EFD_CLOEXEC)) {
    options.bind = bind;
    options.udp_port = options.tcp_port = options.http_port = 0;
    auto loop = Loop::open(options);
    if (!loop) {
      ADD_FAILURE() << loop.error();
      std::abort();
    }
    loop_ = std::move(*loop);
    thread_ = std::thread([this] { loop_->run(stop_.fd()); });
  }
  ~Running() { stop(); }

  void stop() {
    if (!thread_.joinable()) return;
    ::eventfd_write(stop_.fd(), 1);
    thread_.join();
  }
  [[nodiscard]] std::uint16_t udp_port() const { return loop_->udp_port(); }
  [[nodiscard]] std::uint16_t tcp_port() const { return loop_->tcp_port(); }
  [[nodiscard]] std::uint16_t http_port() const { return loop_->http_port(); }

 private:
  UniqueFd stop_;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace tickwire::game
