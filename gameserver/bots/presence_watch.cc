// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/presence_watch.h"

#include <algorithm>

namespace tickwire::game {

Result<void> PresenceWatch::take(const Presence& presence, bool partial) {
  const auto count = static_cast<std::uint32_t>(presence.events.size() / kPresenceBytes);
  // The first message begins the list wherever the server wants; numbers wrap, so distances decide.
  const auto ahead = static_cast<std::int32_t>(presence.first - next_.value_or(presence.first));
  if (ahead > 0 && !partial) {
    return std::unexpected(fmt::format("presence {} came where {} was next, and no gap was announced", presence.first, *next_));
  }
  if (ahead > 0) ++gaps_;
  const auto known = std::min(count, static_cast<std::uint32_t>(std::max(-ahead, 0)));
  repeated_ += known;
  for (std::uint32_t i = known; i < count; ++i) {
    const auto event = decode_presence(presence.events.subspan(i * kPresenceBytes).first<kPresenceBytes>());
    ++(event.joined ? joined_ : left_);
  }
  if (known < count || !next_ || ahead > 0) next_ = presence.first + count;
  return {};
}

}  // namespace tickwire::game
