// SPDX-License-Identifier: Apache-2.0
#include "export/families.h"

#include <algorithm>
#include <array>

#include "export/metrics.h"

namespace tickwire::exporting {
namespace {

using prometheus::MetricType;

struct Row {
  Family family;
  MetricType type;
  std::string_view name;
  std::string_view help;
};

constexpr std::array<Row, kFamilyCount> kRows{{
    {Family::kRtt, MetricType::Histogram, "tickwire_rtt_seconds",
     "Time from this node to the players and back, by the method that measured it."},
    {Family::kTurnaround, MetricType::Histogram, "tickwire_turnaround_seconds",
     "Time from the arrival of a request at this node to the departure of the service's answer, by method."},
    {Family::kPackets, MetricType::Counter, "tickwire_packets_total", "Packets of the service."},
    {Family::kPayloadBytes, MetricType::Counter, "tickwire_payload_bytes_total", "TCP or UDP payload of the service."},
    {Family::kConnections, MetricType::Gauge, "tickwire_connections", "Connections of the service that are open now, by state."},
    {Family::kConnectionsOpened, MetricType::Counter, "tickwire_connections_opened_total",
     "Connections of the service that were first seen."},
    {Family::kConnectionsClosed, MetricType::Counter, "tickwire_connections_closed_total",
     "Connections of the service that ended, by reason."},
    {Family::kTransitions, MetricType::Counter, "tickwire_tcp_state_transitions_total",
     "TCP sockets of the service that entered the state."},
    {Family::kRetransmissions, MetricType::Counter, "tickwire_tcp_retransmissions_total",
     "TCP segments of the service that this node sent again."},
    {Family::kOutOfOrder, MetricType::Counter, "tickwire_tcp_out_of_order_total",
     "TCP segments of the players that came behind one that had not: it was lost or overtaken on the way."},
    {Family::kEventsSuppressed, MetricType::Counter, "tickwire_events_suppressed_total",
     "Samples over the service's threshold that were not told as events: ten a second are."},
    {Family::kRuleFits, MetricType::Gauge, "tickwire_rule_fits",
     "1 while the service's rule fits its traffic; at 0 nothing that the rule measured is on this page."},
    {Family::kRuleMessages, MetricType::Counter, "tickwire_rule_messages_total",
     "Messages of the protocol that the service's rule declares."},
    {Family::kRuleStrangers, MetricType::Counter, "tickwire_rule_strangers_total",
     "Packets of the service that are none of the protocol that its rule declares, or too short."},
    {Family::kRuleTokens, MetricType::Counter, "tickwire_rule_tokens_total", "Messages that carried a new token."},
    {Family::kRuleEchoes, MetricType::Counter, "tickwire_rule_echoes_total",
     "Messages whose echo found the token that it acknowledges."},
    {Family::kSequenceMessages, MetricType::Counter, "tickwire_sequence_messages_total",
     "Messages with a sequence number; duplicates count. 0 when the rule declares no sequence."},
    {Family::kSequenceExpected, MetricType::Counter, "tickwire_sequence_expected_total",
     "Messages that must have been sent, by their sequence numbers: those that came, each once, and those that were lost."},
    {Family::kSequencePassedOver, MetricType::Counter, "tickwire_sequence_passed_over_total",
     "Sequence numbers that a newer one came before. Less the reordered ones: lost."},
    {Family::kSequenceReordered, MetricType::Counter, "tickwire_sequence_reordered_total",
     "Messages that came after a newer one; each was passed over before."},
    {Family::kSequenceDuplicated, MetricType::Counter, "tickwire_sequence_duplicated_total", "Messages that came once more."},
    {Family::kSequenceJumps, MetricType::Counter, "tickwire_sequence_jumps_total",
     "Jumps of a sequence by 64 or more: a new start, no losses."},
    {Family::kRttMaybeDelayed, MetricType::Histogram, "tickwire_rtt_maybe_delayed_seconds",
     "Round trips whose acknowledgement the player's side may have delayed: its wait is in them. Not in tickwire_rtt_seconds."},
    {Family::kStage, MetricType::Histogram, "tickwire_stage_seconds",
     "Parts of the turnaround of requests that were followed through the socket; qdisc comes after it."},
    {Family::kJitter, MetricType::Histogram, "tickwire_jitter_seconds",
     "Smoothed jitter (RFC 3550) of each player: one sample for each second in which he had packets."},
    {Family::kRequestsFollowed, MetricType::Counter, "tickwire_requests_followed_total",
     "Requests that were followed through the socket."},
    {Family::kRequestsCompleted, MetricType::Counter, "tickwire_requests_completed_total",
     "Requests that were followed to the departure of their answer, and gave a sample to each stage."},
    {Family::kRequestResyncs, MetricType::Counter, "tickwire_request_resyncs_total",
     "Times that following a player's datagrams began anew, because the game looks at datagrams before it reads them."},
    {Family::kUdpTaken, MetricType::Counter, "tickwire_udp_taken_total", "Datagrams that the service's sockets took."},
    {Family::kUdpRead, MetricType::Counter, "tickwire_udp_read_total", "Datagrams that the game read."},
    {Family::kUdpRefused, MetricType::Counter, "tickwire_udp_refused_total",
     "Datagrams that the service's sockets refused: the game reads too slowly, or the buffer is too small."},
    {Family::kUdpWaiting, MetricType::Counter, "tickwire_udp_waiting_total",
     "Datagrams of the same player that waited in the socket when another one was taken, summed over those taken."},
    {Family::kUdpWaitingMax, MetricType::Gauge, "tickwire_udp_waiting_max",
     "Most datagrams of one player that waited in the socket when another one was taken, since the start."},
    {Family::kStarved, MetricType::Counter, "tickwire_starved_total",
     "Packets to players since whose predecessor the game had read nothing of the player."},
    {Family::kConnectionsOverSlo, MetricType::Gauge, "tickwire_connections_over_slo",
     "Connections that are beyond the objective in the last minute: players at risk."},
    {Family::kTickInterval, MetricType::Histogram, "tickwire_tick_interval_seconds",
     "From the start of a tick's sends to the start of the next one's, while the service had a confident tick."},
    {Family::kTickStalls, MetricType::Counter, "tickwire_tick_stalls_total",
     "Ticks that came two periods or more after the one before."},
    {Family::kTickPeriod, MetricType::Gauge, "tickwire_tick_period_seconds",
     "Period of the service's game loop; absent without a confident tick."},
    {Family::kLosses, MetricType::Counter, "tickwire_losses_total", "Observations that the agent failed to record, by reason."},
    {Family::kSkippedPackets, MetricType::Counter, "tickwire_skipped_packets_total",
     "Packets that no service could have been meant by, and that were not looked at, by reason."},
    {Family::kInterfacePackets, MetricType::Counter, "tickwire_interface_packets_total",
     "Packets that the programs saw on the interface, watched or not."},
    {Family::kHookAttached, MetricType::Gauge, "tickwire_hook_attached",
     "1 for the candidate that serves the capability, 0 for each that was tried and refused."},
    {Family::kSlotsUsed, MetricType::Gauge, "tickwire_connection_slots_used", "Slots of the connection table that are taken."},
    {Family::kSlotsCapacity, MetricType::Gauge, "tickwire_connection_slots_capacity", "Slots of the connection table."},
    {Family::kBpfRunSeconds, MetricType::Counter, "tickwire_bpf_run_seconds_total",
     "Time that the program ran, while kernel.bpf_stats_enabled is on."},
    {Family::kBpfRuns, MetricType::Counter, "tickwire_bpf_runs_total",
     "Runs of the program, while kernel.bpf_stats_enabled is on."},
    {Family::kBuildInfo, MetricType::Gauge, "tickwire_build_info", "Always 1; the labels say which build this is."},
    {Family::kStartTime, MetricType::Gauge, "tickwire_start_time_seconds", "When the agent started, since 1970-01-01 UTC."},
    {Family::kReady, MetricType::Gauge, "tickwire_ready", "1 while the agent does all of its work, as /readyz says."},
    {Family::kTicks, MetricType::Counter, "tickwire_ticks_total", "Readings of the kernel."},
    {Family::kLastTick, MetricType::Gauge, "tickwire_last_tick_timestamp_seconds",
     "When the kernel was last read, since 1970-01-01 UTC."},
    {Family::kReadTime, MetricType::Gauge, "tickwire_read_seconds", "CPU time that the last reading of the kernel took."},
    {Family::kClosedRowsDropped, MetricType::Counter, "tickwire_closed_rows_dropped_total",
     "Ended connections that were not kept visible for a minute, for want of room."},
    {Family::kServicesRefused, MetricType::Counter, "tickwire_services_refused_total", "Services that --max-services left out."},
    {Family::kHttpRefused, MetricType::Counter, "tickwire_http_refused_total",
     "Requests over TCP that the web configuration refused, by reason."},
    {Family::kConnectionRtt, MetricType::Histogram, "tickwire_connection_rtt_seconds",
     "Time from this node to the player and back, by the method that measured it."},
    {Family::kConnectionTurnaround, MetricType::Histogram, "tickwire_connection_turnaround_seconds",
     "Time from the arrival of the player's request at this node to the departure of the answer, by method."},
    {Family::kConnectionPackets, MetricType::Counter, "tickwire_connection_packets_total", "Packets of the connection."},
    {Family::kConnectionPayloadBytes, MetricType::Counter, "tickwire_connection_payload_bytes_total",
     "TCP or UDP payload of the connection."},
    {Family::kConnectionRetransmissions, MetricType::Counter, "tickwire_connection_retransmissions_total",
     "TCP segments of the connection that this node sent again."},
    {Family::kConnectionOutOfOrder, MetricType::Counter, "tickwire_connection_out_of_order_total",
     "TCP segments of the player that came behind one that had not: it was lost or overtaken on the way."},
    {Family::kConnectionStage, MetricType::Summary, "tickwire_connection_stage_seconds",
     "Parts of the turnaround of the connection's requests that were followed; qdisc comes after it."},
    {Family::kConnectionJitter, MetricType::Gauge, "tickwire_connection_jitter_seconds",
     "The connection's jitter now, smoothed (RFC 3550)."},
    {Family::kConnectionSeriesDropped, MetricType::Gauge, "tickwire_connection_series_dropped",
     "Connections that --connection-series left out of this page."},
}};

// Rows are found by their number.
static_assert([] {
  for (std::size_t at = 0; at < kRows.size(); ++at) {
    if (static_cast<std::size_t>(kRows[at].family) != at) return false;
  }
  return true;
}());

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Histogram:
      return "histogram";
    case MetricType::Summary:
      return "summary";
    default:
      return "gauge";
  }
}

}  // namespace

double seconds(std::chrono::nanoseconds duration) {
  // One division of two whole numbers is rounded correctly, so 70 ms is the very double that "0.07" reads as.
  return static_cast<double>(duration.count()) / 1e9;
}

FamilyBuilder::FamilyBuilder(Family family) {
  const Row& row = kRows[static_cast<std::size_t>(family)];
  family_.name = row.name;
  family_.help = row.help;
  family_.type = row.type;
}

void FamilyBuilder::add(Labels labels, double value) {
  prometheus::ClientMetric& metric = family_.metric.emplace_back();
  metric.label = std::move(labels);
  if (family_.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

void FamilyBuilder::add_sum(Labels labels, std::chrono::nanoseconds sum, std::uint64_t samples) {
  prometheus::ClientMetric& metric = family_.metric.emplace_back();
  metric.label = std::move(labels);
  metric.summary.sample_count = samples;
  metric.summary.sample_sum = seconds(sum);
}

void FamilyBuilder::add_histogram(Labels labels, std::span<const std::chrono::nanoseconds> bounds,
                                  std::span<const model::Histogram* const> parts) {
  prometheus::ClientMetric& metric = family_.metric.emplace_back();
  metric.label = std::move(labels);
  metric.histogram.bucket.reserve(bounds.size());
  for (const std::chrono::nanoseconds bound : bounds) {
    std::uint64_t samples = 0;
    for (const model::Histogram* part : parts) samples += part->samples_up_to(bound);
    metric.histogram.bucket.push_back({.cumulative_count = samples, .upper_bound = seconds(bound)});
  }
  std::chrono::nanoseconds sum{0};
  for (const model::Histogram* part : parts) {
    metric.histogram.sample_count += part->samples();
    sum += part->sum();
  }
  metric.histogram.sample_sum = seconds(sum);
}

void FamilyBuilder::finish(std::vector<prometheus::MetricFamily>& families) && {
  if (!family_.metric.empty()) families.push_back(std::move(family_));
}

std::vector<FamilyRow> family_rows() {
  std::vector<FamilyRow> rows;
  rows.reserve(kRows.size());
  for (const Row& row : kRows) {
    rows.push_back({.name = std::string(row.name), .type = std::string(type_name(row.type)), .help = std::string(row.help)});
  }
  return rows;
}

}  // namespace tickwire::exporting
