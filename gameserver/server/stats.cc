// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/stats.h"

#include <nlohmann/json.hpp>

namespace tickwire::game {
namespace {

using Json = nlohmann::ordered_json;

Json by_error(const ParseErrorCounters& counters) {
  Json object = Json::object();
  for (std::size_t i = 0; i < counters.size(); ++i) {
    object[std::string(parse_error_name(static_cast<ParseError>(i)))] = counters[i].value();
  }
  return object;
}

// The sum of one counter of both fronts.
std::uint64_t sum(const StatsView& view, Counter FrontStats::*counter) {
  std::uint64_t total = 0;
  for (const auto* front : view.fronts) total += (front->*counter).value();
  return total;
}

Json by_reason(const StatsView& view, ReasonCounters FrontStats::*counters) {
  Json object = Json::object();
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    std::uint64_t total = 0;
    for (const auto* front : view.fronts) total += (front->*counters)[i].value();
    object[std::string(reason_name(static_cast<Reason>(i)))] = total;
  }
  return object;
}

// Of all transports.
std::uint64_t sum(const StatsView& view, std::array<Counter, kTransportCount> FrontStats::*counters) {
  std::uint64_t total = 0;
  for (const auto* front : view.fronts) {
    for (const auto& counter : front->*counters) total += counter.value();
  }
  return total;
}

Json udp(const StatsView& view) {
  const auto& udp = view.udp;
  return {{"datagrams_received", udp.datagrams_received.value()},
          {"datagrams_sent", udp.datagrams_sent.value()},
          {"bytes_received", udp.bytes_received.value()},
          {"bytes_sent", udp.bytes_sent.value()},
          {"send_drops", udp.send_drops.value()},
          {"receive_drops", udp.receive_drops.value()},
          {"unknown_senders", sum(view, &FrontStats::unknown_senders)},
          {"confirmed", sum(view, &FrontStats::confirmed)},
          {"errors", by_error(udp.errors)}};
}

Json tcp(const StatsView& view) {
  const auto& tcp = view.tcp;
  return {{"accepted", tcp.accepted.value()},       {"frames_received", tcp.frames_received.value()},
          {"frames_sent", tcp.frames_sent.value()}, {"bytes_received", tcp.bytes_received.value()},
          {"bytes_sent", tcp.bytes_sent.value()},   {"coalesced_snapshots", tcp.coalesced_snapshots.value()},
          {"errors", by_error(tcp.errors)}};
}

Json websocket(const StatsView& view) {
  const auto& web = view.web;
  return {{"upgrades", web.upgrades.value()},
          {"open", web.websockets.value()},
          {"messages_received", web.messages_received.value()},
          {"messages_sent", web.messages_sent.value()},
          {"coalesced_snapshots", web.coalesced_snapshots.value()},
          {"refused_origins", web.refused_origin.value()},
          {"errors", by_error(web.errors)}};
}

Json queues(const StatsView& view) {
  Json object = Json::object();
  for (const auto& [queue, counts] : view.queues) {
    object[queue] = {{"depth", counts.depth},      {"high_water", counts.high_water},         {"capacity", counts.capacity},
                     {"pushed", counts.pushed},    {"dropped_oldest", counts.dropped_oldest}, {"refused", counts.refused},
                     {"replaced", counts.replaced}};
  }
  return object;
}

}  // namespace

std::string stats_line(const StatsView& view, std::string_view kind, Nanoseconds unix_time) {
  const auto& world = view.world;
  const auto ticks = world.ticks.value();
  const auto dropped_chats =
      world.dropped_chats_player.value() + world.dropped_chats_tick.value() + world.dropped_chats_length.value();
  const Json line = {
      {"kind", kind},
      {"time_unix_ns", unix_time.count()},
      {"players", world.players.value()},
      {"ticks", ticks},
      {"late_ticks", world.late_ticks.value()},
      {"skipped_ticks", world.skipped_ticks.value()},
      {"worst_late_ns", world.recent_late_ns.take()},
      {"worst_work_ns", world.recent_work_ns.take()},
      {"mean_work_ns", ticks == 0 ? 0 : world.work_ns.value() / ticks},
      {"joins", sum(view, &FrontStats::joins)},
      {"leaves", by_reason(view, &FrontStats::leaves)},
      {"evictions", by_reason(view, &FrontStats::evictions)},
      {"refused_joins", by_reason(view, &FrontStats::refused)},
      {"stale_inputs", sum(view, &FrontStats::stale_inputs)},
      {"dropped_chats", dropped_chats},
      {"presence",
       {{"messages", sum(view, &FrontStats::presence_messages)},
        {"repeats", sum(view, &FrontStats::presence_repeats)},
        {"gaps", sum(view, &FrontStats::presence_gaps)}}},
      {"snapshots",
       {{"complete", sum(view, &FrontStats::snapshots_complete)},
        {"delta", sum(view, &FrontStats::snapshots_delta)},
        {"compressed", sum(view, &FrontStats::snapshots_compressed)},
        {"complete_bytes", sum(view, &FrontStats::snapshot_complete_bytes)},
        {"content_bytes", sum(view, &FrontStats::snapshot_content_bytes)}}},
      {"udp", udp(view)},
      {"tcp", tcp(view)},
      {"websocket", websocket(view)},
      {"queues", queues(view)},
  };
  return line.dump();
}

}  // namespace tickwire::game
