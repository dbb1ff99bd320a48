// What it owns: waiting for several things at once: a timer, signals, other descriptors.
// Who may use it: Agent.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tickwire::app {

class Loop {
 public:
  // Blocks SIGTERM and SIGINT for this thread and those that it starts later, and ignores SIGPIPE.
  [[nodiscard]] static Result<Loop> make();

  // Calls back every `interval`, the first time at once; late calls are not made up for.
  [[nodiscard]] Result<void> every(std::chrono::nanoseconds interval, std::function<void()> callback);
  // Calls back when the descriptor can be read.
  [[nodiscard]] Result<void> on_readable(int borrowed_fd, std::function<void()> callback);
  // Until SIGTERM or SIGINT comes; gives its number.
  [[nodiscard]] Result<int> run();

 private:
  Loop() = default;
  UniqueFd epoll_;
  UniqueFd signals_;
  std::vector<UniqueFd> timers_;
  std::map<int, std::function<void()>> callbacks_;
};

}  // namespace tickwire::app
