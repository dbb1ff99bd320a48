// SPDX-License-Identifier: Apache-2.0
#include "gameserver/match/matchmaker.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "gameserver/bus/events.h"

namespace tickwire::game {
namespace {

constexpr Nanoseconds kMostPatience = std::chrono::minutes(5);
constexpr std::int32_t kMostWindow = 1'000'000;

std::int32_t clamped(std::int64_t rating) {
  using Limits = std::numeric_limits<std::int32_t>;
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(rating, Limits::min(), Limits::max()));
}

}  // namespace

Result<void> check_match_rules(const MatchRules& rules) {
  const auto is_window = [](std::int32_t points) { return points >= 0 && points <= kMostWindow; };
  if (rules.size < 2 || rules.size > kMaxMatchAccounts) {
    return std::unexpected(fmt::format("match size {}: 2 .. {} players", rules.size, kMaxMatchAccounts));
  }
  if (!is_window(rules.window_start) || !is_window(rules.window_per_s) || !is_window(rules.window_most)) {
    return std::unexpected(fmt::format("match window {}, {} a second, at most {}: each 0 .. {}", rules.window_start,
                                       rules.window_per_s, rules.window_most, kMostWindow));
  }
  if (rules.patience < Nanoseconds::zero() || rules.patience > kMostPatience) {
    return std::unexpected(std::string("match patience: 0 .. 5 minutes"));
  }
  return {};
}

std::int32_t window_after(const MatchRules& rules, Nanoseconds waited) {
  const auto waited_ms = std::clamp<std::int64_t>(std::chrono::floor<std::chrono::milliseconds>(waited).count(), 0,
                                                  std::chrono::milliseconds(std::chrono::hours(24)).count());
  const std::int64_t window = rules.window_start + rules.window_per_s * waited_ms / 1000;
  return static_cast<std::int32_t>(std::min<std::int64_t>(window, rules.window_most));
}

JoinOutcome Matchmaker::join(std::uint64_t account, GameMode mode, std::int32_t rating, Nanoseconds now_mono) {
  if (places_.contains(account)) return JoinOutcome::kAlreadyWaiting;
  if (places_.size() >= rules_.most_waiting) return JoinOutcome::kFull;
  const Place place = next_place_++;
  places_[account] = {mode, place};
  line(mode).by_age[place] = {.account = account, .rating = rating, .since_mono = now_mono};
  line(mode).by_rating.emplace(rating, place);
  return JoinOutcome::kWaits;
}

bool Matchmaker::cancel(std::uint64_t account) {
  const auto found = places_.find(account);
  if (found == places_.end()) return false;
  const auto [mode, place] = found->second;
  take(line(mode), place);
  return true;
}

MatchRound Matchmaker::run(Nanoseconds now_mono) {
  MatchRound round;
  for (const GameMode mode : {GameMode::kState, GameMode::kLockstep}) run_line(mode, now_mono, round);
  return round;
}

void Matchmaker::run_line(GameMode mode, Nanoseconds now_mono, MatchRound& round) {
  Line& players = line(mode);
  auto next = players.by_age.begin();
  while (next != players.by_age.end()) {
    const Place place = next->first;
    const Nanoseconds waited = now_mono - next->second.since_mono;
    const bool has_patience = waited < rules_.patience;
    auto others = has_patience ? others_within(players, place, window_after(rules_, waited)) : nearest_others(players, place);
    if (!others.empty()) {
      std::ranges::sort(others);
      FormedMatch& match = round.matches.emplace_back(FormedMatch{.mode = mode});
      match.players.push_back(take(players, place));
      for (const Place other : others) match.players.push_back(take(players, other));
    } else if (!has_patience) {
      round.nobody.push_back(take(players, place).account);
    }
    next = players.by_age.upper_bound(place);
  }
}

std::vector<Matchmaker::Place> Matchmaker::others_within(const Line& line, Place place, std::int32_t window) const {
  const std::int64_t rating = line.by_age.at(place).rating;
  const auto first = line.by_rating.lower_bound({clamped(rating - window), 0});
  const auto last = line.by_rating.upper_bound({clamped(rating + window), std::numeric_limits<Place>::max()});
  std::vector<Place> others;
  for (auto player = first; player != last; ++player) {
    if (player->second > place) others.push_back(player->second);
  }
  const std::size_t wanted = rules_.size - 1;
  if (others.size() < wanted) return {};
  std::ranges::nth_element(others, others.begin() + static_cast<std::ptrdiff_t>(wanted - 1));
  others.resize(wanted);
  return others;
}

std::vector<Matchmaker::Place> Matchmaker::nearest_others(const Line& line, Place place) const {
  const std::int64_t rating = line.by_age.at(place).rating;
  const auto self = line.by_rating.find({static_cast<std::int32_t>(rating), place});
  auto above = std::next(self);
  auto below = std::make_reverse_iterator(self);
  std::vector<Place> others;
  while (others.size() < rules_.size - 1) {
    const bool has_above = above != line.by_rating.end();
    const bool has_below = below != line.by_rating.rend();
    if (!has_above && !has_below) break;
    const bool take_above = has_above && (!has_below || above->first - rating <= rating - below->first);
    others.push_back(take_above ? (above++)->second : (below++)->second);
  }
  return others;
}

WaitingPlayer Matchmaker::take(Line& line, Place place) {
  const auto found = line.by_age.find(place);
  const WaitingPlayer player = found->second;
  line.by_age.erase(found);
  line.by_rating.erase({player.rating, place});
  places_.erase(player.account);
  return player;
}

}  // namespace tickwire::game
