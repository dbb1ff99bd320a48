// What it owns: whether a bot is told of everybody who comes and goes, in order.
// Who may use it: Player.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "gameserver/common/result.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

class PresenceWatch {
 public:
  // partial: of the header, which says that there is a gap on purpose. Events that came before are passed over. The error says that events
  // are missing which nobody has announced.
  [[nodiscard]] Result<void> take(const Presence& presence, bool partial);

  [[nodiscard]] std::uint64_t joined() const { return joined_; }
  [[nodiscard]] std::uint64_t left() const { return left_; }
  [[nodiscard]] std::uint64_t repeated() const { return repeated_; }  // events that had come before
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }          // announced ones

 private:
  std::optional<std::uint32_t> next_;  // number of the event that is to come
  std::uint64_t joined_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint64_t gaps_ = 0;
};

}  // namespace tickwire::game
