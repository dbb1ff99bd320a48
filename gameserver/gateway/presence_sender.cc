// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/presence_sender.h"

#include <algorithm>

namespace tickwire::game {

std::optional<PresenceStretch> PresenceSender::next(const PresenceWindow& window, Nanoseconds now_mono) const {
  if (under_way_ > 0 && now_mono - sent_mono_ < kRepeatAfter) return std::nullopt;
  // Numbers wrap like sequence numbers do: what counts is the distance.
  const bool gap = static_cast<std::int32_t>(window.first - place_) > 0;
  const std::uint32_t first = gap ? window.first : place_;
  const auto waiting = static_cast<std::int32_t>(window.end() - first);
  if (waiting <= 0) return std::nullopt;
  return PresenceStretch{
      .first = first, .count = std::min(static_cast<std::size_t>(waiting), kMaxPresences), .gap = gap, .repeat = under_way_ > 0};
}

void PresenceSender::sent(const PresenceStretch& stretch, std::uint16_t seq, Nanoseconds now_mono) {
  const auto end = stretch.first + static_cast<std::uint32_t>(stretch.count);
  if (reliable_) {
    place_ = end;
    return;
  }
  sendings_[under_way_++ % kSendings] = {.seq = seq, .end = end};
  sent_mono_ = now_mono;
}

void PresenceSender::acknowledged(const Header& header) {
  for (std::size_t i = 0; i < std::min(under_way_, kSendings); ++i) {
    if (!acknowledges(header, sendings_[i].seq)) continue;
    place_ = sendings_[i].end;
    under_way_ = 0;
    return;
  }
}

bool acknowledges(const Header& header, std::uint16_t seq) {
  if ((header.flags & kFlagAck) == 0) return false;
  const auto age = static_cast<std::uint16_t>(header.ack - seq);
  return age == 0 || (age <= 32 && (header.ack_bits >> (age - 1) & 1) != 0);
}

}  // namespace tickwire::game
