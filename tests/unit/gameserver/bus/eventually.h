// What it owns: waiting for what another thread does.
// Who may use it: the tests of gameserver/.
// Thread: the test's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <thread>

#include "gameserver/common/clock.h"

namespace tickwire::game {

// True as soon as the condition holds; false when it does not within a minute.
template <typename Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto deadline = monotonic_now() + std::chrono::minutes(1);
  while (!condition()) {
    if (monotonic_now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace tickwire::game
