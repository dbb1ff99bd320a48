// What it owns: a server or an echo that runs on loopback for one test, and plain sockets that talk to it.
// Who may use it: the tests of gameserver/.
// Thread: the test's; the server runs on a thread of its own until the fixture ends.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gameserver/common/endpoint.h"
#include "gameserver/common/unique_fd.h"
#include "gameserver/protocol/datagram.h"
#include "gameserver/protocol/frame.h"
#include "gameserver/server/options.h"

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

// A blocking socket; a read gives up after five seconds.
class RawClient {
 public:
  RawClient(int socket_type, std::uint16_t port) : fd_(::socket(AF_INET, socket_type | SOCK_CLOEXEC, 0)) {
    const timeval timeout{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd_.fd(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    const auto server = *Endpoint::resolve("127.0.0.1", port);
    EXPECT_EQ(::connect(fd_.fd(), server.address(), server.length), 0);
  }

  [[nodiscard]] int fd() const { return fd_.fd(); }
  [[nodiscard]] std::string local() const { return Endpoint::local_of(fd()).text(); }
  void send(const std::vector<std::byte>& bytes) const {
    EXPECT_EQ(::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // One datagram, or what one read of a stream gives; empty at the end of a stream or after five seconds.
  [[nodiscard]] std::vector<std::byte> receive() const {
    std::vector<std::byte> bytes(4096);
    const auto count = ::recv(fd(), bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  // Everything until the stream ends.
  [[nodiscard]] std::vector<std::byte> receive_all() const {
    std::vector<std::byte> all;
    for (auto part = receive(); !part.empty(); part = receive()) all.insert(all.end(), part.begin(), part.end());
    return all;
  }

 private:
  UniqueFd fd_;
};

inline std::vector<std::byte> framed(const Message& message) {
  std::vector<std::byte> bytes;
  encode_frame(message, bytes);
  return bytes;
}

inline std::vector<std::byte> datagram(const Message& message) {
  std::vector<std::byte> bytes;
  encode_datagram(message, bytes);
  return bytes;
}

}  // namespace tickwire::game
