// SPDX-License-Identifier: Apache-2.0
#include "gameserver/match/matchmaker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr GameMode kState = GameMode::kState;

std::vector<std::uint64_t> accounts_of(const FormedMatch& match) {
  std::vector<std::uint64_t> accounts;
  for (const WaitingPlayer& player : match.players) accounts.push_back(player.account);
  return accounts;
}

// The only match of the round, or no accounts.
std::vector<std::uint64_t> only_match(const MatchRound& round) {
  EXPECT_LE(round.matches.size(), 1U);
  return round.matches.size() == 1 ? accounts_of(round.matches[0]) : std::vector<std::uint64_t>{};
}

TEST(Matchmaker, MatchesAsManyAsItsSize) {
  Matchmaker maker({.size = 3});
  EXPECT_EQ(maker.join(1, kState, 1500, seconds(0)), JoinOutcome::kWaits);
  EXPECT_EQ(maker.join(2, kState, 1500, seconds(0)), JoinOutcome::kWaits);
  EXPECT_THAT(only_match(maker.run(seconds(0))), IsEmpty());
  EXPECT_EQ(maker.waiting(kState), 2U);
  EXPECT_EQ(maker.join(3, kState, 1500, seconds(0)), JoinOutcome::kWaits);
  EXPECT_THAT(only_match(maker.run(seconds(0))), ElementsAre(1, 2, 3));
  EXPECT_EQ(maker.waiting(kState), 0U);
  EXPECT_THAT(only_match(maker.run(seconds(0))), IsEmpty());
}

TEST(Matchmaker, TakesTheEdgeOfTheWindow) {
  for (const auto& [rating, is_matched] :
       std::map<std::int32_t, bool>{{1399, false}, {1400, true}, {1600, true}, {1601, false}}) {
    Matchmaker maker({.size = 2});
    std::ignore = maker.join(1, kState, 1500, seconds(0));
    std::ignore = maker.join(2, kState, rating, seconds(0));
    EXPECT_EQ(maker.run(seconds(0)).matches.size(), is_matched ? 1U : 0U) << rating;
  }
}

TEST(Matchmaker, WidensTheWindowWithWaiting) {
  Matchmaker maker({.size = 2});
  std::ignore = maker.join(1, kState, 1500, seconds(100));
  std::ignore = maker.join(2, kState, 1800, seconds(103));
  EXPECT_THAT(only_match(maker.run(seconds(104) - milliseconds(1))), IsEmpty());
  EXPECT_THAT(only_match(maker.run(seconds(104))), ElementsAre(1, 2));
}

TEST(Matchmaker, KnowsItsWindows) {
  EXPECT_EQ(window_after({}, seconds(-1)), 100);
  EXPECT_EQ(window_after({}, seconds(0)), 100);
  EXPECT_EQ(window_after({}, milliseconds(1500)), 175);
  EXPECT_EQ(window_after({}, seconds(18)), 1000);
  EXPECT_EQ(window_after({}, seconds(19)), 1000);
  EXPECT_EQ(window_after({.window_per_s = 1'000'000}, Nanoseconds::max()), 1000);
}

TEST(Matchmaker, TakesThoseWhoHaveWaitedLongest) {
  Matchmaker maker({.size = 3});
  const std::vector<std::int32_t> ratings = {1500, 1590, 1600, 1500, 1501};
  for (std::size_t i = 0; i < ratings.size(); ++i) std::ignore = maker.join(i + 1, kState, ratings[i], seconds(i));
  EXPECT_THAT(only_match(maker.run(seconds(4))), ElementsAre(1, 2, 3));
  EXPECT_EQ(maker.waiting(kState), 2U);
}

TEST(Matchmaker, FormsEveryMatchThatIsThere) {
  Matchmaker maker({.size = 2});
  for (std::uint64_t account = 1; account <= 5; ++account) std::ignore = maker.join(account, kState, 1500, seconds(0));
  const auto round = maker.run(seconds(0));
  ASSERT_EQ(round.matches.size(), 2U);
  EXPECT_THAT(accounts_of(round.matches[0]), ElementsAre(1, 2));
  EXPECT_THAT(accounts_of(round.matches[1]), ElementsAre(3, 4));
  EXPECT_EQ(maker.waiting(kState), 1U);
}

TEST(Matchmaker, PassesByWhoHasNobodyNear) {
  Matchmaker maker({.size = 2});
  std::ignore = maker.join(1, kState, 5000, seconds(0));
  std::ignore = maker.join(2, kState, 1500, seconds(1));
  std::ignore = maker.join(3, kState, 1500, seconds(2));
  EXPECT_THAT(only_match(maker.run(seconds(2))), ElementsAre(2, 3));
  EXPECT_EQ(maker.waiting(kState), 1U);
}

TEST(Matchmaker, TakesTheNearestWhenPatienceEnds) {
  Matchmaker maker({.size = 3});
  std::ignore = maker.join(1, kState, 1500, seconds(0));
  std::ignore = maker.join(2, kState, 9000, seconds(20));
  std::ignore = maker.join(3, kState, 4000, seconds(21));
  std::ignore = maker.join(4, kState, -6000, seconds(22));
  EXPECT_THAT(only_match(maker.run(seconds(30) - milliseconds(1))), IsEmpty());
  EXPECT_THAT(only_match(maker.run(seconds(30))), ElementsAre(1, 2, 3));
}

TEST(Matchmaker, StartsWithTwoWhenPatienceEnds) {
  Matchmaker maker({.size = 4});
  std::ignore = maker.join(1, kState, 1500, seconds(0));
  std::ignore = maker.join(2, kState, 9000, seconds(29));
  EXPECT_THAT(only_match(maker.run(seconds(30))), ElementsAre(1, 2));
}

TEST(Matchmaker, SaysThatNobodyCame) {
  Matchmaker maker({.size = 2});
  std::ignore = maker.join(1, kState, 1500, seconds(0));
  EXPECT_THAT(maker.run(seconds(30) - milliseconds(1)).nobody, IsEmpty());
  const auto round = maker.run(seconds(30));
  EXPECT_THAT(round.nobody, ElementsAre(1));
  EXPECT_THAT(round.matches, IsEmpty());
  EXPECT_EQ(maker.waiting(kState), 0U);
  EXPECT_EQ(maker.join(1, kState, 1500, seconds(31)), JoinOutcome::kWaits);
}

TEST(Matchmaker, KeepsTheModesApart) {
  Matchmaker maker({.size = 2});
  std::ignore = maker.join(1, kState, 1500, seconds(0));
  std::ignore = maker.join(2, GameMode::kLockstep, 1500, seconds(0));
  EXPECT_THAT(only_match(maker.run(seconds(0))), IsEmpty());
  std::ignore = maker.join(3, GameMode::kLockstep, 1500, seconds(0));
  const auto round = maker.run(seconds(0));
  ASSERT_EQ(round.matches.size(), 1U);
  EXPECT_EQ(round.matches[0].mode, GameMode::kLockstep);
  EXPECT_THAT(accounts_of(round.matches[0]), ElementsAre(2, 3));
}

TEST(Matchmaker, GivesAPlayerOnePlace) {
  Matchmaker maker({.size = 2});
  EXPECT_EQ(maker.join(1, kState, 1500, seconds(0)), JoinOutcome::kWaits);
  EXPECT_EQ(maker.join(1, kState, 1500, seconds(0)), JoinOutcome::kAlreadyWaiting);
  EXPECT_EQ(maker.join(1, GameMode::kLockstep, 1500, seconds(0)), JoinOutcome::kAlreadyWaiting);
  EXPECT_THAT(only_match(maker.run(seconds(0))), IsEmpty());
}

TEST(Matchmaker, LetsAPlayerGo) {
  Matchmaker maker({.size = 2});
  std::ignore = maker.join(1, kState, 1500, seconds(0));
  EXPECT_TRUE(maker.cancel(1));
  EXPECT_FALSE(maker.cancel(1));
  std::ignore = maker.join(2, kState, 1500, seconds(0));
  EXPECT_THAT(only_match(maker.run(seconds(0))), IsEmpty());
  EXPECT_EQ(maker.waiting(kState), 1U);
}

TEST(Matchmaker, HasRoomForSoMany) {
  Matchmaker maker({.size = 3, .most_waiting = 2});
  EXPECT_EQ(maker.join(1, kState, 1500, seconds(0)), JoinOutcome::kWaits);
  EXPECT_EQ(maker.join(2, GameMode::kLockstep, 1500, seconds(0)), JoinOutcome::kWaits);
  EXPECT_EQ(maker.join(3, kState, 1500, seconds(0)), JoinOutcome::kFull);
  EXPECT_TRUE(maker.cancel(1));
  EXPECT_EQ(maker.join(3, kState, 1500, seconds(0)), JoinOutcome::kWaits);
}

TEST(Matchmaker, TakesTheUttermostRatings) {
  using Limits = std::numeric_limits<std::int32_t>;
  Matchmaker maker({.size = 2});
  std::ignore = maker.join(1, kState, Limits::min(), seconds(0));
  std::ignore = maker.join(2, kState, Limits::max(), seconds(0));
  EXPECT_THAT(only_match(maker.run(seconds(29))), IsEmpty());
  EXPECT_THAT(only_match(maker.run(seconds(30))), ElementsAre(1, 2));
  std::ignore = maker.join(3, kState, Limits::max(), seconds(40));
  std::ignore = maker.join(4, kState, Limits::max() - 100, seconds(40));
  EXPECT_THAT(only_match(maker.run(seconds(40))), ElementsAre(3, 4));
}

TEST(MatchRules, HaveBounds) {
  EXPECT_TRUE(check_match_rules({}));
  EXPECT_TRUE(check_match_rules({.size = 64}));
  EXPECT_EQ(check_match_rules({.size = 1}), std::unexpected("match size 1: 2 .. 64 players"));
  EXPECT_EQ(check_match_rules({.size = 65}), std::unexpected("match size 65: 2 .. 64 players"));
  EXPECT_EQ(check_match_rules({.window_start = -1}),
            std::unexpected("match window -1, 50 a second, at most 1000: each 0 .. 1000000"));
  EXPECT_EQ(check_match_rules({.patience = seconds(301)}), std::unexpected("match patience: 0 .. 5 minutes"));
}

// 1,000 players, one each 50 ms on average, with ratings as they are found: most near the middle, a few far away.
class Arrivals {
 public:
  static constexpr std::size_t kCount = 1000;
  static constexpr Nanoseconds kStep = milliseconds(100);

  explicit Arrivals(const MatchRules& rules) : rules_(rules) {
    std::mt19937_64 random(7);
    std::normal_distribution<double> rating(1500, 400);
    std::exponential_distribution<double> gap_s(20);
    double at_s = 0;
    for (std::uint64_t account = 1; account <= kCount; ++account) {
      at_s += gap_s(random);
      players_.push_back({.account = account,
                          .rating = static_cast<std::int32_t>(rating(random)),
                          .since_mono = milliseconds(static_cast<std::int64_t>(at_s * 1000))});
    }
  }

  void play() {
    Matchmaker maker(rules_);
    auto next = players_.begin();
    for (Nanoseconds now{}; seen.size() < kCount && now < std::chrono::hours(1); now += kStep) {
      for (; next != players_.end() && next->since_mono <= now; ++next) {
        EXPECT_EQ(maker.join(next->account, kState, next->rating, next->since_mono), JoinOutcome::kWaits);
      }
      const auto round = maker.run(now);
      for (const auto& match : round.matches) check(match, now);
      for (const std::uint64_t account : round.nobody) {
        ++seen[account];
        EXPECT_EQ(now_waited(account, now) / kStep, rules_.patience / kStep) << account;
      }
    }
  }

  std::map<std::uint64_t, int> seen;  // how often each account came out of it
  std::size_t full = 0;
  std::size_t by_patience = 0;

 private:
  [[nodiscard]] Nanoseconds now_waited(std::uint64_t account, Nanoseconds now) const {
    return now - players_[account - 1].since_mono;
  }

  void check(const FormedMatch& match, Nanoseconds now) {
    const WaitingPlayer& oldest = match.players.front();
    const Nanoseconds waited = now - oldest.since_mono;
    EXPECT_LT(waited, rules_.patience + kStep);
    const bool is_by_patience = waited >= rules_.patience;
    ++(is_by_patience ? by_patience : full);
    EXPECT_GE(match.players.size(), is_by_patience ? 2U : rules_.size);
    EXPECT_LE(match.players.size(), rules_.size);
    const std::int32_t window = is_by_patience ? std::numeric_limits<std::int32_t>::max() : window_after(rules_, waited);
    for (const WaitingPlayer& player : match.players) {
      ++seen[player.account];
      EXPECT_EQ(player, players_[player.account - 1]);
      EXPECT_GE(player.since_mono, oldest.since_mono);
      EXPECT_LE(std::abs(player.rating - oldest.rating), window) << player.account;
    }
  }

  MatchRules rules_;
  std::vector<WaitingPlayer> players_;
};

TEST(Matchmaker, HoldsItsPromisesToAThousandPlayers) {
  for (const std::size_t size : {2U, 4U, 10U, 64U}) {
    Arrivals arrivals({.size = size});
    arrivals.play();
    EXPECT_EQ(arrivals.seen.size(), Arrivals::kCount);
    EXPECT_TRUE(std::ranges::all_of(arrivals.seen, [](const auto& seen) { return seen.second == 1; }));
    EXPECT_GT(arrivals.full, 0U) << size;
  }
}

// The promise above is not an empty one: with a window that does not widen, many wait until the end.
TEST(Matchmaker, LeavesMoreToPatienceWhenTheWindowIsNarrow) {
  Arrivals wide({.size = 10});
  wide.play();
  Arrivals narrow({.size = 10, .window_start = 10, .window_per_s = 0});
  narrow.play();
  EXPECT_EQ(narrow.seen.size(), Arrivals::kCount);
  EXPECT_GT(narrow.by_patience, wide.by_patience);
}

}  // namespace
}  // namespace tickwire::game
