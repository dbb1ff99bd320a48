// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lockstep/sender.h"

#include <algorithm>
#include <limits>

namespace tickwire::game {

std::optional<LockstepSender::Due> LockstepSender::next(const LockstepWindow& window, std::vector<std::byte>& buffer) {
  if (window.end() != window_end_) {
    window_end_ = window.end();
    messages_ = 0;
    cursor_ = synced_ ? have_ : state_end_;
  }
  if (messages_ == kMostMessages) return std::nullopt;
  if (synced_ && have_ < window.first) resync();
  if (is_state_due(window)) {
    given_ = {.end = window.end(), .state = true};
    return RoomState{.frame = window.end() - 1, .content = window.state};
  }
  if (cursor_ >= window.end()) return std::nullopt;
  const Frames frames = gather(window, buffer);
  given_ = {.end = frames.first + frames.count};
  return frames;
}

bool LockstepSender::is_state_due(const LockstepWindow& window) const {
  if (synced_) return false;
  return state_end_ == 0 || state_end_ < window.first || window.end() - state_end_ >= kFramesBetweenStates;
}

// From the cursor on, as many as a message holds.
Frames LockstepSender::gather(const LockstepWindow& window, std::vector<std::byte>& buffer) const {
  buffer.clear();
  Frames frames{.first = cursor_};
  for (std::size_t i = cursor_ - window.first; i < window.frames.size(); ++i) {
    const auto& frame = *window.frames[i];
    if (buffer.size() + frame.size() > kMaxContentBytes || frames.count == std::numeric_limits<std::uint8_t>::max()) break;
    buffer.insert(buffer.end(), frame.begin(), frame.end());
    ++frames.count;
  }
  frames.content = buffer;
  return frames;
}

void LockstepSender::sent(std::uint16_t seq) {
  given_.seq = seq;
  sent_[seq % sent_.size()] = given_;
  if (given_.state) state_end_ = given_.end;
  cursor_ = given_.end;
  ++messages_;
  if (delivery_ == Delivery::kStream) confirm(given_);
}

void LockstepSender::acknowledge(std::uint16_t ack, std::uint32_t ack_bits) {
  for (Sent& sent : sent_) {
    const auto behind = static_cast<std::uint16_t>(ack - sent.seq);
    if (sent.end == 0 || (behind != 0 && (behind > 32 || (ack_bits >> (behind - 1) & 1) == 0))) continue;
    confirm(sent);
    sent.end = 0;
  }
}

// Frames that were sent after a state say nothing while the state is missing: a client that diverged can use them too.
void LockstepSender::confirm(const Sent& sent) {
  if (!synced_ && !sent.state) return;
  have_ = synced_ ? std::max(have_, sent.end) : sent.end;
  synced_ = true;
}

void LockstepSender::resync() {
  synced_ = false;
  state_end_ = 0;
  sent_ = {};
}

}  // namespace tickwire::game
