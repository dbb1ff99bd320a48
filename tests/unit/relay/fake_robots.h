// What it owns: a robot's service on a loopback socket: takes what is posted, answers as a test wants, and writes down what came.
// Who may use it: relay's tests.
// Thread: one of its own serves; what came is read under a lock.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "api/listener.h"
#include "base/text.h"
#include "unit/api/http_peer.h"

namespace tickwire::relay::sample {

struct Posted {
  std::string target;  // path and query
  std::string body;
};

// A whole answer, as it goes over the wire; empty: the connection is closed without one.
using Answering = std::function<std::string(const Posted&)>;

inline std::string http(std::string_view body, std::string_view status = "200 OK", std::string_view header = {}) {
  return std::string("HTTP/1.1 ") + std::string(status) + "\r\n" + std::string(header) +
         "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

class FakeRobots {
 public:
  explicit FakeRobots(Answering answering) : answering_(std::move(answering)) {
    auto listener = api::listen_tcp({.host = "127.0.0.1", .port = 0});
    if (!listener) return;
    port_ = listener->port;
    socket_ = std::move(listener->socket);
    ::fcntl(socket_.fd(), F_SETFL, 0);
    thread_ = std::thread([this] { serve(); });
  }
  FakeRobots(const FakeRobots&) = delete;
  FakeRobots& operator=(const FakeRobots&) = delete;
  ~FakeRobots() {
    ::shutdown(socket_.fd(), SHUT_RDWR);  // accept() returns
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] std::string url(std::string_view target) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(target);
  }
  void answer_with(Answering answering) {
    const std::scoped_lock lock(mutex_);
    answering_ = std::move(answering);
  }
  [[nodiscard]] std::vector<Posted> posted() const {
    const std::scoped_lock lock(mutex_);
    return posted_;
  }

 private:
  void serve() {
    for (;;) {
      const UniqueFd client = api::with_deadline(UniqueFd(::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC)));
      if (!client) return;
      const Posted posted = read_request(client.fd());
      Answering answering;
      {
        const std::scoped_lock lock(mutex_);
        posted_.push_back(posted);
        answering = answering_;
      }
      api::send_all(client.fd(), answering(posted));
    }
  }

  static Posted read_request(int borrowed_fd) {
    std::string bytes;
    std::string chunk(65536, '\0');
    std::size_t wanted = std::string::npos;
    while (bytes.size() < wanted) {
      const ssize_t length = ::recv(borrowed_fd, chunk.data(), chunk.size(), 0);
      if (length <= 0) break;
      bytes.append(chunk, 0, static_cast<std::size_t>(length));
      const std::size_t end = bytes.find("\r\n\r\n");
      const std::size_t at = bytes.find("Content-Length: ");
      if (end == std::string::npos || at == std::string::npos) continue;
      const std::string_view number = std::string_view(bytes).substr(at + 16, bytes.find("\r\n", at) - at - 16);
      wanted = end + 4 + parse_number(number, 0, 1 << 20).value_or(0);
    }
    const std::size_t begin = std::min(bytes.find(' '), bytes.size());
    const std::size_t body = bytes.find("\r\n\r\n");
    return {.target = bytes.substr(std::min(begin + 1, bytes.size()), bytes.find(' ', begin + 1) - begin - 1),
            .body = body == std::string::npos ? std::string() : bytes.substr(body + 4)};
  }

  Answering answering_;
  std::uint16_t port_ = 0;
  UniqueFd socket_;
  mutable std::mutex mutex_;
  std::vector<Posted> posted_;
  std::thread thread_;
};

}  // namespace tickwire::relay::sample
