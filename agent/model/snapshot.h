// What it owns: everything that the agent knows at one moment, immutable. Every output is a pure function of one of these.
// Who may use it: State makes it, export and api read it.
// Thread: any; shared through shared_ptr<const Snapshot>.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/capabilities.h"
#include "model/connection.h"
#include "model/event_log.h"
#include "model/hooks.h"
#include "model/recent.h"
#include "model/service.h"
#include "model/slo_limit.h"
#include "model/tick.h"

namespace tickwire::model {

struct BuildInfo {
  std::string version;   // "0.1.0"
  std::string revision;  // git, 12 digits, "unknown" outside a checkout
};

// Whether the agent does its work; what /readyz says.
struct Readiness {
  bool ready = false;
  std::vector<std::string> problems;  // sentences; empty when ready
};

struct Snapshot {
  BuildInfo build;
  std::chrono::nanoseconds monotonic{};  // when its tick was read
  std::chrono::nanoseconds unix_time{};
  std::chrono::nanoseconds started_unix{};  // when the agent started
  std::chrono::nanoseconds interval{};      // between ticks, as configured
  std::chrono::nanoseconds read_time{};     // CPU time that the last reading and decoding took
  std::uint64_t ticks = 0;

  std::vector<Service> services;                               // ordered by ServiceId
  RecentSamples recent_services;                               // by Service::number
  RecentSamples recent_connections;                            // by slot and generation
  std::vector<std::shared_ptr<const Connection>> connections;  // living ones and those that ended within a minute, ordered by id
  EventLog events;                                             // the newest ones, of this tick and those before
  std::array<std::uint64_t, TW_LOSS_MAX> losses{};             // totals
  std::vector<InterfaceTotals> interfaces;
  std::vector<ProgramTotals> programs;
  std::vector<HookOutcome> hooks;
  std::uint32_t slots_used = 0;
  std::uint32_t slots_capacity = 0;
  std::uint64_t closed_rows_dropped = 0;  // ended connections that were not kept for a minute, for want of room
  std::uint64_t services_refused = 0;     // services that --max-services left out
  Readiness readiness;
  std::vector<ThreadPrivileges> threads;  // of the agent, once it has given up what it needs no more
  std::vector<Slo> slos;                  // as configured; at most kMostSlos

  // Of the window that ends with this snapshot. kAll: from the histogram, without min.
  [[nodiscard]] WindowSummary summary(const Connection& connection, const Latency& latency, Window window) const;
  [[nodiscard]] WindowSummary summary(const Service& service, Series series, Window window) const;
  // The samples of one of kRecentWindows; their sum is not kept.
  [[nodiscard]] Histogram histogram(const Connection& connection, const Latency& latency, Window window) const;
  // Of each of kRecentWindows.
  [[nodiscard]] WindowSummaries summaries(const Connection& connection, const Latency& latency) const;
  [[nodiscard]] WindowSummaries summaries(const Service& service, Series series) const;
};

}  // namespace tickwire::model
