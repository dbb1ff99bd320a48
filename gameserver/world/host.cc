// SPDX-License-Identifier: Apache-2.0
#include "gameserver/world/host.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace tickwire::game {

WorldHost::WorldHost(const WorldOptions& options, WorldPorts ports)
    : matches_required_(options.matches_required),
      ports_(std::move(ports)),
      world_(options.tick_rate_hz, options.max_players, options.config) {}

void WorldHost::serve(Nanoseconds now_mono) {
  flush();
  // Once: who fills the queue without end must not keep the tick waiting.
  if (may_take() && next_control_ == control_.size()) {
    next_control_ = 0;
    ports_.borrowed_inbox->control.drain(control_);
  }
  // Behind the joins: in one process a match is announced before its tickets are given out, so that of every ticket here the match is
  // known.
  take_matches();
  take_early(now_mono);
  while (may_take() && next_control_ < control_.size()) {
    std::visit([this, now_mono](const auto& request) { take(request, now_mono); }, control_[next_control_]);
    ++next_control_;
  }
  if (!may_take()) ++stats_.held_control;
}

void WorldHost::take(const JoinRequest& request, Nanoseconds now_mono) {
  const bool early = matches_required_ && request.match != 0 && !matches_.knows(request.match);
  if (!early || early_.size() >= kMostEarlyJoins) return seat_and_answer(request, now_mono);
  early_.emplace_back(request, now_mono + kAnnouncedWithin);
}

void WorldHost::take_early(Nanoseconds now_mono) {
  for (auto join = early_.begin(); join != early_.end() && may_take();) {
    const auto& [request, until_mono] = *join;
    if (!matches_.knows(request.match) && now_mono < until_mono) {
      ++join;
      continue;
    }
    seat_and_answer(request, now_mono);
    join = early_.erase(join);
  }
}

void WorldHost::seat_and_answer(const JoinRequest& request, Nanoseconds now_mono) {
  auto seat = this->seat(request, now_mono);
  if (!seat) ++stats_.refused_joins[static_cast<std::size_t>(seat.error())];
  answer(request.gateway, Joined{.client = request.client, .seat = std::move(seat)});
}

std::expected<Seat, Reason> WorldHost::seat(const JoinRequest& request, Nanoseconds now_mono) {
  if (matches_required_ && !matches_.admits(request.match, request.account)) return std::unexpected(Reason::kBadTicket);
  if (request.lockstep && !ports_.lockstep) return std::unexpected(Reason::kServerFull);
  if (!make_room(request.lockstep, now_mono)) return std::unexpected(Reason::kServerFull);
  const auto player = world_.join(request.lockstep);
  if (!player) return std::unexpected(player.error());
  if (request.lockstep && !ports_.lockstep->join(*player)) {
    world_.leave(*player);
    return std::unexpected(Reason::kServerFull);
  }
  members_.append(*player, {.request = request, .joined_mono = now_mono, .facts_mono = now_mono, .facts_tick = world_.tick()});
  presence_.append({.joined = true, .player_id = *player, .name = request.name});
  ++stats_.joins;
  stats_.players.set(world_.player_count());
  if (request.lockstep) ++stats_.lockstep_players;
  if (request.unproven) unproven_.insert(*player);
  if (request.unproven && request.lockstep) unproven_lockstep_.insert(*player);
  return Seat{.player = *player, .tick = world_.tick(), .lockstep = request.lockstep};
}

bool WorldHost::make_room(bool lockstep, Nanoseconds now_mono) {
  const bool room_is_full = lockstep && ports_.lockstep->is_full();
  if (!room_is_full && world_.player_count() < world_.max_players()) return true;
  const auto& candidates = room_is_full ? unproven_lockstep_ : unproven_;
  if (candidates.empty()) return false;
  remove(*candidates.begin(), Reason::kServerFull, true, now_mono);
  return true;
}

void WorldHost::take(const AddressProven& proven, Nanoseconds) {
  unproven_.erase(proven.player);
  unproven_lockstep_.erase(proven.player);
}

void WorldHost::take(const LeaveRequest& request, Nanoseconds now_mono) {
  remove(request.player, request.reason, false, now_mono);
}

void WorldHost::take(const EvictRequest& request, Nanoseconds now_mono) { remove(request.player, Reason::kRule, true, now_mono); }

void WorldHost::take(const HashReport& report, Nanoseconds now_mono) {
  const auto* member = members_.find(report.player);
  if (member == nullptr || !member->request.lockstep) return;
  ++stats_.hashes;
  const auto verdict = ports_.lockstep->check(report.player, report.hash);
  if (verdict.diverged) {
    ++stats_.diverged;
    answer(member->request.gateway, DivergedNotice{.client = member->request.client, .diverged = *verdict.diverged});
  }
  if (verdict.evict) remove(report.player, Reason::kRule, true, now_mono);
}

void WorldHost::remove(PlayerId player, Reason reason, bool tell, Nanoseconds now_mono) {
  const auto* member = members_.find(player);
  // Who was put out may have asked to leave before he was told.
  if (member == nullptr) return;
  if (member->request.lockstep) {
    ports_.lockstep->leave(player);
    --stats_.lockstep_players;
  }
  presence_.append({.joined = false, .reason = reason, .player_id = player, .name = member->request.name});
  announce_left(player, *member, reason, now_mono);
  if (tell) answer(member->request.gateway, Evicted{.client = member->request.client, .reason = reason});
  unproven_.erase(player);
  unproven_lockstep_.erase(player);
  members_.erase(player);
  world_.leave(player);
  ++stats_.leaves[static_cast<std::size_t>(reason)];
  stats_.players.set(world_.player_count());
}

void WorldHost::announce_left(PlayerId player, const Member& member, Reason reason, Nanoseconds now_mono) {
  // A guest who never moved, perhaps of a forged address, has no result: hellos by themselves must not fill the database.
  if (!ports_.publish || (member.request.account == 0 && !member.client_tick)) return;
  // What the game is about: metres walked.
  const auto score = std::min<std::uint64_t>(world_.walked_mm(player) / 1000, std::numeric_limits<std::int32_t>::max());
  auto event = Event::make(PlayerLeft{.account = member.request.account,
                                      .player = player,
                                      .reason = reason,
                                      .match = member.request.match,
                                      .played = std::max(now_mono - member.joined_mono, Nanoseconds::zero()),
                                      .score = static_cast<std::int32_t>(score),
                                      .at_unix = unix_now()});
  if (!event) {
    ++stats_.lost_events;
    return;
  }
  events_.push_back(std::move(*event));
  if (events_.size() == 1) flush();
  stats_.events_waiting.set(events_.size());
}

void WorldHost::answer(GatewayId gateway, FromWorld message) {
  assert(gateway < ports_.borrowed_gateways.size());
  // Behind those that wait already: a client's notices keep their order.
  answers_.emplace_back(gateway, std::move(message));
  if (answers_.size() == 1) flush();
}

void WorldHost::flush() {
  while (!answers_.empty()) {
    auto& [gateway, message] = answers_.front();
    if (!ports_.borrowed_gateways[gateway]->control.push(std::move(message))) break;
    answers_.pop_front();
  }
  while (!events_.empty()) {
    if (!ports_.publish(events_.front())) {
      ++stats_.refused_events;
      break;
    }
    events_.pop_front();
    ++stats_.events;
  }
  stats_.events_waiting.set(events_.size());
}

void WorldHost::take_matches() {
  if (!ports_.events) return;
  ports_.events->drain(announced_);
  for (const auto& event : announced_) {
    if (const auto* match = std::get_if<MatchStarted>(&event.body())) matches_.announce(*match);
  }
}

void WorldHost::step(Nanoseconds now_mono) {
  take_inputs();
  take_chat(now_mono);
  world_.step();
  if (ports_.lockstep) lockstep_window_ = ports_.lockstep->advance(lockstep_inputs_);
  if (ports_.take_facts) report_facts(now_mono);
}

void WorldHost::take_inputs() {
  lockstep_inputs_.clear();
  ports_.borrowed_inbox->inputs.drain(inputs_);
  for (const auto& entry : inputs_) {
    stats_.inputs += entry.inputs;
    auto* member = members_.find(entry.player);
    if (member == nullptr) {
      stats_.orphans += entry.inputs;
      continue;
    }
    stats_.inputs_per_tick.observe(entry.inputs);
    auto stale = entry.stale;
    if (world_.press(entry.player, entry.newest) == World::Press::kTaken) {
      if (!member->client_tick) member->facts_client_tick = entry.newest.client_tick;
      member->client_tick = entry.newest.client_tick;
      if (member->request.lockstep) lockstep_inputs_.push_back(entry);
    } else {
      // What is newest here is older than what a tick before has taken, and so is all that it stands for.
      stale = entry.inputs;
    }
    member->inputs += entry.inputs;
    member->stale_inputs += stale;
    stats_.stale_inputs += stale;
  }
}

void WorldHost::take_chat(Nanoseconds now_mono) {
  std::size_t taken = 0;
  ports_.borrowed_inbox->chat.drain(chat_);
  for (auto& line : chat_) {
    if (auto* counter = refusal_of(line, taken, now_mono)) {
      ++*counter;
      continue;
    }
    ++taken;
    ++stats_.chats;
    for (auto* gateway : ports_.borrowed_gateways) gateway->chat.push(line);
  }
}

Counter* WorldHost::refusal_of(const ChatLine& line, std::size_t taken, Nanoseconds now_mono) {
  const auto& limits = world_.config().chat;
  auto* member = members_.find(line.player);
  if (member == nullptr) return &stats_.orphans;
  ++member->chats;
  if (line.text.size() > limits.max_bytes) return &stats_.dropped_chats_length;
  // Lines are seen at ticks, up to a period after they came: this much earlier is no fault of the player.
  const auto period = Nanoseconds(std::chrono::seconds(1)) / world_.tick_rate_hz();
  const auto interval = Nanoseconds(std::chrono::seconds(1)) / limits.lines_per_player_per_s;
  if (now_mono + period < member->next_chat_mono) return &stats_.dropped_chats_player;
  if (taken >= limits.lines_per_tick) return &stats_.dropped_chats_tick;
  member->next_chat_mono = std::max(now_mono, member->next_chat_mono) + interval;
  return nullptr;
}

void WorldHost::report_facts(Nanoseconds now_mono) {
  const auto rate = world_.tick_rate_hz();
  // Ids come in a row, so each tick has its share of players.
  members_.each([&](PlayerId player, Member& member) {
    if (player % rate != world_.tick() % rate) return;
    if (ports_.take_facts(facts_of(player, member, now_mono))) {
      ++stats_.facts;
    } else {
      ++stats_.refused_facts;
    }
  });
}

PlayerFacts WorldHost::facts_of(PlayerId player, Member& member, Nanoseconds now_mono) const {
  constexpr double kDiagonal = 1.414214;
  const auto walked_mm = world_.walked_mm(player);
  // Modulo 2^32; more than half of that is a client whose ticks went back.
  const auto client_ticks = member.client_tick.value_or(0) - member.facts_client_tick.value_or(0);
  const PlayerFacts facts{
      .player = player,
      .name = member.request.name,
      .lasted = now_mono - member.facts_mono,
      .inputs = member.inputs,
      .stale_inputs = member.stale_inputs,
      .client_ticks = client_ticks < 0x8000'0000U ? client_ticks : 0,
      .server_ticks = world_.tick() - member.facts_tick,
      .tick_rate_hz = world_.tick_rate_hz(),
      .moved_mm = static_cast<std::uint32_t>(walked_mm - member.facts_walked_mm),
      .speed_limit_mm_s = static_cast<std::uint32_t>(std::ceil(world_.config().walking_speed_mm_s * kDiagonal)),
      .chats = member.chats};
  member.facts_mono = now_mono;
  member.facts_tick = world_.tick();
  member.facts_walked_mm = walked_mm;
  member.facts_client_tick = member.client_tick;
  member.inputs = member.stale_inputs = member.chats = 0;
  return facts;
}

void WorldHost::publish_frame() {
  const auto frame = std::make_shared<const WorldFrame>(world_.tick(), world_.players(), world_.config().area_of_interest_mm,
                                                        presence_.window(), lockstep_window_);
  for (auto* gateway : ports_.borrowed_gateways) gateway->frame.publish(frame);
}

void WorldHost::close(Nanoseconds now_mono) {
  serve(now_mono);
  std::vector<PlayerId> staying;
  members_.each([&staying](PlayerId player, const Member&) { staying.push_back(player); });
  for (const auto player : staying) remove(player, Reason::kShutdown, false, now_mono);
  flush();
  stats_.lost_events += events_.size();
  events_.clear();
  stats_.events_waiting.set(0);
}

}  // namespace tickwire::game
