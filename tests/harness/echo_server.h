// What it owns: a server that answers each request after a known wait, and its own log of how long each one took.
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
  EchoServer(const Namespace& network, Transport transport, const Address& bound, std::chrono::nanoseconds wait);
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  // From the return of the read to the call of the write (CLOCK_MONOTONIC), request by request.
  [[nodiscard]] std::vector<std::chrono::nanoseconds> log() const;

 private:
  void serve(Transport transport, std::chrono::nanoseconds wait);

  UniqueFd socket_, stop_;
  mutable std::mutex mutex_;
  std::vector<std::chrono::nanoseconds> log_;
  std::thread thread_;
};

}  // namespace tickwire::harness
