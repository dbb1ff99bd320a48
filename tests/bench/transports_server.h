// What it owns: a server of one carrier in a process of its own, and what it costs.
// Who may use it: tests/bench/transports_bench.cc. What the system refuses throws std::runtime_error.
// Thread: the caller's, which must be the only one of its process.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "bench/transports_talk.h"
#include "gameserver/common/unique_fd.h"

namespace tickwire::bench {

struct ServerCost {
  std::uint64_t requests = 0;
  std::int64_t user_ns = 0;
  std::int64_t system_ns = 0;
};

class TransportServer {
 public:
  // Listens on loopback, on one processor.
  TransportServer(Carrier carrier, int processor);
  ~TransportServer();
  TransportServer(const TransportServer&) = delete;
  TransportServer& operator=(const TransportServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Since it began.
  [[nodiscard]] ServerCost cost() const;

 private:
  game::UniqueFd control_;  // its end is the server's
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

// Runs this thread on one processor.
void pin_to(int processor);

}  // namespace tickwire::bench
