// What it owns: the totals of every service, by the number that ticks call it by.
// Who may use it: State and its connection table.
// Thread: one (the loop); histograms that it gives out are immutable.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "model/event_log.h"
#include "model/recent.h"
#include "model/service.h"
#include "model/stage_tally.h"
#include "model/tick.h"

namespace tickwire::model {

struct ServiceRecord {
  std::shared_ptr<const ServiceId> id;  // shared by the rows of its connections
  Service totals;
  StageTally stages;
  bool watched = true;
  TickInference tick;
  std::uint32_t receivers = 0;   // connections that this tick sent packets to
  std::uint64_t packets_in = 0;  // up to the tick before

  // One living connection less in `before`, one more in `after`; kNone and kClosed are not counted.
  void move_connection(ConnectionState before, ConnectionState after);
  void count_end(CloseReason reason);
  void count_traffic(const std::array<Traffic, 2>& gained);
  void count_rule(const RuleCounts& gained);
};

// The histogram with what it gained, as a new value; null stays null when nothing was gained.
[[nodiscard]] std::shared_ptr<const Histogram> with_gain(const std::shared_ptr<const Histogram>& before, Resolution resolution,
                                                         const Tick& tick, const HistogramGain& gain);

class ServiceTable {
 public:
  // The service with this id gets the number; its totals go on where they were.
  void add(std::uint16_t number, const ServiceId& id);
  // The service that had the number, null if none; its totals are kept, out of sight, for as long as it is among the last
  // TW_SERVICES_MAX that were removed.
  std::shared_ptr<ServiceRecord> remove(std::uint16_t number);
  // Null for a number that no service has.
  [[nodiscard]] std::shared_ptr<ServiceRecord> find(std::uint16_t number) const;
  // Counts what the tick's services gained; a number without service is ignored.
  void apply(const Tick& tick);
  // Infers the game loops' ticks, after everything else of the tick was counted, and tells their stalls.
  void infer_ticks(const Tick& tick, EventQueue& events);
  // Samples of the last five minutes, as of the last tick, by Service::number.
  [[nodiscard]] const RecentSamples& recent() const { return recent_.samples(); }
  // Watched services, ordered by id.
  [[nodiscard]] std::vector<Service> services() const;

 private:
  void apply(const Tick& tick, const ServiceChange& change, Service& totals);

  std::map<ServiceId, std::shared_ptr<ServiceRecord>> records_;
  std::vector<std::shared_ptr<ServiceRecord>> by_number_;
  std::deque<ServiceId> retired_;  // oldest first
  std::uint32_t next_number_ = 0;
  RecentRecorder recent_{Resolution::kService};
};

}  // namespace tickwire::model
