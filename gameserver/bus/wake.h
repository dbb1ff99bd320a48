// What it owns: how one thread is woken by others: an eventfd.
// Who may use it: queues, and the loop that waits for them.
// Thread: notify() on any; the rest on the one that is woken.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

#include "gameserver/common/clock.h"
#include "gameserver/common/result.h"
#include "gameserver/common/unique_fd.h"

namespace tickwire::game {

// Several queues may share one. Who is woken calls drain() first and empties the queues afterwards: what is pushed in between
// wakes it again, so nothing is ever left lying.
class Wake {
 public:
  // Shared between the thread that waits and every queue that may outlive it. The error is that of eventfd(2).
  [[nodiscard]] static Result<std::shared_ptr<Wake>> open();

  // Makes fd() readable. A call costs no system call while an earlier one has not been drained.
  void notify();
  // For a poller; never read it otherwise.
  [[nodiscard]] int fd() const { return event_.fd(); }
  void drain();
  // Blocks until fd() is readable: true; false when the deadline has passed, or a signal came. Nanoseconds::max(): no deadline.
  [[nodiscard]] bool wait_until(Nanoseconds deadline_mono) const;

 private:
  explicit Wake(UniqueFd event) : event_(std::move(event)) {}

  UniqueFd event_;
  std::atomic<bool> pending_ = false;
};

}  // namespace tickwire::game
