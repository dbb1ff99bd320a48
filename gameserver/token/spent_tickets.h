// What it owns: which tickets have been used, so that each lets one player in once.
// Who may use it: whoever accepts tickets.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

#include "gameserver/common/clock.h"
#include "gameserver/token/token.h"

namespace tickwire::game {

enum class Spend : std::uint8_t {
  kTaken,
  kSpent,  // it was used before
  kFull,   // too many valid tickets are remembered: to take this one would mean that it could come again
};

// A ticket is forgotten once it has expired, since verify() then refuses it. At most `capacity` are held, 64 bytes or so each.
class SpentTickets {
 public:
  explicit SpentTickets(std::size_t capacity = 65'536) : capacity_(capacity) {}

  // For a ticket that verify() found valid at now_unix.
  [[nodiscard]] Spend spend(const Token& ticket, Nanoseconds now_unix);
  [[nodiscard]] std::size_t size() const { return spent_.size(); }

 private:
  std::size_t capacity_;
  std::set<std::pair<std::uint32_t, std::uint64_t>> spent_;  // expires_unix_s, id: those that end first come first
};

}  // namespace tickwire::game
