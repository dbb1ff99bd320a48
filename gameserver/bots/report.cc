// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/report.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

namespace tickwire::game {
namespace {

using Json = nlohmann::ordered_json;

Json response_json(const Samples& samples) {
  const auto summary = samples.summary();
  if (!summary) return nullptr;
  return {{"count", summary->count},     {"min", summary->min.count()},  {"p50", summary->p50.count()},
          {"p90", summary->p90.count()}, {"p99", summary->p99.count()},  {"p999", summary->p999.count()},
          {"max", summary->max.count()}, {"mean", summary->mean.count()}};
}

Json endpoint_json(const Endpoint& endpoint) {
  if (endpoint.length == 0) return nullptr;
  return endpoint.text();
}

Json bot_json(const Bot& bot) {
  const Carrier& carrier = *bot.carrier;
  const Player& player = carrier.player();
  const CarrierCounts& counts = carrier.counts();
  return {{"protocol", carrier.protocol()},
          {"local", endpoint_json(carrier.local())},
          {"remote", endpoint_json(carrier.remote())},
          {"failure", player.failure().empty() ? Json(nullptr) : Json(player.failure())},
          {"player_id", player.player_id()},
          {"inputs_sent", player.inputs_sent()},
          {"snapshots_received", player.snapshots()},
          {"response_ns", response_json(player.responses())},
          {"intended_response_ns", response_json(player.intended_responses())},
          {"messages_sent", counts.messages_sent},
          {"messages_received", counts.messages_received},
          {"payload_bytes_sent", counts.payload_bytes_sent},
          {"payload_bytes_received", counts.payload_bytes_received},
          {"messages_missing", player.missing()},
          {"messages_duplicate", player.duplicates()},
          {"send_drops", counts.send_drops},
          {"skipped_inputs", bot.skipped_inputs},
          {"worst_late_ns", bot.worst_late.count()}};
}

// Of all bots of a protocol.
Samples all_of(const std::vector<Bot>& bots, std::string_view protocol, const Samples& (Player::*which)() const) {
  Samples all;
  for (const auto& bot : bots) {
    if (bot.carrier->protocol() == protocol) all.add_all((bot.carrier->player().*which)());
  }
  return all;
}

Json responses_json(const std::vector<Bot>& bots, const Samples& (Player::*which)() const) {
  return {{"udp", response_json(all_of(bots, "udp", which))}, {"tcp", response_json(all_of(bots, "tcp", which))}};
}

double milliseconds(Nanoseconds duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

std::string response_columns(const Samples& samples) {
  const auto summary = samples.summary();
  if (!summary) return fmt::format("{:>8} {:>8} {:>8} {:>8} {:>8} {:>8}", 0, "-", "-", "-", "-", "-");
  return fmt::format("{:>8} {:>8.3f} {:>8.3f} {:>8.3f} {:>8.3f} {:>8.3f}", summary->count, milliseconds(summary->p50),
                     milliseconds(summary->p90), milliseconds(summary->p99), milliseconds(summary->p999),
                     milliseconds(summary->max));
}

}  // namespace

std::string report_json(const std::vector<Bot>& bots, Nanoseconds duration) {
  Json connections = Json::array();
  for (const auto& bot : bots) connections.push_back(bot_json(bot));
  const auto failed = std::ranges::count_if(bots, [](const Bot& bot) { return !bot.carrier->player().failure().empty(); });
  const Json document = {
      {"schema_version", 1},
      {"duration_ns", duration.count()},
      {"failed", failed},
      {"response_ns", responses_json(bots, &Player::responses)},
      {"intended_response_ns", responses_json(bots, &Player::intended_responses)},
      {"connections", std::move(connections)},
  };
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string report_table(const std::vector<Bot>& bots, Nanoseconds duration) {
  std::string text = fmt::format("{:<5} {:<24} {:<24} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}  {}\n", "proto", "local",
                                 "remote", "samples", "p50_ms", "p90_ms", "p99_ms", "p99.9_ms", "max_ms", "missing", "failure");
  const auto out = std::back_inserter(text);
  for (const auto& bot : bots) {
    const Carrier& carrier = *bot.carrier;
    const Player& player = carrier.player();
    fmt::format_to(out, "{:<5} {:<24} {:<24} {} {:>8}  {}\n", carrier.protocol(), carrier.local().text(), carrier.remote().text(),
                   response_columns(player.responses()), player.missing(), player.failure().empty() ? "-" : player.failure());
  }
  for (const std::string_view protocol : {"udp", "tcp"}) {
    const Samples sent = all_of(bots, protocol, &Player::responses);
    const Samples intended = all_of(bots, protocol, &Player::intended_responses);
    if (!sent.summary()) continue;
    fmt::format_to(out, "{:<5} {:<49} {}\n", protocol, "all, from when an input was sent", response_columns(sent));
    fmt::format_to(out, "{:<5} {:<49} {}\n", protocol, "all, from when an input was due", response_columns(intended));
  }
  const auto played = std::ranges::count_if(bots, [](const Bot& bot) { return bot.carrier->player().snapshots() > 0; });
  fmt::format_to(out, "{} of {} players played, for {:.1f} s\n", played, bots.size(), milliseconds(duration) / 1000);
  return text;
}

bool all_played(const std::vector<Bot>& bots) {
  return std::ranges::all_of(bots, [](const Bot& bot) { return bot.carrier->player().snapshots() > 0; });
}

}  // namespace tickwire::game
