// SPDX-License-Identifier: Apache-2.0
#include "gameserver/match/match_http.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "match_harness.h"

namespace tickwire::game {
namespace {

using nlohmann::json;
using std::chrono::seconds;

class MatchHttp : public testing::Test {
 protected:
  std::string bearer(std::uint64_t account) const {
    return "Bearer " + token_text(sign(*harness_.key, harness_.session(account)));
  }
  // The answer of this request, with status 0 until there is one.
  HttpResponse& ask(std::string_view path, const std::string& authorization, const std::string& body) {
    HttpResponse& answer = answers_.emplace_back(HttpResponse{.status = 0});
    for (const HttpRoute& route : match_routes(*harness_.match)) {
      if (route.path != path) continue;
      EXPECT_EQ(route.method, HttpMethod::kPost);
      const HttpRequest request{.method = HttpMethod::kPost,
                                .path = route.path,
                                .authorization = authorization,
                                .body = body,
                                .when_gone = [this](auto then) { gone_ = std::move(then); }};
      route.handler(request, [&answer](HttpResponse given) { answer = std::move(given); });
    }
    harness_.match->run_due();
    return answer;
  }
  static std::string error_of(const HttpResponse& answer) { return json::parse(answer.body).at("error"); }

  std::deque<HttpResponse> answers_;      // outlives the match, which answers whoever still waits when it ends
  std::move_only_function<void()> gone_;  // what the latest request wants to be told
  MatchHarness harness_;
};

constexpr const char* kState = R"({"mode":"state"})";

TEST_F(MatchHttp, AnswersWhenThereIsAMatch) {
  auto& first = ask("/match", bearer(7), kState);
  EXPECT_EQ(first.status, 0U);
  auto& second = ask("/match", bearer(8), kState);
  ASSERT_EQ(first.status, 200U);
  ASSERT_EQ(second.status, 200U);
  const auto body = json::parse(first.body);
  EXPECT_EQ(body.size(), 4U);
  EXPECT_EQ(body.at("mode"), "state");
  EXPECT_EQ(body.at("players"), 2);
  EXPECT_EQ(body.at("match"), json::parse(second.body).at("match"));
  const auto ticket = parse_token_text(body.at("ticket").get<std::string>());
  ASSERT_TRUE(ticket);
  const auto token = verify(*harness_.key, *ticket, Audience::kWorld, harness_.now_unix);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->account, 7U);
}

TEST_F(MatchHttp, SaysThatNobodyCame) {
  auto& answer = ask("/match", bearer(7), kState);
  harness_.pass(seconds(30));
  EXPECT_EQ(answer.status, 408U);
  EXPECT_EQ(error_of(answer), "nobody");
}

TEST_F(MatchHttp, MatchesNobodyWhoseConnectionHasEnded) {
  ask("/match", bearer(7), kState);
  ASSERT_TRUE(gone_);
  gone_();
  EXPECT_EQ(harness_.match->counts().waiting[0], 0U);
  EXPECT_EQ(ask("/match", bearer(8), kState).status, 0U);
  EXPECT_EQ(ask("/match", bearer(7), kState).status, 200U);
}

TEST_F(MatchHttp, IsNotToldOfAConnectionWhoseRequestItRefused) {
  EXPECT_EQ(ask("/match", bearer(7), "{}").status, 400U);
  EXPECT_FALSE(gone_);
}

TEST_F(MatchHttp, SaysThatThePlayerWaitsAlready) {
  ask("/match", bearer(7), kState);
  const auto& answer = ask("/match", bearer(7), R"({"mode":"lockstep"})");
  EXPECT_EQ(answer.status, 409U);
  EXPECT_EQ(error_of(answer), "already_waiting");
}

TEST_F(MatchHttp, SaysWhenToTryAgain) {
  harness_.is_bus_full = true;
  ask("/match", bearer(7), kState);
  ask("/match", bearer(8), kState);
  const auto& answer = ask("/match", bearer(9), kState);
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(error_of(answer), "busy");
  EXPECT_EQ(answer.headers, (decltype(answer.headers){{"Retry-After", "1"}}));
}

TEST_F(MatchHttp, WantsASessionToken) {
  const auto expired = bearer(7);
  for (const char* path : {"/match", "/match/cancel"}) {
    const auto& answer = ask(path, "", kState);
    EXPECT_EQ(answer.status, 401U);
    EXPECT_EQ(error_of(answer), "token_malformed");
    EXPECT_EQ(answer.headers, (decltype(answer.headers){{"WWW-Authenticate", "Bearer error=\"invalid_token\""}}));
    const std::string forged = "Bearer " + token_text(sign(TokenKey::random(), harness_.session(7)));
    EXPECT_EQ(error_of(ask(path, forged, kState)), "token_forged");
  }
  harness_.now_unix = seconds(1'000'900);
  EXPECT_EQ(error_of(ask("/match", expired, kState)), "token_expired");
}

TEST_F(MatchHttp, NamesTheRuleThatARequestBreaks) {
  const auto message = [&](const char* body) {
    const auto& answer = ask("/match", bearer(7), body);
    EXPECT_EQ(answer.status, 400U);
    EXPECT_EQ(error_of(answer), "bad_request");
    return json::parse(answer.body).at("message").get<std::string>();
  };
  EXPECT_EQ(message(R"({"mode":"chess"})"), "a mode is 'state' or 'lockstep'");
  EXPECT_EQ(message("{}"), "'mode' is missing");
  EXPECT_EQ(message(R"({"mode":"state","size":"2"})"), "'size' is no member that is known here");
  EXPECT_EQ(harness_.match->counts().waiting[0], 0U);
}

TEST_F(MatchHttp, LetsAPlayerGo) {
  auto& waits = ask("/match", bearer(7), kState);
  EXPECT_EQ(ask("/match/cancel", bearer(7), "").body, R"({"cancelled":true})");
  EXPECT_EQ(waits.status, 409U);
  EXPECT_EQ(error_of(waits), "cancelled");
  const auto& again = ask("/match/cancel", bearer(7), "");
  EXPECT_EQ(again.status, 200U);
  EXPECT_EQ(again.body, R"({"cancelled":false})");
}

}  // namespace
}  // namespace tickwire::game
