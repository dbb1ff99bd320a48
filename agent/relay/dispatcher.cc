// SPDX-License-Identifier: Apache-2.0
#include "relay/dispatcher.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "relay/time_text.h"

namespace tickwire::relay {
namespace {

constexpr std::chrono::seconds kAgain{10};  // between two attempts to send what waits

Fate fate_of(Outcome::Result result) {
  switch (result) {
    case Outcome::Result::kDelivered:
      return Fate::kDelivered;
    case Outcome::Result::kRetryable:
      return Fate::kFailedRetryable;
    case Outcome::Result::kPermanent:
      return Fate::kFailedPermanent;
  }
  return Fate::kFailedPermanent;
}

}  // namespace

Dispatcher::Dispatcher(DispatcherOptions options, Send send, Clocks clocks, Metrics& borrowed_metrics)
    : options_(std::move(options)),
      send_(std::move(send)),
      clocks_(std::move(clocks)),
      borrowed_metrics_(borrowed_metrics),
      window_(options_.rate) {}

Outcome Dispatcher::send(const Occasion& occasion) {
  const Style style{.kind = options_.robot.kind,
                    .language = options_.robot.language.value_or(options_.language),
                    .link_base = options_.link_base,
                    .called = options_.robot.called,
                    .now = std::chrono::floor<std::chrono::seconds>(clocks_.unix_time()),
                    .offset = utc_offset};
  const std::chrono::nanoseconds begun = clocks_.monotonic();
  Outcome outcome = send_(render(occasion, style));
  const std::chrono::nanoseconds ended = clocks_.monotonic();
  window_.record(ended);
  if (outcome.blocked > std::chrono::seconds(0))
    not_before_ = std::max<std::chrono::nanoseconds>(not_before_, ended + outcome.blocked);
  borrowed_metrics_.count_message(options_.number, outcome.result, ended - begun, clocks_.unix_time());
  if (outcome.result == Outcome::Result::kDelivered) {
    spdlog::info("robot {}: told {} alerts", options_.robot.name, occasion.alerts.size());
  } else {
    spdlog::warn("robot {}: {}{}", options_.robot.name, outcome.reason,
                 outcome.result == Outcome::Result::kRetryable ? "" : ": not sent again");
  }
  return outcome;
}

void Dispatcher::merge(const Notification& notification) {
  const std::size_t dropped = digest_.add(notification);
  borrowed_metrics_.count_dropped(options_.number, Drop::kDigestFull, dropped);
  waiting_changed();
}

Delivery Dispatcher::take(const Notification& notification) {
  const std::chrono::nanoseconds now = clocks_.monotonic();
  const std::string content = content_digest(notification);
  Delivery delivery;
  if (told_.contains(content, now)) {
    delivery.fate = Fate::kDuplicate;
  } else if (!digest_.is_empty() || now < not_before_ || window_.next(now) > now) {
    merge(notification);
    told_.add(content, now);
    delivery.fate = Fate::kMerged;
  } else {
    const Outcome outcome =
        send({.alerts = notification.alerts, .external_url = notification.external_url, .unread = notification.unread});
    delivery = {.fate = fate_of(outcome.result), .reason = outcome.reason};
    if (delivery.fate == Fate::kDelivered) told_.add(content, clocks_.monotonic());
    if (delivery.fate == Fate::kFailedPermanent) {
      borrowed_metrics_.count_dropped(options_.number, Drop::kRefused, notification.alerts.size());
    }
  }
  const bool taken = delivery.fate == Fate::kDelivered || delivery.fate == Fate::kMerged;
  if (taken) borrowed_metrics_.count_dropped(options_.number, Drop::kUnread, notification.unread);
  borrowed_metrics_.count_notification(options_.number, delivery.fate);
  return delivery;
}

std::optional<std::chrono::nanoseconds> Dispatcher::due() const {
  if (digest_.is_empty()) return std::nullopt;
  return window_.next(not_before_);
}

void Dispatcher::flush() {
  if (digest_.is_empty()) return;
  const Occasion occasion = digest_.take();
  const Outcome outcome = send(occasion);
  if (outcome.result == Outcome::Result::kRetryable) {
    not_before_ = std::max<std::chrono::nanoseconds>(not_before_, clocks_.monotonic() + kAgain);
    borrowed_metrics_.count_dropped(options_.number, Drop::kDigestFull, digest_.put_back(occasion));
  } else if (outcome.result == Outcome::Result::kPermanent) {
    borrowed_metrics_.count_dropped(options_.number, Drop::kRefused, occasion.alerts.size());
  }
  waiting_changed();
}

std::size_t Dispatcher::give_up() {
  const std::size_t lost = digest_.take().alerts.size();
  borrowed_metrics_.count_dropped(options_.number, Drop::kStopped, lost);
  waiting_changed();
  return lost;
}

}  // namespace tickwire::relay
