// What it owns: how many connections one address may have, and how many new ones a second.
// Who may use it: a front.
// Thread: its gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>

#include "gameserver/common/clock.h"
#include "gameserver/common/subscriber.h"

namespace tickwire::game {

struct AddressLimitOptions {
  std::size_t most_connections = 256;  // at once; 0: any number
  unsigned joins_per_s = 64;           // refilled evenly; kBurst times as many at once. 0: any number
  std::size_t most_addresses = 65'536;
};

// An address is what subscriber_of() makes of it. At most most_addresses are held, of some 160 bytes; when there are more, the one that
// has been without a connection for longest is forgotten, and a newcomer is refused when there is none such.
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
  struct KeyHash {
    std::size_t operator()(const SubscriberKey& key) const noexcept;
  };
  struct Entry {
    std::size_t connections = 0;
    double tokens = 0;  // of new connections
    Nanoseconds refilled_mono{};
    std::list<SubscriberKey>::iterator idle;  // means something without a connection
  };
  // Takes a token; false when there is none.
  [[nodiscard]] bool take_token(Entry& entry, Nanoseconds now_mono) const;
  [[nodiscard]] bool make_room();

  AddressLimitOptions options_;
  std::unordered_map<SubscriberKey, Entry, KeyHash> entries_;
  std::list<SubscriberKey> idle_;  // without a connection, longest first
};

}  // namespace tickwire::game
