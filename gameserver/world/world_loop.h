// What it owns: the thread that the world lives on, and its ticks.
// Who may use it: the server, tests.
// Thread: open, start and stop on one; stats and configure on any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "gameserver/common/clock.h"
#include "gameserver/common/poller.h"
#include "gameserver/common/result.h"
#include "gameserver/common/tick_clock.h"
#include "gameserver/world/host.h"

namespace tickwire::game {

class WorldLoop {
 public:
  // Called on the world's thread at a tick's wake-up, before anything else: where lag is injected. May block.
  using TickObserver = std::function<void(std::uint32_t tick, Nanoseconds woken_mono)>;

  // The error is that of the timer or of epoll.
  [[nodiscard]] static Result<std::unique_ptr<WorldLoop>> open(const WorldOptions& options, WorldPorts ports,
                                                               TickObserver before_tick = {});
  WorldLoop(const WorldLoop&) = delete;
  WorldLoop& operator=(const WorldLoop&) = delete;
  ~WorldLoop() { stop(); }

  // Begins the ticks, the first one at once; to be called once. The error says that the system gives no more threads.
  [[nodiscard]] Result<void> start();
  // Ends the thread within a tick, and what before_tick may take. Whoever is still in the world leaves it (kShutdown): close the
  // gateways before. A second call does nothing.
  void stop();
  // In force from the next tick on.
  void configure(const WorldConfig& config);

  [[nodiscard]] const WorldStats& stats() const { return host_.stats(); }
  [[nodiscard]] unsigned tick_rate_hz() const { return host_.world().tick_rate_hz(); }

 private:
  WorldLoop(const WorldOptions& options, WorldPorts ports, TickObserver before_tick);
  void run();
  void tick(const DueTicks& due, Nanoseconds woken_mono);
  void take_config();

  WorldHost host_;
  std::shared_ptr<Wake> wake_;  // the inbox's
  const TickObserver before_tick_;
  std::optional<Poller> poller_;
  std::optional<DeadlineTimer> timer_;
  std::atomic<bool> stopping_ = false;
  std::mutex config_mutex_;
  std::optional<WorldConfig> next_config_;
  std::thread thread_;
};

}  // namespace tickwire::game
