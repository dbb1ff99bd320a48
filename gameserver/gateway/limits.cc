// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/limits.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace tickwire::game {

std::size_t AddressLimits::KeyHash::operator()(const SubscriberKey& key) const noexcept {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(key.data()), key.size()});
}

bool AddressLimits::enter(const Endpoint& remote, Nanoseconds now_mono) {
  const SubscriberKey key = subscriber_of(remote);
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (!make_room()) return false;
    found = entries_.emplace(key, Entry{.tokens = double{kBurst} * options_.joins_per_s, .refilled_mono = now_mono}).first;
    found->second.idle = idle_.insert(idle_.end(), key);
  }
  Entry& entry = found->second;
  if (options_.most_connections != 0 && entry.connections >= options_.most_connections) return false;
  if (options_.joins_per_s != 0 && !take_token(entry, now_mono)) return false;
  if (entry.connections++ == 0) idle_.erase(entry.idle);
  return true;
}

bool AddressLimits::take_token(Entry& entry, Nanoseconds now_mono) const {
  const double most = double{kBurst} * options_.joins_per_s;
  const std::chrono::duration<double> passed_s = std::max(now_mono - entry.refilled_mono, Nanoseconds::zero());
  entry.tokens = std::min(most, entry.tokens + passed_s.count() * options_.joins_per_s);
  entry.refilled_mono = now_mono;
  if (entry.tokens < 1) return false;
  entry.tokens -= 1;
  return true;
}

bool AddressLimits::make_room() {
  if (entries_.size() < options_.most_addresses) return true;
  if (idle_.empty()) return false;
  entries_.erase(idle_.front());
  idle_.pop_front();
  return true;
}

void AddressLimits::leave(const Endpoint& remote) {
  const auto found = entries_.find(subscriber_of(remote));
  if (found == entries_.end() || found->second.connections == 0) return;
  if (--found->second.connections == 0) found->second.idle = idle_.insert(idle_.end(), found->first);
}

}  // namespace tickwire::game
