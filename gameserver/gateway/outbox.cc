// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/outbox.h"

namespace tickwire::game {

bool Outbox::push(std::span<const std::byte> frame, Nanoseconds now_mono) {
  if (pending().size() + frame.size() > kMaxBytes) return false;
  append(frame, now_mono);
  return true;
}

void Outbox::push_last(std::span<const std::byte> frame, Nanoseconds now_mono) {
  snapshot_.clear();
  append(frame, now_mono);
}

void Outbox::append(std::span<const std::byte> frame, Nanoseconds now_mono) {
  if (pending().empty()) progress_mono_ = now_mono;
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(sent_));
  sent_ = 0;
  bytes_.insert(bytes_.end(), frame.begin(), frame.end());
}

bool Outbox::offer_snapshot(std::span<const std::byte> frame, Nanoseconds now_mono) {
  if (pending().empty()) {
    progress_mono_ = now_mono;
    bytes_.assign(frame.begin(), frame.end());
    sent_ = 0;
    return false;
  }
  const bool replaced = !snapshot_.empty();
  snapshot_.assign(frame.begin(), frame.end());
  return replaced;
}

void Outbox::consume(std::size_t count, Nanoseconds now_mono) {
  if (count == 0) return;
  sent_ += count;
  progress_mono_ = now_mono;
  if (!pending().empty()) return;
  bytes_.clear();
  sent_ = 0;
  bytes_.swap(snapshot_);
}

Nanoseconds Outbox::stuck_for(Nanoseconds now_mono) const {
  return pending().empty() ? Nanoseconds::zero() : now_mono - progress_mono_;
}

}  // namespace tickwire::game
