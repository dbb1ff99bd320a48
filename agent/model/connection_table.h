// What it owns: the rows of all connections: living ones, ended ones that linger in their slot, ended ones that are still shown.
// Who may use it: State.
// Thread: one (the loop); rows that it gives out are immutable.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "model/connection.h"
#include "model/event.h"
#include "model/lifecycle.h"
#include "model/recent.h"
#include "model/service_table.h"
#include "model/tick.h"

namespace tickwire::model {

class ConnectionTable {
 public:
  using Nanoseconds = std::chrono::nanoseconds;
  using Row = std::shared_ptr<const Connection>;

  explicit ConnectionTable(const StateLimits& limits) : limits_(limits) {}

  // Takes the tick's connections in, then ends those that were silent for too long, then drops ended rows that were shown for
  // long enough. Counts in the services as well.
  void apply(const Tick& tick, const ServiceTable& services);
  // Ends the living connections of a service with CloseReason::kServiceGone.
  void end_service(const ServiceRecord& service, Nanoseconds now);
  // Ended for longer than limits.linger at `now`; each id once.
  [[nodiscard]] std::vector<ConnectionId> take_ended(Nanoseconds now);
  // Connections that were opened, changed their state as their packets tell, and ended, since the last call.
  [[nodiscard]] std::vector<Event> take_events() { return std::exchange(events_, {}); }
  // Samples of the last five minutes, as of the last tick, by slot and generation.
  [[nodiscard]] const RecentSamples& recent() const { return recent_.samples(); }
  // Ordered by id.
  [[nodiscard]] std::vector<Row> rows() const;
  // Ended rows that had to go early.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  // The connection that has, or had last, the kernel's slot. Kept after the slot went back: late gains still find their service.
  struct Slot {
    Row row;                                 // null: nobody yet, ended and shown for long enough, or now in released_
    std::shared_ptr<ServiceRecord> service;  // null: nobody yet, or a service that is not known
    std::uint32_t generation = 0;
    bool taken = false;
    bool ended = false;
    CloseReason first_sign = CloseReason::kNone;
    CloseReason deadline_reason = CloseReason::kNone;
  };
  // When it ended, and who: ordered by time.
  using Ended = std::set<std::pair<Nanoseconds, ConnectionId>>;

  void apply(const Tick& tick, const ConnectionChange& change, const ServiceTable& services);
  void begin(const Tick& tick, const ConnectionChange& change, const ServiceTable& services);
  void update(const Tick& tick, const ConnectionChange& change, Slot& slot);
  // The row after the change, as a new value; its state is still the one before.
  [[nodiscard]] std::shared_ptr<Connection> changed(const Tick& tick, const ConnectionChange& change,
                                                    const Connection& before) const;
  // The same, and its service has counted what stages tell of it, and what its series gained is kept for the windows.
  [[nodiscard]] std::shared_ptr<Connection> counted(const Tick& tick, const ConnectionChange& change, const Connection& before,
                                                    ServiceRecord& service);
  // Notes an event of the row.
  void note(const Connection& row, Nanoseconds at, const Event::What& what);
  void record(const Tick& tick, const ConnectionChange& change, const Connection& before, const Connection& row);
  void end(Slot& slot, std::shared_ptr<Connection> row, CloseReason reason, Nanoseconds at);
  void end_silent(Nanoseconds now);
  void drop_shown(Nanoseconds now);
  void hide(const ConnectionId& id);
  // Where the row of an id is kept; null when it is not shown any more.
  [[nodiscard]] Row* find_row(const ConnectionId& id);

  StateLimits limits_;
  std::vector<Slot> slots_;               // by slot number
  std::vector<Nanoseconds> deadlines_;    // by slot number; apart, for every tick walks through all of them
  std::map<ConnectionId, Row> released_;  // ended, without a slot
  Ended lingering_;                       // not yet given out by take_ended()
  Ended shown_;                           // ended rows in slots_ or released_
  std::vector<Event> events_;             // not yet given out by take_events()
  std::uint64_t dropped_ = 0;
  RecentRecorder recent_{Resolution::kConnection};
  std::optional<Nanoseconds> last_tick_;
};

}  // namespace tickwire::model
