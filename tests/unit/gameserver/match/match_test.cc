// SPDX-License-Identifier: Apache-2.0
#include "gameserver/match/match.h"

#include <gtest/gtest.h>

#include "gameserver/metrics/registry.h"
#include "match_harness.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::optional<MatchRefusal> refusal_of(const MatchHarness::Answer& answer) {
  return answer && !*answer ? std::optional(answer->error()) : std::nullopt;
}

TEST(Match, GivesEachPlayerATicketForTheWorld) {
  MatchHarness harness;
  auto& first = harness.find(7, GameMode::kLockstep, 1510);
  EXPECT_FALSE(first);
  auto& second = harness.find(8, GameMode::kLockstep, 1490);
  ASSERT_TRUE(first && *first && second && *second);
  EXPECT_EQ((*first)->match, (*second)->match);
  EXPECT_NE((*first)->match, 0U);
  EXPECT_EQ((*first)->players, 2U);
  EXPECT_EQ((*first)->mode, GameMode::kLockstep);
  const auto ticket = verify(*harness.key, (*first)->ticket, Audience::kWorld, harness.now_unix);
  ASSERT_TRUE(ticket);
  EXPECT_NE(ticket->id, harness.session(7).id);
  EXPECT_EQ(*ticket, (Token{.audience = Audience::kWorld,
                            .expires_unix_s = 1'000'060,
                            .account = 7,
                            .match = (*first)->match,
                            .mode = GameMode::kLockstep,
                            .rating = 1510,
                            .name = player_name_of("player-7"),
                            .id = ticket->id}));
  const auto other = verify(*harness.key, (*second)->ticket, Audience::kWorld, harness.now_unix);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->account, 8U);
  EXPECT_NE(other->id, ticket->id);
}

TEST(Match, PublishesWhatHasStarted) {
  MatchHarness harness;
  harness.find(7);
  EXPECT_TRUE(harness.events.empty());
  auto& answer = harness.find(8);
  ASSERT_EQ(harness.events.size(), 1U);
  EXPECT_EQ(harness.events[0].body(),
            EventBody(MatchStarted{
                .match = (*answer)->match, .mode = GameMode::kState, .accounts = {7, 8}, .at_unix = harness.now_unix}));
}

TEST(Match, NumbersItsMatches) {
  MatchHarness harness;
  harness.find(1);
  const auto first = harness.find(2);
  harness.find(3);
  const auto second = harness.find(4);
  EXPECT_EQ((*second)->match, (*first)->match + 1);
}

TEST(Match, AnswersWhoWaitsOnce) {
  MatchHarness harness;
  auto& waits = harness.find(7);
  EXPECT_EQ(refusal_of(harness.find(7)), MatchRefusal::kAlreadyWaiting);
  EXPECT_EQ(refusal_of(harness.find(7, GameMode::kLockstep)), MatchRefusal::kAlreadyWaiting);
  EXPECT_FALSE(waits);
  harness.find(8);
  ASSERT_TRUE(waits);
  EXPECT_TRUE(*waits);
  EXPECT_FALSE(harness.find(7));
}

TEST(Match, SaysThatNobodyCame) {
  MatchHarness harness;
  auto& answer = harness.find(7);
  harness.pass(seconds(30) - milliseconds(1));
  EXPECT_FALSE(answer);
  harness.pass(milliseconds(1));
  EXPECT_EQ(refusal_of(answer), MatchRefusal::kNobody);
}

TEST(Match, WidensTheWindowAsTimePasses) {
  MatchHarness harness;
  auto& answer = harness.find(7, GameMode::kState, 1500);
  harness.find(8, GameMode::kState, 1700);
  harness.pass(milliseconds(1999));
  EXPECT_FALSE(answer);
  harness.pass(milliseconds(1));
  EXPECT_TRUE(answer);
}

TEST(Match, IsBusyWhenTooManyWait) {
  MatchHarness harness({.rules = {.size = 3, .most_waiting = 1}});
  EXPECT_FALSE(harness.find(7));
  EXPECT_EQ(refusal_of(harness.find(8)), MatchRefusal::kBusy);
}

TEST(Match, LetsAPlayerGo) {
  MatchHarness harness;
  auto& answer = harness.find(7);
  EXPECT_TRUE(harness.match->cancel(7));
  EXPECT_EQ(refusal_of(answer), MatchRefusal::kCancelled);
  EXPECT_FALSE(harness.match->cancel(7));
  EXPECT_FALSE(harness.find(8));
}

TEST(Match, MatchesNobodyWithAPlayerWhoHasGone) {
  MatchHarness harness;
  MatchHarness::Answer gone;
  const auto search = harness.match->find(harness.session(7), GameMode::kState, [&gone](auto given) { gone = std::move(given); });
  ASSERT_TRUE(search);
  harness.match->leave(*search);
  EXPECT_EQ(refusal_of(gone), MatchRefusal::kGone);
  EXPECT_EQ(harness.match->counts().waiting[0], 0U);
  auto& first = harness.find(8);
  EXPECT_FALSE(first);
  auto& second = harness.find(9);
  ASSERT_TRUE(first && *first && second && *second);
  EXPECT_EQ((*first)->players, 2U);
  EXPECT_EQ(harness.events.size(), 1U);
}

TEST(Match, LetsALateLeaveEndNoLaterSearch) {
  MatchHarness harness;
  const auto before = harness.match->find(harness.session(7), GameMode::kState, [](const auto&) {});
  ASSERT_TRUE(before);
  ASSERT_TRUE(harness.match->cancel(7));
  auto& again = harness.find(7);
  harness.match->leave(*before);
  EXPECT_FALSE(again);
  EXPECT_EQ(harness.match->counts().waiting[0], 1U);
  auto& other = harness.find(8);
  EXPECT_TRUE(again && *again && other && *other);
  harness.match->leave(*before);
}

TEST(Match, NumbersNoSearchThatIsRefused) {
  MatchHarness harness;
  harness.find(7);
  EXPECT_FALSE(harness.match->find(harness.session(7), GameMode::kState, [](const auto&) {}));
}

TEST(Match, WaitsForRoomOnTheBus) {
  MatchHarness harness;
  harness.is_bus_full = true;
  auto& first = harness.find(7);
  auto& second = harness.find(8);
  harness.pass(seconds(4));
  EXPECT_FALSE(first || second);
  EXPECT_EQ(refusal_of(harness.find(9)), MatchRefusal::kBusy);
  EXPECT_EQ(refusal_of(harness.find(7)), MatchRefusal::kAlreadyWaiting);
  EXPECT_FALSE(harness.match->cancel(7));
  EXPECT_EQ(harness.match->counts().unpublished, 1U);
  harness.is_bus_full = false;
  harness.pass(milliseconds(100));
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(*first && *second);
  ASSERT_EQ(harness.events.size(), 1U);
  EXPECT_EQ(harness.events[0], harness.tried.front());
  EXPECT_EQ(harness.match->counts().unpublished, 0U);
  EXPECT_FALSE(harness.find(9));
}

TEST(Match, SendsItsPlayersAwayWhenTheBusStaysFull) {
  MatchHarness harness;
  harness.is_bus_full = true;
  auto& first = harness.find(7);
  auto& second = harness.find(8);
  harness.pass(seconds(5) - milliseconds(1));
  EXPECT_FALSE(first || second);
  harness.pass(milliseconds(1));
  EXPECT_EQ(refusal_of(first), MatchRefusal::kBusy);
  EXPECT_EQ(refusal_of(second), MatchRefusal::kBusy);
  harness.is_bus_full = false;
  harness.pass(seconds(1));
  EXPECT_TRUE(harness.events.empty());
  EXPECT_FALSE(harness.find(7));
}

TEST(Match, DatesTicketsFromWhenTheyAreGiven) {
  MatchHarness harness;
  harness.is_bus_full = true;
  auto& answer = harness.find(7);
  harness.find(8);
  harness.is_bus_full = false;
  harness.pass(seconds(3));
  const auto ticket = verify(*harness.key, (*answer)->ticket, Audience::kWorld, harness.now_unix);
  ASSERT_TRUE(ticket);
  EXPECT_EQ(ticket->expires_unix_s, 1'000'063U);
}

TEST(Match, MayBeAskedAgainFromAnAnswer) {
  MatchHarness harness;
  std::optional<MatchRefusal> second;
  harness.match->find(harness.session(7), GameMode::kState, [&](const auto& first) {
    EXPECT_FALSE(first);
    harness.match->find(harness.session(7), GameMode::kState, [&](const auto& again) { second = again.error(); });
  });
  harness.pass(seconds(30));
  EXPECT_FALSE(second);
  harness.pass(seconds(30));
  EXPECT_EQ(second, MatchRefusal::kNobody);
}

TEST(Match, AnswersWhoWaitsWhenItEnds) {
  MatchHarness harness;
  auto& answer = harness.find(7);
  harness.match.reset();
  EXPECT_EQ(refusal_of(answer), MatchRefusal::kBusy);
}

TEST(Match, TakesSessionTokensOnly) {
  MatchHarness harness;
  const auto bearer = [&](Token token) { return "Bearer " + token_text(sign(*harness.key, token)); };
  EXPECT_EQ(harness.match->authenticate(bearer(harness.session(7))), harness.session(7));
  Token ticket = harness.session(7);
  ticket.audience = Audience::kWorld;
  EXPECT_EQ(harness.match->authenticate(bearer(ticket)), std::unexpected(TokenFault::kAudience));
  harness.now_unix = seconds(1'000'900);
  EXPECT_EQ(harness.match->authenticate(bearer(harness.session(7))), std::unexpected(TokenFault::kExpired));
  EXPECT_EQ(harness.match->counts().bad_tokens, (std::array<std::uint64_t, 4>{0, 0, 1, 1}));
}

TEST(Match, CountsWhatItDid) {
  MatchHarness harness;
  harness.find(1);
  harness.pass(seconds(2));
  harness.find(2);
  harness.find(3, GameMode::kLockstep);
  harness.find(3, GameMode::kLockstep);
  const auto counts = harness.match->counts();
  EXPECT_EQ(counts.waiting, (std::array<std::size_t, 2>{0, 1}));
  EXPECT_EQ(counts.matches, (std::array<std::uint64_t, 2>{1, 0}));
  EXPECT_EQ(counts.matched_players, (std::array<std::uint64_t, 2>{2, 0}));
  EXPECT_EQ(counts.waited_s[0].sum, 2);
  EXPECT_EQ(counts.refused, (std::array<std::uint64_t, kMatchRefusalCount>{1, 0, 0, 0, 0}));
}

TEST(Match, ShowsItsCounts) {
  MatchHarness harness;
  harness.find(1);
  harness.find(2);
  harness.find(3, GameMode::kLockstep);
  MetricRegistry registry;
  registry.add([&] { return match_families(harness.match->counts()); });
  const std::string text = registry.text();
  for (const char* line : {"game_match_waiting_players{mode=\"state\"} 0", "game_match_waiting_players{mode=\"lockstep\"} 1",
                           "game_match_started_total{mode=\"state\"} 1", "game_match_players_total{mode=\"state\"} 2",
                           "game_match_wait_seconds_count{mode=\"state\"} 2", "game_match_refused_total{reason=\"nobody\"} 0",
                           "game_match_bad_tokens_total{reason=\"forged\"} 0", "game_match_unpublished_matches 0"}) {
    EXPECT_NE(text.find(std::string("\n") + line + "\n"), std::string::npos) << line << "\nin\n" << text;
  }
}

TEST(Match, IsNotMadeWithRulesOutOfBounds) {
  const auto made = Match::make({.rules = {.size = 1}}, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error(), "match size 1: 2 .. 64 players");
}

}  // namespace
}  // namespace tickwire::game
