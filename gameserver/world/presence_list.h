// What it owns: the list of who came and went, as far as it is kept.
// Who may use it: world/.
// Thread: the world's; the windows are immutable.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "gameserver/world/frame.h"

namespace tickwire::game {

// Memory: PresenceWindow::kMaxEvents of 24 bytes, and as much for each window that somebody holds.
class PresenceList {
 public:
  // The oldest event makes room.
  void append(const PresenceEvent& event);
  // The same pointer until the next append().
  [[nodiscard]] std::shared_ptr<const PresenceWindow> window();

 private:
  std::uint32_t first_ = 0;
  std::deque<PresenceEvent> events_;
  std::shared_ptr<const PresenceWindow> window_ = std::make_shared<const PresenceWindow>();
};

}  // namespace tickwire::game
