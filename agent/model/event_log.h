// What it owns: the newest events, numbered: what every stream of events is read from.
// Who may use it: State writes it, a Snapshot carries it, export and api read it.
// Thread: EventQueue one (the loop); an EventLog goes to any thread: what copies share is never written again.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/event.h"

namespace tickwire::model {

class EventLog {
 public:
  // At least so many of the newest events are kept, and at most twice as many.
  static constexpr std::size_t kKept = 4096;

  // Numbers them, in their order. More than kKept at once: the first ones are numbered and not kept.
  void append(std::vector<Event> events);

  // The last number that was given; 0 before the first event.
  [[nodiscard]] std::uint64_t newest() const { return newest_; }
  // Events with the numbers oldest() .. newest() are kept; newest() + 1 when none is.
  [[nodiscard]] std::uint64_t oldest() const;
  // Null when it is not kept.
  [[nodiscard]] const Event* find(std::uint64_t sequence) const;

 private:
  using Block = std::vector<Event>;  // of one tick; never empty
  using Blocks = std::vector<std::shared_ptr<const Block>>;

  std::shared_ptr<const Blocks> blocks_;  // ascending; null = none yet
  std::uint64_t newest_ = 0;
};

// Events wait here for the reading that comes after them, so that the log is in the order of time: what the kernel tells through its
// ring buffer and what is seen in its tables are of slightly different moments.
class EventQueue {
 public:
  // Events of one moment stay in the order in which they were added.
  void add(Event event) { waiting_.push_back(std::move(event)); }
  // Those that happened at `now` or before, ordered by time, with their unix_time, for the log. `unix_now`: the same moment.
  [[nodiscard]] std::vector<Event> take(std::chrono::nanoseconds now, std::chrono::nanoseconds unix_now);

 private:
  std::vector<Event> waiting_;
};

}  // namespace tickwire::model
