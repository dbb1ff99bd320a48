// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/tickets.h"

#include <mutex>
#include <utility>

#include "gameserver/common/clock.h"
#include "gameserver/token/spent_tickets.h"
#include "gameserver/token/token.h"

namespace tickwire::game {
namespace {

struct SharedTickets {
  std::mutex mutex;
  SpentTickets spent;
};

}  // namespace

TicketCheck make_ticket_check(std::shared_ptr<const TokenKey> key) {
  return [key = std::move(key),
          shared = std::make_shared<SharedTickets>()](std::span<const std::byte> bytes) -> std::expected<Admission, Reason> {
    const auto now_unix = unix_now();
    const auto ticket = verify(*key, bytes, Audience::kWorld, now_unix);
    if (!ticket) return std::unexpected(Reason::kBadTicket);
    const std::lock_guard lock(shared->mutex);
    const auto spend = shared->spent.spend(*ticket, now_unix);
    if (spend == Spend::kSpent) return std::unexpected(Reason::kBadTicket);
    if (spend == Spend::kFull) return std::unexpected(Reason::kServerFull);
    return Admission{.account = ticket->account, .match = ticket->match, .mode = ticket->mode, .name = ticket->name};
  };
}

}  // namespace tickwire::game
