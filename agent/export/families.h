// What it owns: name, type and help of every Prometheus family, each written once, and the making of their series.
// Who may use it: the metrics files of this room.
// Thread: any, constant table and pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/histogram.h"

namespace tickwire::exporting {

enum class Family : std::uint8_t {
  // Of a service.
  kRtt,
  kTurnaround,
  kPackets,
  kPayloadBytes,
  kConnections,
  kConnectionsOpened,
  kConnectionsClosed,
  kTransitions,
  kRetransmissions,
  kOutOfOrder,
  kEventsSuppressed,
  // Of a service with a rule.
  kRuleFits,
  kRuleMessages,
  kRuleStrangers,
  kRuleTokens,
  kRuleEchoes,
  kSequenceMessages,
  kSequenceExpected,
  kSequencePassedOver,
  kSequenceReordered,
  kSequenceDuplicated,
  kSequenceJumps,
  // Of a service, with stages.
  kRttMaybeDelayed,
  kStage,
  kJitter,
  kRequestsFollowed,
  kRequestsCompleted,
  kRequestResyncs,
  kUdpTaken,
  kUdpRead,
  kUdpRefused,
  kUdpWaiting,
  kUdpWaitingMax,
  kStarved,
  kConnectionsOverSlo,
  // Of a service whose tick is inferred.
  kTickInterval,
  kTickStalls,
  kTickPeriod,
  // Of the agent.
  kLosses,
  kSkippedPackets,
  kInterfacePackets,
  kHookAttached,
  kSlotsUsed,
  kSlotsCapacity,
  kBpfRunSeconds,
  kBpfRuns,
  kBuildInfo,
  kStartTime,
  kReady,
  kTicks,
  kLastTick,
  kReadTime,
  kClosedRowsDropped,
  kServicesRefused,
  kHttpRefused,
  // Of a connection.
  kConnectionRtt,
  kConnectionTurnaround,
  kConnectionPackets,
  kConnectionPayloadBytes,
  kConnectionRetransmissions,
  kConnectionOutOfOrder,
  kConnectionStage,
  kConnectionJitter,
  kConnectionSeriesDropped,
};
inline constexpr std::size_t kFamilyCount = static_cast<std::size_t>(Family::kConnectionSeriesDropped) + 1;

// Label names and values, in the order in which they are written.
using Labels = std::vector<prometheus::ClientMetric::Label>;

// One family that series are added to.
class FamilyBuilder {
 public:
  explicit FamilyBuilder(Family family);

  // A counter or a gauge, by the type of the family.
  void add(Labels labels, double value);
  // A summary without quantiles: what was measured in all, and how often.
  void add_sum(Labels labels, std::chrono::nanoseconds sum, std::uint64_t samples);
  // Samples of all `parts` together, cumulated at `bounds`; every part is exact at each bound (Histogram::samples_up_to).
  void add_histogram(Labels labels, std::span<const std::chrono::nanoseconds> bounds,
                     std::span<const model::Histogram* const> parts);

  // Moves the family to the end of `families`; one without series is left out.
  void finish(std::vector<prometheus::MetricFamily>& families) &&;

 private:
  prometheus::MetricFamily family_;
};

// The one unit of time of the exposition.
[[nodiscard]] double seconds(std::chrono::nanoseconds duration);

}  // namespace tickwire::exporting
