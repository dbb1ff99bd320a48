// What it owns: a server that reads each request late and answers it after a known wait, and its own log of how long both took.
// Who may use it: tests.
// Thread: has its own; log() is for the test's main thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "harness/sockets.h"

namespace tickwire::harness {

enum class Transport : std::uint8_t { kTcp, kUdp };

// One peer, one request at a time; a request and its answer have kBytes. It ends with the peer (TCP) or with its object.
class EchoServer {
 public:
  static constexpr std::size_t kBytes = 64;
  // Reads a request when it has lain in the socket for `read_after`, and answers it `wait` after that.
  EchoServer(const Namespace& network, Transport transport, const Address& bound, std::chrono::nanoseconds wait,
             std::chrono::nanoseconds read_after = {});
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  // Sends a request over this socket, which is connected to such a server, and takes what is answered.
  static void ask(int borrowed_fd, Transport transport);

  // From the return of the read to the call of the write (CLOCK_MONOTONIC), request by request.
  [[nodiscard]] std::vector<std::chrono::nanoseconds> log() const;
  // From the return of the poll that told of the request to the call of the read.
  [[nodiscard]] std::vector<std::chrono::nanoseconds> read_log() const;

 private:
  void serve(Transport transport, std::chrono::nanoseconds wait, std::chrono::nanoseconds read_after);

  UniqueFd socket_, stop_;
  mutable std::mutex mutex_;
  std::vector<std::chrono::nanoseconds> log_, read_log_;
  std::thread thread_;
};

}  // namespace tickwire::harness
