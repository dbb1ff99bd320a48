// What it owns: what becomes of each notification for one robot: sent, merged into the digest that waits, left out as told before, refused.
// Who may use it: relay.
// Thread: one at a time: the robot's own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "relay/digest.h"
#include "relay/message.h"
#include "relay/metrics.h"
#include "relay/outcome.h"
#include "relay/rate_window.h"
#include "relay/robot.h"
#include "relay/told.h"

namespace tickwire::relay {

struct Clocks {
  std::function<std::chrono::nanoseconds()> monotonic = monotonic_now;
  std::function<std::chrono::nanoseconds()> unix_time = unix_now;
};

struct DispatcherOptions {
  Robot robot;
  std::size_t number = 0;  // of the robot in the metrics
  Language language = Language::kEnglish;
  std::string link_base;
  std::size_t rate = 18;  // messages a minute
};

struct Delivery {
  Fate fate = Fate::kDelivered;
  std::string reason;  // of a failure
};

class Dispatcher {
 public:
  using Send = std::function<Outcome(const Message&)>;

  // `borrowed_metrics` outlives the dispatcher.
  Dispatcher(DispatcherOptions options, Send send, Clocks clocks, Metrics& borrowed_metrics);

  // Sends at once where the minute has room and nothing waits. What waits goes first, so that a newer state never comes before an older one.
  [[nodiscard]] Delivery take(const Notification& notification);
  // When flush() has something to do, on CLOCK_MONOTONIC; none: nothing waits.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> due() const;
  // Sends what waits as one message. One that fails for now waits on, for 10 s at least; one that is refused is dropped, and counted.
  void flush();
  // The relay stops: what waits is lost, and counted. Gives how many alerts.
  std::size_t give_up();

 private:
  [[nodiscard]] Outcome send(const Occasion& occasion);
  void merge(const Notification& notification);
  void waiting_changed() { borrowed_metrics_.set_waiting(options_.number, digest_.size()); }

  DispatcherOptions options_;
  Send send_;
  Clocks clocks_;
  Metrics& borrowed_metrics_;
  RateWindow window_;
  Digest digest_;
  Told told_;
  std::chrono::nanoseconds not_before_{};  // the robot is blocked, or has just failed
};

}  // namespace tickwire::relay
