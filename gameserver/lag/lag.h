// What it owns: the lag that is injected into the server while it runs, and its control socket.
// Who may use it: the server.
// Thread: open and destruction on one; apply() on any; each part as its class says.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gameserver/bus/input_board.h"
#include "gameserver/bus/wake.h"
#include "gameserver/common/result.h"
#include "gameserver/lag/lag_command.h"
#include "gameserver/lag/lag_control.h"
#include "gameserver/lag/lag_log.h"
#include "gameserver/lag/lag_parts.h"

namespace tickwire::game {

struct LagOptions {
  std::vector<LagCommand> at_start;
  std::string control_path;  // empty: lag cannot be asked for while the server runs
  std::string log_path;      // empty: none; "-": standard output
};

// What lag is injected into. All of it outlives the Lag.
struct LagTargets {
  int borrowed_udp_fd = -1;              // -1: there is none, and no receive buffer to set
  InputBoard* borrowed_board = nullptr;  // null: there is no lock to hold
  std::shared_ptr<Wake> net_wake;        // notified when an I/O stall is asked for; null: the thread looks often enough
  std::shared_ptr<Wake> web_wake;
};

// Without a command at the start and without a control socket it has no thread and injects nothing, whoever calls its parts. A line of
// the log is one injection, written when it has ended: its kind, begin_mono_ns, end_mono_ns (CLOCK_MONOTONIC) and asked_ns; or a
// command, with what came of it.
class Lag {
 public:
  // Carries the commands of the start out. The error names the log, the socket, or the command.
  [[nodiscard]] static Result<std::unique_ptr<Lag>> open(const LagOptions& options, const LagTargets& targets);
  Lag(const Lag&) = delete;
  Lag& operator=(const Lag&) = delete;
  // After the threads of its parts have ended.
  ~Lag();

  [[nodiscard]] WorldLag& world() { return world_; }
  [[nodiscard]] IoLag& net() { return net_; }
  [[nodiscard]] IoLag& web() { return web_; }

  // Carries a command out; the first begin of what recurs is one interval from now, of what happens once is now. The error is for
  // who asked.
  [[nodiscard]] Result<void> apply(const LagCommand& command, Nanoseconds now_mono);
  // The server ends: who blocks for lag goes on at once, and the lag's own thread ends. Before the threads of the parts are waited for.
  void end();

 private:
  Lag(LineFile log, LagTargets targets, std::shared_ptr<Wake> wake);

  Result<void> start(const LagOptions& options);
  // A command as it came, with its outcome in the log.
  Result<void> take(std::string_view text, const Result<LagCommand>& command);
  Result<void> start_recurring(const RecurLag& command, Nanoseconds now_mono);
  Result<void> set_receive_buffer(int bytes, Nanoseconds now_mono);
  // The lag's own thread: serves the control socket and holds the lock.
  void run();
  void wait_until(Nanoseconds deadline_mono) const;

  // While the input board's lock is held.
  struct Held {
    std::unique_lock<std::mutex> lock;
    Nanoseconds begin_mono{};
    Nanoseconds length{};
  };
  void release(Held held);

  const LagTargets targets_;
  LagLog log_;
  LagEnd end_;
  WorldLag world_{log_, end_};
  IoLag net_{"net", log_};
  IoLag web_{"web", log_};
  LagSchedule lock_held_;
  std::optional<LagControl> control_;
  std::shared_ptr<Wake> wake_;  // of the lag's own thread
  std::thread thread_;
};

}  // namespace tickwire::game
