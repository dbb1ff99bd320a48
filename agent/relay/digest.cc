// SPDX-License-Identifier: Apache-2.0
#include "relay/digest.h"

#include <utility>

namespace tickwire::relay {

std::size_t Digest::drop_oldest() {
  std::size_t dropped = 0;
  while (alerts_.size() > kMostAlerts) {
    by_fingerprint_.erase(alerts_.front()->fingerprint);
    alerts_.pop_front();
    ++dropped;
  }
  dropped_ += dropped;
  return dropped;
}

std::size_t Digest::add(const Notification& notification) {
  for (const auto& alert : notification.alerts) {
    if (const auto found = by_fingerprint_.find(alert->fingerprint); found != by_fingerprint_.end()) {
      const Alerts::iterator place = found->second;
      by_fingerprint_.erase(found);  // first: its key is in the alert that goes
      alerts_.erase(place);
    }
    alerts_.push_back(alert);
    by_fingerprint_.emplace(alert->fingerprint, std::prev(alerts_.end()));
  }
  external_url_ = notification.external_url;
  unread_ += notification.unread;
  return drop_oldest();
}

std::size_t Digest::put_back(const Occasion& occasion) {
  for (auto each = occasion.alerts.rbegin(); each != occasion.alerts.rend(); ++each) {
    if (by_fingerprint_.contains((*each)->fingerprint)) continue;
    alerts_.push_front(*each);
    by_fingerprint_.emplace((*each)->fingerprint, alerts_.begin());
  }
  if (external_url_.empty()) external_url_ = occasion.external_url;
  unread_ += occasion.unread;
  dropped_ += occasion.dropped;
  return drop_oldest();
}

Occasion Digest::take() {
  Occasion occasion{.alerts = {alerts_.begin(), alerts_.end()},
                    .external_url = std::exchange(external_url_, {}),
                    .unread = std::exchange(unread_, 0),
                    .dropped = std::exchange(dropped_, 0),
                    .digest = true};
  by_fingerprint_.clear();
  alerts_.clear();
  return occasion;
}

}  // namespace tickwire::relay
