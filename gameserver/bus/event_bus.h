// What it owns: who is told of which event, in one process.
// Who may use it: the modules Auth, Match and World, the store, and the link to other processes.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gameserver/bus/events.h"
#include "gameserver/bus/queue.h"

namespace tickwire::game {

using EventQueue = BoundedQueue<Event, FullPolicy::kRefuse>;

// A set of EventKind.
using EventKinds = std::uint8_t;
[[nodiscard]] constexpr EventKinds kinds_of(std::same_as<EventKind> auto... kinds) {
  return static_cast<EventKinds>(((1U << static_cast<unsigned>(kinds)) | ... | 0U));
}
inline constexpr EventKinds kAllKinds =
    kinds_of(EventKind::kPlayerAuthenticated, EventKind::kMatchStarted, EventKind::kPlayerLeft);

// Where an event was published first.
enum class EventOrigin { kThisProcess, kOtherProcess };

struct Subscription {
  std::string name;              // of the queue, for metrics
  std::size_t capacity = 256;    // events that wait; one takes up to 700 bytes
  std::shared_ptr<Wake> wake;    // null: the subscriber looks by itself
  EventKinds kinds = kAllKinds;  // the others are not given to it
  bool local_only = false;       // not those of other processes either: for the link, which would send them back
};

struct EventBusCounts {
  std::array<std::uint64_t, kEventKindCount> published{};  // by kind, from 0
  std::uint64_t refused = 0;                               // a subscriber had no room
  friend bool operator==(const EventBusCounts&, const EventBusCounts&) = default;
};

class EventBus {
 public:
  // Of what is published from now on. The subscriber is the queue's consumer; when it lets go of the queue, its subscription
  // ends.
  [[nodiscard]] std::shared_ptr<EventQueue> subscribe(Subscription subscription);

  // Gives the event to every subscriber that wants it, or, when one of them has no room, to nobody: false. The publisher then
  // keeps the event, takes no new work that leads to events, and tries again.
  [[nodiscard]] bool publish(const Event& event, EventOrigin origin = EventOrigin::kThisProcess);

  [[nodiscard]] EventBusCounts counts() const;
  // Of all subscribers, for metrics.
  [[nodiscard]] std::vector<std::shared_ptr<const EventQueue>> queues() const;

 private:
  struct Subscriber {
    std::weak_ptr<EventQueue> queue;
    EventKinds kinds = 0;
    bool local_only = false;
  };

  mutable std::mutex mutex_;
  std::vector<Subscriber> subscribers_;
  EventBusCounts counts_;
};

}  // namespace tickwire::game
