// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/stats.h"

#include <nlohmann/json.hpp>

namespace tickwire::game {
namespace {

using Json = nlohmann::ordered_json;

Json by_error(const std::array<std::uint64_t, kParseErrorCount>& counts) {
  Json object = Json::object();
  for (std::size_t i = 0; i < counts.size(); ++i) object[std::string(parse_error_name(static_cast<ParseError>(i)))] = counts[i];
  return object;
}

Json by_reason(const std::array<std::uint64_t, kReasonCount>& counts) {
  Json object = Json::object();
  for (std::size_t i = 0; i < counts.size(); ++i) object[std::string(reason_name(static_cast<Reason>(i)))] = counts[i];
  return object;
}

}  // namespace

std::string stats_line(const ServerStats& stats, std::string_view kind, Nanoseconds unix_time, std::size_t players) {
  const auto mean_work = stats.ticks == 0 ? 0 : stats.work_sum.count() / static_cast<std::int64_t>(stats.ticks);
  const Json line = {
      {"kind", kind},
      {"time_unix_ns", unix_time.count()},
      {"players", players},
      {"ticks", stats.ticks},
      {"late_ticks", stats.late_ticks},
      {"skipped_ticks", stats.skipped_ticks},
      {"worst_late_ns", stats.worst_late.count()},
      {"worst_work_ns", stats.worst_work.count()},
      {"mean_work_ns", mean_work},
      {"joins", stats.joins},
      {"leaves", by_reason(stats.leaves)},
      {"stale_inputs", stats.stale_inputs},
      {"dropped_chats", stats.dropped_chats},
      {"udp",
       {{"datagrams_received", stats.udp_datagrams_received},
        {"datagrams_sent", stats.udp_datagrams_sent},
        {"bytes_received", stats.udp_bytes_received},
        {"bytes_sent", stats.udp_bytes_sent},
        {"send_drops", stats.udp_send_drops},
        {"receive_drops", stats.udp_receive_drops},
        {"unknown_senders", stats.udp_unknown_senders},
        {"confirmed", stats.udp_confirmed},
        {"errors", by_error(stats.udp_errors)}}},
      {"tcp",
       {{"accepted", stats.tcp_accepted},
        {"frames_received", stats.tcp_frames_received},
        {"frames_sent", stats.tcp_frames_sent},
        {"bytes_received", stats.tcp_bytes_received},
        {"bytes_sent", stats.tcp_bytes_sent},
        {"coalesced_snapshots", stats.tcp_coalesced_snapshots},
        {"errors", by_error(stats.tcp_errors)}}},
  };
  return line.dump();
}

}  // namespace tickwire::game
