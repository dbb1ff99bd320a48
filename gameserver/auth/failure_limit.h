// What it owns: how many failures a name or an address may have before it must wait.
// Who may use it: auth/.
// Thread: one at a time; reads no clock itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "gameserver/common/clock.h"
#include "gameserver/common/subscriber.h"

namespace tickwire::game {

using LimitKey = SubscriberKey;
// A name: up to 16 bytes.
[[nodiscard]] LimitKey limit_key(std::string_view name);
[[nodiscard]] inline LimitKey limit_key(const Endpoint& remote) { return subscriber_of(remote); }

struct FailureBudget {
  unsigned burst = 10;                                 // failures that may come together
  Nanoseconds refill_every = std::chrono::seconds(6);  // until one more is allowed
};

// Token buckets, each kept as the one moment at which it will be full again: burst failures move it that many refills ahead.
// Failures that come while a key has to wait, from attempts that were under way, are a debt and count like the others.
//
// Holds at most `capacity` keys, about 150 bytes each. Beyond, the key that is nearest to being forgiven is forgotten, so that
// many keys with a failure each do not wash out the one that is being attacked.
class FailureLimit {
 public:
  FailureLimit(FailureBudget budget, std::size_t capacity) : budget_(budget), capacity_(std::max<std::size_t>(capacity, 1)) {}

  // How long the key must wait before it may try; 0: not at all.
  [[nodiscard]] Nanoseconds wait_for(const LimitKey& key, Nanoseconds now_mono) const;
  void failed(const LimitKey& key, Nanoseconds now_mono);

  [[nodiscard]] std::size_t size() const { return full_at_.size(); }
  // Keys that were forgotten early.
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }

 private:
  void forget_first();

  FailureBudget budget_;
  std::size_t capacity_;
  std::map<LimitKey, Nanoseconds> full_at_;             // on CLOCK_MONOTONIC
  std::set<std::pair<Nanoseconds, LimitKey>> by_time_;  // the same, those that are full first come first
  std::uint64_t evicted_ = 0;
};

}  // namespace tickwire::game
