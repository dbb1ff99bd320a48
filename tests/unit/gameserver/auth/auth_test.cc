// SPDX-License-Identifier: Apache-2.0
#include "gameserver/auth/auth.h"

#include <gtest/gtest.h>

#include "auth_harness.h"
#include "gameserver/metrics/registry.h"

namespace tickwire::game {
namespace {

using std::chrono::seconds;

constexpr AuthError kDeniedError{AuthRefusal::kDenied};
constexpr AuthError kBusyError{AuthRefusal::kBusy, seconds(1)};
constexpr AuthError kFailedError{AuthRefusal::kFailed};

template <typename Value>
AuthError error_of(const std::expected<Value, AuthError>& answer) {
  EXPECT_FALSE(answer);
  return answer ? AuthError{AuthRefusal::kFailed, seconds(777)} : answer.error();
}

TEST(Auth, RegistersAnAccountThatCanLogIn) {
  AuthHarness harness({.first_rating = 1234});
  EXPECT_EQ(harness.register_account("alice", "correct horse"), 1U);
  EXPECT_EQ(harness.accounts.by_name.at("alice").rating, 1234);
  const auto granted = harness.login("alice", "correct horse");
  ASSERT_TRUE(granted);
  EXPECT_EQ(granted->account, 1U);
  EXPECT_EQ(granted->rating, 1234);
  EXPECT_EQ(granted->expires_in, seconds(900));
}

TEST(Auth, GivesATokenForMatchThatEndsInTime) {
  AuthHarness harness({.session_life = seconds(60), .first_rating = 1234});
  ASSERT_TRUE(harness.register_account("alice", "correct horse"));
  const auto granted = harness.login("alice", "correct horse");
  ASSERT_TRUE(granted);
  const auto token = verify(*harness.key, granted->session, Audience::kMatch, harness.now_unix);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->expires_unix_s, 1'000'060U);
  EXPECT_EQ(token->account, 1U);
  EXPECT_EQ(token->match, 0U);
  EXPECT_EQ(token->rating, 1234);
  EXPECT_EQ(player_name_text(token->name), "alice");
  EXPECT_EQ(verify(*harness.key, granted->session, Audience::kWorld, harness.now_unix), std::unexpected(TokenFault::kAudience));
}

TEST(Auth, GivesEachLoginItsOwnToken) {
  AuthHarness harness;
  ASSERT_TRUE(harness.register_account("alice", "correct horse"));
  const auto first = harness.login("alice", "correct horse");
  const auto second = harness.login("alice", "correct horse");
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->session, second->session);
}

TEST(Auth, PublishesWhoLoggedIn) {
  AuthHarness harness;
  ASSERT_TRUE(harness.register_account("alice", "correct horse"));
  EXPECT_TRUE(harness.events.empty());
  ASSERT_TRUE(harness.login("alice", "correct horse"));
  ASSERT_EQ(harness.events.size(), 1U);
  EXPECT_EQ(harness.events[0].body(),
            EventBody(PlayerAuthenticated{
                .account = 1, .name = player_name_of("alice"), .rating = 1500, .region = "eu", .at_unix = harness.now_unix}));
}

TEST(Auth, PublishesNobodyWhoWasDenied) {
  AuthHarness harness;
  ASSERT_TRUE(harness.register_account("alice", "correct horse"));
  EXPECT_FALSE(harness.login("alice", "wrong horse"));
  EXPECT_TRUE(harness.events.empty());
}

TEST(Auth, AnswersAnUnknownNameLikeAWrongPassword) {
  AuthHarness harness;
  ASSERT_TRUE(harness.register_account("alice", "correct horse"));
  EXPECT_EQ(error_of(harness.login("alice", "wrong horse")), kDeniedError);
  EXPECT_EQ(error_of(harness.login("mallory", "correct horse")), kDeniedError);
  EXPECT_EQ(harness.login_errors("denied"), 2);
}

TEST(Auth, IsBusyWhenTheEventFindsNoRoom) {
  AuthHarness harness;
  ASSERT_TRUE(harness.register_account("alice", "correct horse"));
  harness.is_bus_full = true;
  EXPECT_EQ(error_of(harness.login("alice", "correct horse")), kBusyError);
  harness.is_bus_full = false;
  EXPECT_TRUE(harness.login("alice", "correct horse"));
  EXPECT_EQ(harness.login_errors("busy"), 1);
}

TEST(Auth, IsBusyWhenTheWorkersAreFull) {
  AuthHarness harness;
  ASSERT_TRUE(harness.register_account("alice", "correct horse"));
  harness.no_worker = TaskRefusal::kFull;
  EXPECT_EQ(error_of(harness.login("alice", "correct horse")), kBusyError);
  EXPECT_EQ(error_of(harness.register_account("bob", "correct horse")), kBusyError);
  EXPECT_EQ(harness.auth->counts().in_flight, 0U);
  harness.no_worker.reset();
  EXPECT_TRUE(harness.login("alice", "correct horse"));
}

TEST(Auth, IsBusyWhenTheWorkersThrowTheTaskAway) {
  AuthHarness harness;
  harness.begin_login("alice", "correct horse");
  EXPECT_FALSE(harness.answers[0]);
  harness.tasks.clear();
  ASSERT_TRUE(harness.answers[0]);
  EXPECT_EQ(error_of(*harness.answers[0]), kBusyError);
}

TEST(Auth, GivesTheWorkersTheAddressOfEachAttempt) {
  AuthHarness harness;
  ASSERT_TRUE(harness.register_account("alice", "correct horse", "192.0.2.7"));
  ASSERT_TRUE(harness.login("alice", "correct horse", "2001:db8::1"));
  ASSERT_TRUE(harness.login("alice", "correct horse", "2001:db8::2"));
  const auto v6 = subscriber_of(*Endpoint::resolve("2001:db8::3", 1));
  EXPECT_EQ(harness.owners, (std::vector<TaskOwner>{subscriber_of(*Endpoint::resolve("192.0.2.7", 1)), v6, v6}));
}

TEST(Auth, TellsAnAddressToWaitThatHasItsShareOfWaitingPlaces) {
  AuthHarness harness;
  ASSERT_TRUE(harness.register_account("alice", "correct horse"));
  harness.no_worker = TaskRefusal::kOverShare;
  const AuthError over_share{AuthRefusal::kOverShare, seconds(1)};
  EXPECT_EQ(error_of(harness.login("alice", "correct horse")), over_share);
  EXPECT_EQ(error_of(harness.register_account("bob", "correct horse")), over_share);
  EXPECT_EQ(harness.auth->counts().over_share, 2U);
  EXPECT_EQ(harness.auth->counts().register_refused, 1U);
  EXPECT_EQ(harness.login_errors("throttled"), 1);
  EXPECT_EQ(harness.login_errors("busy"), 0);
  harness.no_worker.reset();
  EXPECT_TRUE(harness.login("alice", "correct horse"));
  EXPECT_EQ(harness.auth->counts().over_share, 2U);
}

TEST(Auth, CountsAttemptsUntilTheirAnswer) {
  AuthHarness harness;
  harness.begin_login("mallory", "guess number one");
  harness.begin_login("mallory", "guess number two");
  EXPECT_EQ(harness.auth->counts().in_flight, 2U);
  harness.run_workers();
  EXPECT_EQ(harness.auth->counts().in_flight, 0U);
}

TEST(Auth, MakesANameWaitAfterItsFailures) {
  AuthHarness harness({.per_name = {2, seconds(10)}, .per_address = {100, seconds(1)}});
  ASSERT_TRUE(harness.register_account("alice", "correct horse"));
  EXPECT_EQ(error_of(harness.login("alice", "wrong horse", "192.0.2.1")), kDeniedError);
  EXPECT_EQ(error_of(harness.login("alice", "wrong horse", "192.0.2.2")), kDeniedError);
  const int finds = harness.accounts.finds;
  EXPECT_EQ(error_of(harness.login("alice", "correct horse", "192.0.2.3")), (AuthError{AuthRefusal::kThrottled, seconds(10)}));
  EXPECT_EQ(harness.accounts.finds, finds);
  EXPECT_EQ(harness.auth->counts().throttled_by_name, 1U);
  EXPECT_EQ(harness.auth->counts().throttled_by_address, 0U);
  EXPECT_EQ(harness.login_errors("throttled"), 1);
  harness.now_mono += seconds(10);
  EXPECT_TRUE(harness.login("alice", "correct horse"));
}

TEST(Auth, MakesAnAddressWaitAfterItsFailures) {
  AuthHarness harness({.per_name = {100, seconds(1)}, .per_address = {2, seconds(10)}});
  ASSERT_TRUE(harness.register_account("alice", "correct horse"));
  EXPECT_EQ(error_of(harness.login("guess-1", "wrong horse")), kDeniedError);
  EXPECT_EQ(error_of(harness.login("guess-2", "wrong horse")), kDeniedError);
  EXPECT_EQ(error_of(harness.login("alice", "correct horse")), (AuthError{AuthRefusal::kThrottled, seconds(10)}));
  EXPECT_EQ(harness.auth->counts().throttled_by_address, 1U);
  EXPECT_TRUE(harness.login("alice", "correct horse", "192.0.2.2"));
}

TEST(Auth, CountsNoSuccessAsAFailure) {
  AuthHarness harness({.per_name = {2, seconds(10)}, .per_address = {2, seconds(10)}});
  ASSERT_TRUE(harness.register_account("alice", "correct horse"));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(harness.login("alice", "correct horse"));
}

TEST(Auth, SaysThatTheStoreFailed) {
  AuthHarness harness;
  ASSERT_TRUE(harness.register_account("alice", "correct horse"));
  harness.accounts.is_broken = true;
  EXPECT_EQ(error_of(harness.login("alice", "correct horse")), kFailedError);
  EXPECT_EQ(error_of(harness.register_account("bob", "correct horse")), kFailedError);
  EXPECT_EQ(harness.login_errors("store"), 1);
  EXPECT_EQ(harness.login_errors("denied"), 0);
}

TEST(Auth, SaysThatAStoredHashIsNone) {
  AuthHarness harness;
  harness.accounts.by_name["alice"] = {.id = 1, .name = "alice", .password_hash = {std::byte{1}}};
  EXPECT_EQ(error_of(harness.login("alice", "correct horse")), kFailedError);
}

TEST(Auth, RegistersANameOnce) {
  AuthHarness harness;
  ASSERT_TRUE(harness.register_account("alice", "correct horse"));
  const auto before = harness.accounts.by_name.at("alice");
  EXPECT_EQ(error_of(harness.register_account("alice", "another horse")), AuthError{AuthRefusal::kNameTaken});
  EXPECT_EQ(harness.accounts.by_name.at("alice"), before);
  EXPECT_EQ(harness.auth->counts().registered, 1U);
  EXPECT_EQ(harness.auth->counts().register_refused, 1U);
}

TEST(Auth, PassesOnWhatTheStoreSaysOfANewAccount) {
  AuthHarness harness;
  const auto refused = [&](CreateError refusal) {
    harness.accounts.refusal = refusal;
    return error_of(harness.register_account("alice", "correct horse"));
  };
  EXPECT_EQ(refused(CreateError::kNameTaken), AuthError{AuthRefusal::kNameTaken});
  EXPECT_EQ(refused(CreateError::kBusy), kBusyError);
  EXPECT_EQ(refused(CreateError::kFailed), kFailedError);
}

TEST(Auth, MeasuresALoginFromItsRequestToItsAnswer) {
  AuthHarness harness;
  harness.begin_login("mallory", "correct horse");
  harness.now_mono += std::chrono::milliseconds(250);
  harness.run_workers();
  MetricRegistry registry;
  registry.add([&] { return harness.metrics.collect(); });
  const std::string text = registry.text();
  for (const char* line : {"game_login_duration_seconds_sum{status=\"denied\",region=\"eu\"} 0.25",
                           "game_login_duration_seconds_count{status=\"ok\",region=\"eu\"} 0"}) {
    EXPECT_NE(text.find(std::string("\n") + line + "\n"), std::string::npos) << line << "\nin\n" << text;
  }
}

TEST(Auth, ShowsItsCounts) {
  MetricRegistry registry;
  registry.add([] {
    return auth_families({.in_flight = 1,
                          .registered = 2,
                          .register_refused = 3,
                          .throttled_by_name = 4,
                          .throttled_by_address = 5,
                          .over_share = 9,
                          .limited_names = 6,
                          .limited_addresses = 7,
                          .limits_evicted = 8});
  });
  const std::string text = registry.text();
  for (const char* line : {"game_auth_in_flight_attempts 1", "game_auth_registrations_total{outcome=\"ok\"} 2",
                           "game_auth_registrations_total{outcome=\"refused\"} 3", "game_auth_throttled_total{by=\"name\"} 4",
                           "game_auth_throttled_total{by=\"share\"} 9", "game_auth_throttled_total{by=\"address\"} 5",
                           "game_auth_limit_keys{table=\"name\"} 6", "game_auth_limit_keys{table=\"address\"} 7",
                           "game_auth_limits_evicted_total 8"}) {
    EXPECT_NE(text.find(std::string("\n") + line + "\n"), std::string::npos) << line << "\nin\n" << text;
  }
}

TEST(Auth, IsNotMadeWithACostOutOfBounds) {
  AuthHarness harness;
  const auto made = Auth::make({.cost = {.log2_n = 20, .r = 8, .p = 1}},
                               {.borrowed_store = harness.accounts, .key = harness.key, .borrowed_metrics = harness.metrics});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error(), "scrypt N=2^20 r=8 p=1: out of bounds");
}

}  // namespace
}  // namespace tickwire::game
