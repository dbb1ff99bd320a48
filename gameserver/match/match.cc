// SPDX-License-Identifier: Apache-2.0
#include "gameserver/match/match.h"

#include <cstdlib>

#include "gameserver/token/random.h"

namespace tickwire::game {
namespace {

constexpr std::array<GameMode, 2> kModes = {GameMode::kState, GameMode::kLockstep};

constexpr std::size_t index_of(auto value) { return static_cast<std::size_t>(value); }

Histogram wait_histogram() { return Histogram({0.1, 0.5, 1, 2.5, 5, 10, 15, 20, 25, 30}); }

}  // namespace

std::string_view match_refusal_name(MatchRefusal refusal) {
  constexpr std::array<std::string_view, kMatchRefusalCount> kNames = {"already_waiting", "nobody", "busy", "cancelled", "gone"};
  return kNames.at(index_of(refusal));
}

Result<std::unique_ptr<Match>> Match::make(MatchOptions options, MatchLinks links) {
  if (const auto checked = check_match_rules(options.rules); !checked) return std::unexpected(checked.error());
  return std::unique_ptr<Match>(new Match(options, std::move(links)));
}

// Numbers of matches begin anywhere, so that those of two runs of the server are hardly ever the same.
Match::Match(MatchOptions options, MatchLinks links)
    : options_(options),
      links_(std::move(links)),
      matchmaker_(options_.rules),
      next_match_(static_cast<std::uint32_t>(random_u64())),
      waited_s_{wait_histogram(), wait_histogram()} {}

Match::~Match() {
  for (auto& [account, seeker] : seekers_) seeker.done(std::unexpected(MatchRefusal::kBusy));
}

std::expected<Token, TokenFault> Match::authenticate(std::string_view authorization) {
  const auto session = verify_bearer(*links_.key, authorization, Audience::kMatch, links_.now_unix());
  if (!session) {
    const std::lock_guard hold(lock_);
    ++counts_.bad_tokens[index_of(session.error())];
  }
  return session;
}

std::optional<Match::Search> Match::find(const Token& session, GameMode mode, MatchDone done) {
  const auto search = enter(session, mode, done);
  if (search) return *search;
  done(std::unexpected(search.error()));
  return std::nullopt;
}

std::expected<Match::Search, MatchRefusal> Match::enter(const Token& session, GameMode mode, MatchDone& done) {
  const std::lock_guard hold(lock_);
  const auto refused = [&](MatchRefusal refusal) {
    ++counts_.refused[index_of(refusal)];
    return std::unexpected(refusal);
  };
  if (seekers_.contains(session.account)) return refused(MatchRefusal::kAlreadyWaiting);
  if (!unpublished_.empty()) return refused(MatchRefusal::kBusy);
  const auto joined = matchmaker_.join(session.account, mode, session.rating, links_.now_mono());
  if (joined != JoinOutcome::kWaits) return refused(MatchRefusal::kBusy);
  const Search search{.account = session.account, .number = next_search_++};
  seekers_.emplace(session.account, Seeker{session, search.number, std::move(done)});
  return search;
}

bool Match::cancel(std::uint64_t account) {
  Answers answers;
  {
    const std::lock_guard hold(lock_);
    if (!matchmaker_.cancel(account)) return false;
    refuse(account, MatchRefusal::kCancelled, answers);
  }
  give(std::move(answers));
  return true;
}

void Match::leave(Search search) {
  Answers answers;
  {
    const std::lock_guard hold(lock_);
    const auto seeker = seekers_.find(search.account);
    if (seeker == seekers_.end() || seeker->second.search != search.number) return;
    if (!matchmaker_.cancel(search.account)) return;
    refuse(search.account, MatchRefusal::kGone, answers);
  }
  give(std::move(answers));
}

void Match::run_due() {
  Answers answers;
  {
    const std::lock_guard hold(lock_);
    MatchRound round = matchmaker_.run(links_.now_mono());
    for (FormedMatch& formed : round.matches) start(std::move(formed));
    for (const std::uint64_t account : round.nobody) refuse(account, MatchRefusal::kNobody, answers);
    publish_started(answers);
  }
  give(std::move(answers));
}

void Match::start(FormedMatch formed) {
  if (next_match_ == 0) ++next_match_;
  MatchStarted body{.match = next_match_++, .mode = formed.mode, .at_unix = links_.now_unix()};
  for (const WaitingPlayer& player : formed.players) body.accounts.push_back(player.account);
  const std::uint32_t match = body.match;
  auto event = Event::make(std::move(body));
  if (!event) std::abort();  // check_match_rules() keeps matches within the bounds of events
  unpublished_.push_back({std::move(*event), formed.mode, match, std::move(formed.players), links_.now_mono()});
}

void Match::publish_started(Answers& answers) {
  while (!unpublished_.empty()) {
    const Started& started = unpublished_.front();
    if (links_.publish(started.event)) {
      grant(started, answers);
    } else if (links_.now_mono() - started.formed_mono >= options_.publish_within) {
      for (const WaitingPlayer& player : started.players) refuse(player.account, MatchRefusal::kBusy, answers);
    } else {
      return;
    }
    unpublished_.pop_front();
  }
}

void Match::grant(const Started& started, Answers& answers) {
  const auto expires = std::chrono::floor<std::chrono::seconds>(links_.now_unix()) + options_.ticket_life;
  const std::size_t mode = index_of(started.mode);
  ++counts_.matches[mode];
  for (const WaitingPlayer& player : started.players) {
    auto seeker = seekers_.extract(player.account);
    Token ticket = seeker.mapped().session;
    ticket.audience = Audience::kWorld;
    ticket.expires_unix_s = static_cast<std::uint32_t>(expires.count());
    ticket.match = started.match;
    ticket.mode = started.mode;
    ticket.id = random_u64();
    ++counts_.matched_players[mode];
    waited_s_[mode].observe(in_seconds(started.formed_mono - player.since_mono));
    answers.emplace_back(std::move(seeker.mapped().done),
                         MatchGrant{sign(*links_.key, ticket), started.match, started.mode, started.players.size()});
  }
}

void Match::refuse(std::uint64_t account, MatchRefusal refusal, Answers& answers) {
  ++counts_.refused[index_of(refusal)];
  auto seeker = seekers_.extract(account);
  answers.emplace_back(std::move(seeker.mapped().done), std::unexpected(refusal));
}

void Match::give(Answers answers) {
  for (auto& [done, answer] : answers) done(answer);
}

MatchCounts Match::counts() const {
  const std::lock_guard hold(lock_);
  MatchCounts counts = counts_;
  for (const GameMode mode : kModes) {
    counts.waiting[index_of(mode)] = matchmaker_.waiting(mode);
    counts.waited_s[index_of(mode)] = waited_s_[index_of(mode)].counts();
  }
  counts.unpublished = unpublished_.size();
  return counts;
}

MetricFamilies match_families(const MatchCounts& counts) {
  const auto by_mode = [](const auto& numbers) {
    std::vector<MetricSample> samples;
    for (const GameMode mode : kModes) {
      samples.push_back({{{"mode", std::string(game_mode_name(mode))}}, static_cast<double>(numbers[index_of(mode)])});
    }
    return samples;
  };
  const auto by_reason = [](const auto& numbers, auto name_of) {
    std::vector<MetricSample> samples;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      samples.push_back({{{"reason", std::string(name_of(i))}}, static_cast<double>(numbers[i])});
    }
    return samples;
  };
  std::vector<std::pair<MetricLabels, HistogramCounts>> waited;
  for (const GameMode mode : kModes) {
    waited.emplace_back(MetricLabels{{"mode", std::string(game_mode_name(mode))}}, counts.waited_s[index_of(mode)]);
  }
  MetricFamilies families;
  families.push_back(gauge_family("game_match_waiting_players", "Players that wait for a match.", by_mode(counts.waiting)));
  families.push_back(counter_family("game_match_started_total", "Matches that were formed.", by_mode(counts.matches)));
  families.push_back(counter_family("game_match_players_total", "Players that got a ticket.", by_mode(counts.matched_players)));
  families.push_back(histogram_family("game_match_wait_seconds", "From asking for a match to its forming.", waited));
  families.push_back(
      counter_family("game_match_refused_total", "Requests that got no ticket, by reason.",
                     by_reason(counts.refused, [](std::size_t i) { return match_refusal_name(static_cast<MatchRefusal>(i)); })));
  families.push_back(
      counter_family("game_match_bad_tokens_total", "Session tokens that were refused, by fault.",
                     by_reason(counts.bad_tokens, [](std::size_t i) { return token_fault_name(static_cast<TokenFault>(i)); })));
  families.push_back(gauge_family("game_match_unpublished_matches", "Matches that wait for room on the bus.",
                                  static_cast<double>(counts.unpublished)));
  return families;
}

}  // namespace tickwire::game
