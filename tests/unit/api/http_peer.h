// What it owns: a Server on real sockets in a folder of its own, and a client that sends whatever bytes a test wants.
// Who may use it: tests of api and cli.
// Thread: one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "api/server.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "unit/export/sample_snapshot.h"

namespace tickwire::api {

// The sample, as if its tick had been read just now.
inline std::shared_ptr<const model::Snapshot> fresh_snapshot() {
  auto snapshot = std::make_shared<model::Snapshot>(sample::snapshot());
  snapshot->monotonic = monotonic_now();
  return snapshot;
}

// Every wait of a test ends here: reads and writes fail after this long.
inline constexpr timeval kDeadline{.tv_sec = 20, .tv_usec = 0};

inline UniqueFd with_deadline(UniqueFd socket) {
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &kDeadline, sizeof kDeadline);
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_SNDTIMEO, &kDeadline, sizeof kDeadline);
  return socket;
}

inline UniqueFd connect_tcp(std::uint16_t port) {
  UniqueFd socket = with_deadline(UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return socket;
}

inline sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

inline UniqueFd connect_unix(const std::string& path) {
  UniqueFd socket = with_deadline(UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  const sockaddr_un address = unix_address(path);
  if (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return socket;
}

// False when the other side has closed.
inline bool send_all(int borrowed_fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(borrowed_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Everything until the other side closes; `closed` tells whether it did, within the deadline.
struct Received {
  std::string bytes;
  bool closed = false;
};
inline Received receive_all(int borrowed_fd) {
  Received received;
  std::string chunk(65536, '\0');
  for (;;) {
    const ssize_t length = ::recv(borrowed_fd, chunk.data(), chunk.size(), 0);
    const int error = errno;
    if (length > 0) {
      received.bytes.append(chunk, 0, static_cast<std::size_t>(length));
      continue;
    }
    received.closed = length == 0 || error == ECONNRESET;
    return received;
  }
}

// One request that asks to close afterwards; the whole answer.
inline std::string ask(int borrowed_fd, std::string_view method, std::string_view target) {
  const std::string request =
      std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  if (!send_all(borrowed_fd, request)) return {};
  return receive_all(borrowed_fd).bytes;
}

// kB of memory that this process has resident.
inline long resident_kb() {
  long pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r"); file != nullptr) {
    if (std::fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * (::sysconf(_SC_PAGESIZE) / 1024);
}

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "tickwire-api-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ServerTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string socket_path() const { return folder_ / "api.sock"; }
  ServerOptions options() const {
    return {.listen = config::ListenAddress{.host = "127.0.0.1", .port = 0}, .socket_path = socket_path(), .routes = {}};
  }
  void start(ServerOptions with, Routes::Latest latest = fresh_snapshot) {
    auto server = Server::start(std::move(with), std::move(latest));
    ASSERT_TRUE(server) << server.error().text();
    server_ = *std::move(server);
  }
  void start() { start(options()); }

  std::uint16_t port() const { return server_->port().value_or(0); }
  std::string get_tcp(std::string_view target) const { return ask(connect_tcp(port()).fd(), "GET", target); }
  std::string get_unix(std::string_view target) const { return ask(connect_unix(socket_path()).fd(), "GET", target); }

  std::filesystem::path folder_;
  std::unique_ptr<Server> server_;
};

}  // namespace tickwire::api
