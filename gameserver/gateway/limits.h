// What it owns: how many connections one address may have, and how many new ones a second.
// Who may use it: a front.
// Thread: its gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

#include "gameserver/common/clock.h"
#include "gameserver/common/endpoint.h"

namespace tickwire::game {

struct AddressLimitOptions {
  std::size_t most_connections = 256;  // at once; 0: any number
  unsigned joins_per_s = 64;           // refilled evenly; kBurst times as many at once. 0: any number
  std::size_t most_addresses = 65'536;
};

// An address is one of IPv4, or a /64 of IPv6, as that is what one subscriber is given (RFC 6177). At most most_addresses are held, of
// some 160 bytes; when there are more, the one that has been without a connection for longest is forgotten, and a newcomer is refused
// when there is none such.
class AddressLimits {
 public:
  static constexpr unsigned kBurst = 4;

  explicit AddressLimits(const AddressLimitOptions& options) : options_(options) {}

  // Counts a new connection; false: it is one too many, and is not counted.
  [[nodiscard]] bool enter(const Endpoint& remote, Nanoseconds now_mono);
  // Ends a connection that enter() has counted.
  void leave(const Endpoint& remote);
  [[nodiscard]] std::size_t addresses() const { return entries_.size(); }

 private:
  using Key = std::array<std::uint8_t, 16>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };
  struct Entry {
    std::size_t connections = 0;
    double tokens = 0;  // of new connections
    Nanoseconds refilled_mono{};
    std::list<Key>::iterator idle;  // means something without a connection
  };
  [[nodiscard]] static Key key_of(const Endpoint& remote);
  // Takes a token; false when there is none.
  [[nodiscard]] bool take_token(Entry& entry, Nanoseconds now_mono) const;
  [[nodiscard]] bool make_room();

  AddressLimitOptions options_;
  std::unordered_map<Key, Entry, KeyHash> entries_;
  std::list<Key> idle_;  // without a connection, longest first
};

}  // namespace tickwire::game
