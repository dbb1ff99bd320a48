// SPDX-License-Identifier: Apache-2.0
#include "gameserver/auth/failure_limit.h"

#include <algorithm>

namespace tickwire::game {

LimitKey limit_key(std::string_view name) {
  LimitKey key{};
  std::ranges::transform(name.substr(0, key.size()), key.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return key;
}

Nanoseconds FailureLimit::wait_for(const LimitKey& key, Nanoseconds now_mono) const {
  const auto found = full_at_.find(key);
  if (found == full_at_.end()) return {};
  // One failure is allowed when at least one refill has come since the bucket was empty.
  const Nanoseconds may_try_at = found->second - budget_.refill_every * (budget_.burst - 1);
  return std::max(may_try_at - now_mono, Nanoseconds::zero());
}

void FailureLimit::failed(const LimitKey& key, Nanoseconds now_mono) {
  while (!by_time_.empty() && by_time_.begin()->first <= now_mono) forget_first();
  const auto found = full_at_.find(key);
  Nanoseconds full_at = now_mono;
  if (found != full_at_.end()) {
    full_at = found->second;
    by_time_.erase({full_at, key});
    full_at_.erase(found);
  } else if (full_at_.size() >= capacity_) {
    forget_first();
    ++evicted_;
  }
  full_at += budget_.refill_every;
  full_at_[key] = full_at;
  by_time_.emplace(full_at, key);
}

void FailureLimit::forget_first() {
  full_at_.erase(by_time_.begin()->second);
  by_time_.erase(by_time_.begin());
}

}  // namespace tickwire::game
