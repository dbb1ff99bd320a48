// What it owns: what waits for one robot: the newest state of each alert that could not be told at once.
// Who may use it: relay.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "relay/message.h"
#include "relay/notification.h"

namespace tickwire::relay {

// At most kMostAlerts alerts, so 4 MiB; of more, those that were told longest ago are dropped, and counted.
class Digest {
 public:
  // A newer state of an alert takes the place of the one that waits. Gives how many alerts were dropped.
  std::size_t add(const Notification& notification);
  // Gives back an occasion that could not be told: what came since is newer. Gives how many alerts were dropped.
  std::size_t put_back(const Occasion& occasion);

  [[nodiscard]] bool is_empty() const { return alerts_.empty(); }
  [[nodiscard]] std::size_t size() const { return alerts_.size(); }
  // Everything, oldest first; the digest is empty then.
  [[nodiscard]] Occasion take();

 private:
  using Alerts = std::list<std::shared_ptr<const Alert>>;

  std::size_t drop_oldest();

  Alerts alerts_;                                                          // told longest ago first
  std::unordered_map<std::string_view, Alerts::iterator> by_fingerprint_;  // the keys are the alerts' own texts
  std::string external_url_;
  std::size_t unread_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace tickwire::relay
