// SPDX-License-Identifier: Apache-2.0
#include "gameserver/world/presence_list.h"

namespace tickwire::game {

void PresenceList::append(const PresenceEvent& event) {
  if (events_.size() == PresenceWindow::kMaxEvents) {
    events_.pop_front();
    ++first_;
  }
  events_.push_back(event);
  window_ = nullptr;
}

std::shared_ptr<const PresenceWindow> PresenceList::window() {
  if (!window_) {
    window_ = std::make_shared<const PresenceWindow>(
        PresenceWindow{.first = first_, .events = std::vector<PresenceEvent>(events_.begin(), events_.end())});
  }
  return window_;
}

}  // namespace tickwire::game
