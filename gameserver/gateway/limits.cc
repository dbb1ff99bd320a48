// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/limits.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string_view>

namespace tickwire::game {

AddressLimits::Key AddressLimits::key_of(const Endpoint& remote) {
  constexpr std::size_t kMappedPrefix = 12;
  constexpr std::size_t kSubscriberPrefix = 8;
  Key key{};
  if (remote.family() == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(remote.storage).sin_addr;
    key[10] = key[11] = 0xff;
    std::memcpy(key.data() + kMappedPrefix, &address, sizeof address);
  } else if (remote.family() == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6&>(remote.storage).sin6_addr;
    std::memcpy(key.data(), &address, IN6_IS_ADDR_V4MAPPED(&address) ? key.size() : kSubscriberPrefix);
  }
  return key;
}

std::size_t AddressLimits::KeyHash::operator()(const Key& key) const noexcept {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(key.data()), key.size()});
}

bool AddressLimits::enter(const Endpoint& remote, Nanoseconds now_mono) {
  const Key key = key_of(remote);
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
  const auto found = entries_.find(key_of(remote));
  if (found == entries_.end() || found->second.connections == 0) return;
  if (--found->second.connections == 0) found->second.idle = idle_.insert(idle_.end(), found->first);
}

}  // namespace tickwire::game
