// SPDX-License-Identifier: Apache-2.0
#include "gameserver/token/spent_tickets.h"

namespace tickwire::game {

Spend SpentTickets::spend(const Token& ticket, Nanoseconds now_unix) {
  while (!spent_.empty() && now_unix >= std::chrono::seconds(spent_.begin()->first)) spent_.erase(spent_.begin());
  const std::pair key(ticket.expires_unix_s, ticket.id);
  if (spent_.contains(key)) return Spend::kSpent;
  if (spent_.size() >= capacity_) return Spend::kFull;
  spent_.insert(key);
  return Spend::kTaken;
}

}  // namespace tickwire::game
