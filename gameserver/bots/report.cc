// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/report.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

namespace tickwire::game {
namespace {

using Json = nlohmann::ordered_json;

// The groups that are summed up: by what carries the messages.
constexpr std::array<std::string_view, 3> kProtocols = {"udp", "tcp", "ws"};

Json response_json(const Samples& samples) {
  const auto summary = samples.summary();
  if (!summary) return nullptr;
  return {{"count", summary->count},         {"min", summary->min.count()}, {"p50", summary->p50.count()},
          {"p90", summary->p90.count()},     {"p99", summary->p99.count()}, {"p999", summary->p999.count()},
          {"p9999", summary->p9999.count()}, {"max", summary->max.count()}, {"mean", summary->mean.count()}};
}

Json endpoint_json(const Endpoint& endpoint) {
  if (endpoint.length == 0) return nullptr;
  return endpoint.text();
}

Json snapshots_json(const SnapshotCounts& counts) {
  return {{"deltas", counts.deltas},
          {"compressed", counts.compressed},
          {"unreadable", counts.unreadable},
          {"states", counts.states},
          {"content_bytes", counts.content_bytes}};
}

Json presence_json(const PresenceWatch& presence) {
  return {{"joined", presence.joined()}, {"left", presence.left()}, {"repeated", presence.repeated()}, {"gaps", presence.gaps()}};
}

// Null for a player who is not in the lockstep room.
Json lockstep_json(const Player& player) {
  if (player.lockstep() == nullptr) return nullptr;
  const auto& counts = player.lockstep()->counts();
  return {{"frames", counts.applied},          {"repeated", counts.repeated},        {"unusable", counts.unusable},
          {"malformed", counts.malformed},     {"room_states", counts.states},       {"stale_states", counts.stale_states},
          {"divergences", counts.divergences}, {"hashes_sent", player.hashes_sent()}};
}

Json idle_json(const IdleCounts& counts) {
  return {{"connections", counts.begun},
          {"upgraded", counts.upgraded},
          {"refused", counts.refused},
          {"lost", counts.lost},
          {"pings", counts.pings},
          {"first_failure", counts.first_failure.empty() ? Json(nullptr) : Json(counts.first_failure)}};
}

Json login_json(const LoginDesk* login) {
  if (login == nullptr) return nullptr;
  const auto counts = login->counts();
  return {{"asked", counts.asked},
          {"tickets", counts.tickets},
          {"failed", counts.failed},
          {"retries", counts.retries},
          {"register_ns", response_json(counts.register_times)},
          {"login_ns", response_json(counts.login_times)},
          {"match_ns", response_json(counts.match_times)}};
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
          {"snapshots", snapshots_json(player.snapshot_counts())},
          {"lockstep", lockstep_json(player)},
          {"presence", presence_json(player.presence())},
          {"chats_received", player.chats()},
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
  Json document;
  for (const auto protocol : kProtocols) document[std::string(protocol)] = response_json(all_of(bots, protocol, which));
  return document;
}

double milliseconds(Nanoseconds duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

constexpr std::string_view kColumns = "{:>9} {:>9} {:>9} {:>9} {:>9} {:>10} {:>9}";

std::string response_columns(const Samples& samples) {
  const auto summary = samples.summary();
  if (!summary) return fmt::format(kColumns, 0, "-", "-", "-", "-", "-", "-");
  const auto text = [](Nanoseconds duration) { return fmt::format("{:.3f}", milliseconds(duration)); };
  return fmt::format(kColumns, summary->count, text(summary->p50), text(summary->p90), text(summary->p99), text(summary->p999),
                     text(summary->p9999), text(summary->max));
}

std::string bot_row(const Bot& bot) {
  const Carrier& carrier = *bot.carrier;
  const Player& player = carrier.player();
  return fmt::format("{:<5} {:<24} {:<24} {} {:>8}  {}\n", carrier.protocol(), carrier.local().text(), carrier.remote().text(),
                     response_columns(player.responses()), player.missing(), player.failure().empty() ? "-" : player.failure());
}

// Of bots that are too many for a row each.
std::string first_failure(const std::vector<Bot>& bots) {
  const auto failed = std::ranges::find_if(bots, [](const Bot& bot) { return !bot.carrier->player().failure().empty(); });
  return failed == bots.end() ? "" : fmt::format("first failure: {}\n", failed->carrier->player().failure());
}

// Of everybody in the lockstep room; empty when nobody is.
std::string lockstep_row(const std::vector<Bot>& bots) {
  LockstepCounts all;
  std::uint64_t hashes = 0;
  std::size_t players = 0;
  for (const auto& bot : bots) {
    const Player& player = bot.carrier->player();
    if (player.lockstep() == nullptr) continue;
    ++players;
    hashes += player.hashes_sent();
    all.applied += player.lockstep()->counts().applied;
    all.repeated += player.lockstep()->counts().repeated;
    all.states += player.lockstep()->counts().states;
    all.divergences += player.lockstep()->counts().divergences;
  }
  if (players == 0) return {};
  return fmt::format("lockstep: {} players, {} frames and {} repeated ones, {} room states, {} hashes sent, {} divergences\n",
                     players, all.applied, all.repeated, all.states, hashes, all.divergences);
}

}  // namespace

std::string report_json(const PlayReport& played) {
  const auto& bots = played.bots;
  Json connections = Json::array();
  for (const auto& bot : bots) connections.push_back(bot_json(bot));
  const auto failed = std::ranges::count_if(bots, [](const Bot& bot) { return !bot.carrier->player().failure().empty(); });
  const Json document = {
      {"schema_version", 1},
      {"duration_ns", played.duration.count()},
      {"failed", failed},
      {"response_ns", responses_json(bots, &Player::responses)},
      {"intended_response_ns", responses_json(bots, &Player::intended_responses)},
      {"idle_ws", idle_json(played.idle)},
      {"login", login_json(played.login)},
      {"connections", std::move(connections)},
  };
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string report_table(const PlayReport& played) {
  const auto& bots = played.bots;
  std::string text = fmt::format(
      "{:<5} {:<24} {:<24} {} {:>8}  {}\n", "proto", "local", "remote",
      fmt::format(kColumns, "samples", "p50_ms", "p90_ms", "p99_ms", "p99.9_ms", "p99.99_ms", "max_ms"), "missing", "failure");
  const auto out = std::back_inserter(text);
  if (bots.size() <= kMostRows) {
    for (const auto& bot : bots) text += bot_row(bot);
  } else {
    text += first_failure(bots);
  }
  for (const auto protocol : kProtocols) {
    const Samples sent = all_of(bots, protocol, &Player::responses);
    const Samples intended = all_of(bots, protocol, &Player::intended_responses);
    if (!sent.summary()) continue;
    fmt::format_to(out, "{:<5} {:<49} {}\n", protocol, "all, from when an input was sent", response_columns(sent));
    fmt::format_to(out, "{:<5} {:<49} {}\n", protocol, "all, from when an input was due", response_columns(intended));
  }
  if (played.idle.begun > 0) {
    fmt::format_to(out, "{} idle WebSockets: {} upgraded, {} lost, {} pings answered{}{}\n", played.idle.begun,
                   played.idle.upgraded, played.idle.lost, played.idle.pings, played.idle.first_failure.empty() ? "" : "; ",
                   played.idle.first_failure);
  }
  text += lockstep_row(bots);
  if (played.login != nullptr) {
    const auto counts = played.login->counts();
    fmt::format_to(out, "{} tickets, {} refused, {} retries\n", counts.tickets, counts.failed, counts.retries);
  }
  const auto count = std::ranges::count_if(bots, [](const Bot& bot) { return bot.carrier->player().has_played(); });
  fmt::format_to(out, "{} of {} players played, for {:.1f} s\n", count, bots.size(), milliseconds(played.duration) / 1000);
  return text;
}

bool all_played(const PlayReport& played) {
  return std::ranges::all_of(played.bots, [](const Bot& bot) { return bot.carrier->player().has_played(); }) &&
         played.idle.upgraded == played.idle.begun;
}

}  // namespace tickwire::game
