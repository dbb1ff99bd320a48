// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/event_bus.h"

#include <algorithm>

namespace tickwire::game {

std::shared_ptr<EventQueue> EventBus::subscribe(Subscription subscription) {
  auto queue = std::make_shared<EventQueue>(std::move(subscription.name), subscription.capacity, std::move(subscription.wake));
  const std::lock_guard lock(mutex_);
  subscribers_.push_back({.queue = queue, .kinds = subscription.kinds, .local_only = subscription.local_only});
  return queue;
}

bool EventBus::publish(const Event& event, EventOrigin origin) {
  const std::lock_guard lock(mutex_);
  std::erase_if(subscribers_, [](const Subscriber& subscriber) { return subscriber.queue.expired(); });
  std::vector<std::shared_ptr<EventQueue>> addressees;
  for (const auto& subscriber : subscribers_) {
    if ((subscriber.kinds & kinds_of(event.kind())) == 0) continue;
    if (subscriber.local_only && origin != EventOrigin::kThisProcess) continue;
    if (auto queue = subscriber.queue.lock()) addressees.push_back(std::move(queue));
  }
  // The bus is the only producer of its queues, so room that is seen here stays.
  if (!std::ranges::all_of(addressees, [](const auto& queue) { return queue->has_room(); })) {
    ++counts_.refused;
    return false;
  }
  for (const auto& queue : addressees) static_cast<void>(queue->push(Event(event)));
  ++counts_.published[static_cast<std::size_t>(event.kind()) - 1];
  return true;
}

EventBusCounts EventBus::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::vector<std::shared_ptr<const EventQueue>> EventBus::queues() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const EventQueue>> queues;
  for (const auto& subscriber : subscribers_) {
    if (auto queue = subscriber.queue.lock()) queues.push_back(std::move(queue));
  }
  return queues;
}

}  // namespace tickwire::game
