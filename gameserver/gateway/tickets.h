// What it owns: what a front asks about the ticket in a hello.
// Who may use it: a front; the server gives it the one that all fronts share.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>

#include "gameserver/common/identity.h"
#include "gameserver/protocol/message.h"
#include "gameserver/token/key.h"

namespace tickwire::game {

// What a good ticket says about its player.
struct Admission {
  std::uint64_t account = 0;
  std::uint32_t match = 0;
  GameMode mode = GameMode::kState;
  PlayerName name{};
};

// Takes a ticket, which is used up by that. kBadTicket: it is forged, expired, not for the world, or was used before; kServerFull: too
// many valid tickets are remembered.
using TicketCheck = std::function<std::expected<Admission, Reason>(std::span<const std::byte>)>;

// Tickets signed with this key, by the system's time; may be called by several threads.
[[nodiscard]] TicketCheck make_ticket_check(std::shared_ptr<const TokenKey> key);

}  // namespace tickwire::game
