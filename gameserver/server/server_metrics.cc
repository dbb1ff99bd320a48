// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/server_metrics.h"

#include <string>
#include <utility>

namespace tickwire::game {
namespace {

double as_double(const Counter& counter) { return static_cast<double>(counter.value()); }

// The sum of one counter of both fronts.
double sum(const StatsView& view, Counter FrontStats::*counter) {
  double total = 0;
  for (const auto* front : view.fronts) total += as_double(front->*counter);
  return total;
}

std::vector<MetricSample> by_reason(const StatsView& view, ReasonCounters FrontStats::*counters) {
  std::vector<MetricSample> samples;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    double total = 0;
    for (const auto* front : view.fronts) total += as_double((front->*counters)[i]);
    samples.push_back({.labels = {{"reason", std::string(reason_name(static_cast<Reason>(i)))}}, .value = total});
  }
  return samples;
}

std::vector<MetricSample> by_transport(const StatsView& view, std::array<Counter, kTransportCount> FrontStats::*counters) {
  std::vector<MetricSample> samples;
  for (std::size_t i = 0; i < kTransportCount; ++i) {
    double total = 0;
    for (const auto* front : view.fronts) total += as_double((front->*counters)[i]);
    samples.push_back({.labels = {{"transport", std::string(transport_name(static_cast<Transport>(i)))}}, .value = total});
  }
  return samples;
}

MetricSample of_transport(std::string_view transport, std::string_view direction, const Counter& counter) {
  return {.labels = {{"transport", std::string(transport)}, {"direction", std::string(direction)}}, .value = as_double(counter)};
}

void add_malformed(std::vector<MetricSample>& samples, std::string_view transport, const ParseErrorCounters& errors) {
  for (std::size_t i = 0; i < kParseErrorCount; ++i) {
    samples.push_back(
        {.labels = {{"transport", std::string(transport)}, {"error", std::string(parse_error_name(static_cast<ParseError>(i)))}},
         .value = as_double(errors[i])});
  }
}

prometheus::MetricFamily malformed(const StatsView& view) {
  std::vector<MetricSample> samples;
  add_malformed(samples, "udp", view.udp.errors);
  add_malformed(samples, "tcp", view.tcp.errors);
  add_malformed(samples, "websocket", view.web.errors);
  return counter_family("game_malformed_messages_total", "Bytes that are no message.", std::move(samples));
}

prometheus::MetricFamily messages(const StatsView& view) {
  return counter_family(
      "game_messages_total", "Messages: datagrams, frames, WebSocket messages.",
      {of_transport("udp", "in", view.udp.datagrams_received), of_transport("udp", "out", view.udp.datagrams_sent),
       of_transport("tcp", "in", view.tcp.frames_received), of_transport("tcp", "out", view.tcp.frames_sent),
       of_transport("websocket", "in", view.web.messages_received), of_transport("websocket", "out", view.web.messages_sent)});
}

prometheus::MetricFamily bytes(const StatsView& view) {
  return counter_family("game_payload_bytes_total", "Bytes behind the UDP or TCP header.",
                        {of_transport("udp", "in", view.udp.bytes_received), of_transport("udp", "out", view.udp.bytes_sent),
                         of_transport("tcp", "in", view.tcp.bytes_received), of_transport("tcp", "out", view.tcp.bytes_sent)});
}

// What was lost, by where and why.
prometheus::MetricFamily drops(const StatsView& view) {
  const auto drop = [](std::string_view reason, double value) {
    return MetricSample{.labels = {{"reason", std::string(reason)}}, .value = value};
  };
  double stale_inputs = 0;
  for (const auto& sample : by_transport(view, &FrontStats::stale_inputs)) stale_inputs += sample.value;
  return counter_family(
      "game_dropped_messages_total", "Messages that were lost or had no effect.",
      {drop("udp_send", as_double(view.udp.send_drops)), drop("udp_receive", as_double(view.udp.receive_drops)),
       drop("unknown_sender", sum(view, &FrontStats::unknown_senders)), drop("paused", sum(view, &FrontStats::paused_drops)),
       drop("tcp_coalesced", as_double(view.tcp.coalesced_snapshots)),
       drop("websocket_coalesced", as_double(view.web.coalesced_snapshots)),
       drop("duplicate", sum(view, &FrontStats::duplicates)), drop("stale_input", stale_inputs),
       drop("orphan", as_double(view.world.orphans)), drop("chat_of_player", as_double(view.world.dropped_chats_player)),
       drop("chat_of_tick", as_double(view.world.dropped_chats_tick)),
       drop("chat_length", as_double(view.world.dropped_chats_length)), drop("facts", as_double(view.world.refused_facts))});
}

MetricFamilies snapshots(const StatsView& view) {
  const auto kind = [&view](std::string_view name, Counter FrontStats::*counter) {
    return MetricSample{.labels = {{"kind", std::string(name)}}, .value = sum(view, counter)};
  };
  return {counter_family("game_snapshots_total", "Snapshots that were made.",
                         {kind("complete", &FrontStats::snapshots_complete), kind("delta", &FrontStats::snapshots_delta)}),
          counter_family("game_snapshots_compressed_total", "Of these, compressed ones.",
                         sum(view, &FrontStats::snapshots_compressed)),
          counter_family("game_snapshot_complete_bytes_total", "Content, had all been complete and plain.",
                         sum(view, &FrontStats::snapshot_complete_bytes)),
          counter_family("game_snapshot_content_bytes_total", "Content as it was sent.",
                         sum(view, &FrontStats::snapshot_content_bytes))};
}

}  // namespace

MetricFamilies world_families(const WorldStats& world, const LockstepStats& lockstep) {
  const auto hash = [](std::string_view outcome, const Counter& counter) {
    return MetricSample{.labels = {{"outcome", std::string(outcome)}}, .value = as_double(counter)};
  };
  return {
      histogram_family("game_tick_work_seconds", "From a tick's wake-up until its frame is published.",
                       {{{}, world.work_s.counts()}}),
      histogram_family("game_tick_lateness_seconds", "From a tick's deadline to its wake-up.", {{{}, world.lateness_s.counts()}}),
      histogram_family("game_inputs_per_tick", "Inputs of one player that a tick took, of those who sent any.",
                       {{{}, world.inputs_per_tick.counts()}}),
      counter_family("game_ticks_total", "Ticks.", as_double(world.ticks)),
      counter_family("game_ticks_skipped_total", "Deadlines that were given up.", as_double(world.skipped_ticks)),
      gauge_family("game_lockstep_players", "Players in the lockstep room.", as_double(world.lockstep_players)),
      counter_family("game_lockstep_frames_total", "Frames of the lockstep room.", as_double(lockstep.frames)),
      counter_family("game_lockstep_hashes_total", "State hashes of the room's clients.",
                     {hash("agreed", lockstep.agreed_hashes), hash("diverged", lockstep.diverged_hashes),
                      hash("repeated", lockstep.repeated_hashes), hash("old", lockstep.old_hashes),
                      hash("unasked", lockstep.unasked_hashes)}),
      gauge_family("game_world_events_waiting", "Events that wait for room on the bus.", as_double(world.events_waiting)),
      counter_family("game_world_lost_events_total", "Events that could not be published.", as_double(world.lost_events)),
      counter_family("game_world_held_control_total", "Wake-ups that took no further control message, for want of room.",
                     as_double(world.held_control))};
}

MetricFamilies gateway_families(const StatsView& view) {
  MetricFamilies families = {
      gauge_family("game_players", "Players.", by_transport(view, &FrontStats::players)),
      gauge_family("game_clients", "Clients, with newcomers.", by_transport(view, &FrontStats::clients)),
      counter_family("game_joins_total", "Players that joined.", by_transport(view, &FrontStats::joins)),
      counter_family("game_leaves_total", "Sessions that ended, and newcomers that were refused.",
                     by_reason(view, &FrontStats::leaves)),
      counter_family("game_evictions_total", "Of these, players that were put out.", by_reason(view, &FrontStats::evictions)),
      counter_family("game_refused_joins_total", "Of these, newcomers that never were players.",
                     by_reason(view, &FrontStats::refused)),
      counter_family("game_presence_messages_total", "Messages on who came and went.", sum(view, &FrontStats::presence_messages)),
      counter_family("game_presence_repeats_total", "Of these, sent again.", sum(view, &FrontStats::presence_repeats)),
      counter_family("game_presence_gaps_total", "Of these, with events missing before them.",
                     sum(view, &FrontStats::presence_gaps)),
      counter_family("game_lockstep_messages_total", "Messages with frames or the state of the lockstep room.",
                     sum(view, &FrontStats::lockstep_messages)),
      counter_family("game_world_waits_total", "Messages that found the world's queue full and waited.",
                     sum(view, &FrontStats::world_waits)),
      counter_family("game_stale_inputs_total", "Inputs that came after a newer one.",
                     by_transport(view, &FrontStats::stale_inputs)),
      messages(view),
      bytes(view),
      malformed(view),
      drops(view)};
  for (auto& family : snapshots(view)) families.push_back(std::move(family));
  return families;
}

MetricFamilies web_families(const WebStats& web) {
  std::vector<MetricSample> by_status;
  for (std::size_t i = 1; i < web.by_status.size(); ++i) {
    by_status.push_back({.labels = {{"status", std::to_string(i) + "xx"}}, .value = as_double(web.by_status[i])});
  }
  const auto closed = [](std::string_view reason, const Counter& counter) {
    return MetricSample{.labels = {{"reason", std::string(reason)}}, .value = as_double(counter)};
  };
  return {
      gauge_family("game_http_connections", "Connections of the HTTP port, WebSockets among them.", as_double(web.connections)),
      gauge_family("game_websockets", "WebSockets.", as_double(web.websockets)),
      counter_family("game_http_requests_total", "Answers.", std::move(by_status)),
      counter_family("game_http_bytes_total", "Bytes of answers, and WebSocket payload.", as_double(web.bytes_sent)),
      counter_family("game_http_closed_total", "Connections that were refused or cut off.",
                     {closed("limit", web.refused_limit), closed("descriptor", web.refused_descriptor),
                      closed("header_timeout", web.header_timeouts), closed("body_timeout", web.body_timeouts),
                      closed("reply_timeout", web.reply_timeouts), closed("write_timeout", web.write_timeouts),
                      closed("origin", web.refused_origin), closed("upgrade", web.refused_upgrades), closed("text", web.texts),
                      closed("too_long", web.too_long), closed("protocol", web.protocol_errors),
                      closed("slow", web.slow_evictions), closed("pong_timeout", web.pong_timeouts)})};
}

MetricFamilies event_families(const EventBusCounts& bus, const std::optional<EventLinkCounts>& link) {
  std::vector<MetricSample> published;
  for (std::size_t i = 0; i < kEventKindCount; ++i) {
    published.push_back({.labels = {{"kind", std::string(event_kind_name(static_cast<EventKind>(i + 1)))}},
                         .value = static_cast<double>(bus.published[i])});
  }
  MetricFamilies families = {
      counter_family("game_events_total", "Events of this process and of others that subscribers here were given.",
                     std::move(published)),
      counter_family("game_events_refused_total", "Times that an event had to wait, as a subscriber had no room.",
                     static_cast<double>(bus.refused))};
  if (!link) return families;
  const auto outcome = [](std::string_view name, std::uint64_t count) {
    return MetricSample{.labels = {{"outcome", std::string(name)}}, .value = static_cast<double>(count)};
  };
  families.push_back(counter_family(
      "game_event_link_total", "Events to and from other processes; once for each that it goes to.",
      {outcome("sent", link->sent), outcome("received", link->received), outcome("no_such_role", link->no_such_role),
       outcome("given_up", link->given_up), outcome("malformed", link->malformed), outcome("abandoned", link->abandoned)}));
  families.push_back(counter_family("game_event_link_delays_total",
                                    "Times that another process, or a subscriber here, was not ready.",
                                    {outcome("retry", link->retries), outcome("held", link->held)}));
  families.push_back(gauge_family("game_event_link_waiting_events", "Events to be sent.", static_cast<double>(link->waiting)));
  return families;
}

MetricFamilies worker_families(const WorkerCounts& workers) {
  const auto outcome = [](std::string_view name, std::uint64_t count) {
    return MetricSample{.labels = {{"outcome", std::string(name)}}, .value = static_cast<double>(count)};
  };
  return {gauge_family("game_worker_threads", "Worker threads.", workers.threads),
          gauge_family("game_worker_waiting_tasks", "Tasks that wait.", static_cast<double>(workers.depth)),
          gauge_family("game_worker_high_water_tasks", "The most tasks that waited.", static_cast<double>(workers.high_water)),
          counter_family("game_worker_tasks_total", "Tasks.",
                         {outcome("run", workers.run - workers.failed), outcome("failed", workers.failed),
                          outcome("refused", workers.refused), outcome("over_share", workers.over_share),
                          outcome("displaced", workers.displaced), outcome("abandoned", workers.abandoned)}),
          counter_family("game_worker_busy_seconds_total", "Time in tasks, of all threads.", in_seconds(workers.busy))};
}

}  // namespace tickwire::game
