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

// How long something took, each time, in its order: at least and at most. Between two calls of a thread it may be put off by the machine.
struct Durations {
  std::vector<std::chrono::nanoseconds> least, most;
};

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

  // Of each request: from its arrival, which the kernel stamps, to its answer; to its read; from its read to its answer.
  [[nodiscard]] Durations turnarounds() const;
  [[nodiscard]] Durations reads() const;
  [[nodiscard]] Durations works() const;

 private:
  // CLOCK_MONOTONIC: the kernel's stamp, the return of the poll that told of it, the calls of read and write and their returns.
  struct Answered {
    std::chrono::nanoseconds arrived, told, asked, read, written, sent;
  };
  using Moment = std::chrono::nanoseconds Answered::*;

  void serve(Transport transport, std::chrono::nanoseconds wait, std::chrono::nanoseconds read_after);
  // From something that happened between the first two to what did between the last two.
  [[nodiscard]] Durations durations(Moment earliest_begin, Moment latest_begin, Moment earliest_end, Moment latest_end) const;

  UniqueFd socket_, stop_;
  mutable std::mutex mutex_;
  std::vector<Answered> log_;
  std::thread thread_;
};

}  // namespace tickwire::harness
