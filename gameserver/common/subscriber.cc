// SPDX-License-Identifier: Apache-2.0
#include "gameserver/common/subscriber.h"

#include <netinet/in.h>

#include <cstring>

namespace tickwire::game {

SubscriberKey subscriber_of(const Endpoint& remote) {
  constexpr std::size_t kMappedPrefix = 12;
  constexpr std::size_t kSubscriberPrefix = 8;
  SubscriberKey key{};
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

}  // namespace tickwire::game
