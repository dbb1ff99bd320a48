// What it owns: the running relay: robots with their threads, the HTTP server before them, and the order in which they start and stop.
// Who may use it: app.
// Thread: one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "model/snapshot.h"
#include "relay/options.h"
#include "relay/poster.h"
#include "relay/routes.h"
#include "relay/server.h"
#include "relay/worker.h"

namespace tickwire::relay {

class Relay {
 public:
  // Errors: a robot's file (named with the robot), the CA file, the address.
  [[nodiscard]] static Result<std::unique_ptr<Relay>> start(const RelayOptions& options, const model::BuildInfo& build);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay();

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  // Cuts off clients whose request does not come; see Server.
  void cut_slow(std::chrono::nanoseconds monotonic) { server_->cut_slow(monotonic); }
  // Takes nothing any more, sends what waits for at most `most`. Gives how many alerts were lost. Once.
  [[nodiscard]] std::size_t stop(std::chrono::nanoseconds most);

 private:
  explicit Relay(const RelayOptions& options, const model::BuildInfo& build);
  [[nodiscard]] Result<void> add_robot(const RelayOptions& options, std::size_t number);

  Metrics metrics_;
  std::shared_ptr<GiveUp> give_up_ = std::make_shared<GiveUp>();
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Routes> routes_;
  std::unique_ptr<Server> server_;
};

// `tickwire relay`: until SIGTERM or SIGINT.
[[nodiscard]] Result<void> run_relay(const RelayOptions& options, const model::BuildInfo& build);

}  // namespace tickwire::relay
