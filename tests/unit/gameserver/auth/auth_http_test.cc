// SPDX-License-Identifier: Apache-2.0
#include "gameserver/auth/auth_http.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "auth_harness.h"

namespace tickwire::game {
namespace {

using nlohmann::json;

HttpResponse ask(AuthHarness& harness, std::string_view path, const std::string& body) {
  HttpResponse answer{.status = 0};
  for (const HttpRoute& route : auth_routes(*harness.auth)) {
    if (route.path != path) continue;
    EXPECT_EQ(route.method, HttpMethod::kPost);
    route.handler(
        {.method = HttpMethod::kPost, .path = route.path, .body = body, .remote = *Endpoint::resolve("192.0.2.1", 4000)},
        [&](HttpResponse given) { answer = std::move(given); });
  }
  harness.run_workers();
  return answer;
}

std::string error_of(const HttpResponse& answer) { return json::parse(answer.body).at("error"); }
std::string message_of(const HttpResponse& answer) { return json::parse(answer.body).at("message"); }

constexpr const char* kAlice = R"({"name":"alice","password":"correct horse"})";

TEST(AuthHttp, RegistersAndLogsIn) {
  AuthHarness harness;
  const auto registered = ask(harness, "/register", kAlice);
  EXPECT_EQ(registered.status, 201U);
  EXPECT_EQ(registered.body, R"({"account":1})");
  const auto answer = ask(harness, "/login", R"({"name":"alice","password":"correct horse","region":"eu"})");
  EXPECT_EQ(answer.status, 200U);
  const auto body = json::parse(answer.body);
  EXPECT_EQ(body.size(), 4U);
  EXPECT_EQ(body.at("expires_in_s"), 900);
  EXPECT_EQ(body.at("account"), 1);
  EXPECT_EQ(body.at("rating"), 1500);
  const auto token =
      verify_bearer(*harness.key, "Bearer " + body.at("token").get<std::string>(), Audience::kMatch, harness.now_unix);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->account, 1U);
}

TEST(AuthHttp, LogsInWithoutARegion) {
  AuthHarness harness;
  ask(harness, "/register", kAlice);
  EXPECT_EQ(ask(harness, "/login", kAlice).status, 200U);
}

TEST(AuthHttp, AnswersAnUnknownNameWordForWordLikeAWrongPassword) {
  AuthHarness harness;
  ask(harness, "/register", kAlice);
  const auto wrong = ask(harness, "/login", R"({"name":"alice","password":"wrong horse"})");
  const auto unknown = ask(harness, "/login", R"({"name":"mallory","password":"wrong horse"})");
  EXPECT_EQ(wrong.status, 401U);
  EXPECT_EQ(error_of(wrong), "denied");
  EXPECT_EQ(unknown.status, 401U);
  EXPECT_EQ(unknown.body, wrong.body);
  EXPECT_EQ(unknown.headers, wrong.headers);
}

TEST(AuthHttp, SaysThatANameIsTaken) {
  AuthHarness harness;
  ask(harness, "/register", kAlice);
  const auto answer = ask(harness, "/register", kAlice);
  EXPECT_EQ(answer.status, 409U);
  EXPECT_EQ(error_of(answer), "name_taken");
}

TEST(AuthHttp, SaysWhenToTryAgain) {
  AuthHarness harness({.per_name = {1, std::chrono::seconds(7)}});
  ask(harness, "/login", kAlice);
  const auto throttled = ask(harness, "/login", kAlice);
  EXPECT_EQ(throttled.status, 429U);
  EXPECT_EQ(error_of(throttled), "throttled");
  EXPECT_EQ(throttled.headers, (decltype(throttled.headers){{"Retry-After", "7"}}));
  harness.no_worker = TaskRefusal::kOverShare;
  const auto over_share = ask(harness, "/register", kAlice);
  EXPECT_EQ(over_share.status, 429U);
  EXPECT_EQ(error_of(over_share), "over_share");
  EXPECT_EQ(over_share.headers, (decltype(over_share.headers){{"Retry-After", "1"}}));
  harness.no_worker = TaskRefusal::kFull;
  const auto busy = ask(harness, "/register", kAlice);
  EXPECT_EQ(busy.status, 503U);
  EXPECT_EQ(error_of(busy), "busy");
  EXPECT_EQ(busy.headers, (decltype(busy.headers){{"Retry-After", "1"}}));
}

TEST(AuthHttp, SaysThatTheStoreIsUnavailable) {
  AuthHarness harness;
  harness.accounts.is_broken = true;
  const auto answer = ask(harness, "/login", kAlice);
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(error_of(answer), "unavailable");
  EXPECT_EQ(answer.body.find("disk"), std::string::npos);
}

TEST(AuthHttp, NamesTheRuleThatARequestBreaks) {
  AuthHarness harness;
  const auto message = [&](const std::string& body) {
    for (const char* path : {"/register", "/login"}) {
      const auto answer = ask(harness, path, body);
      EXPECT_EQ(answer.status, 400U) << body;
      EXPECT_EQ(error_of(answer), "bad_request") << body;
    }
    return message_of(ask(harness, "/login", body));
  };
  EXPECT_EQ(message(R"({"name":"al","password":"correct horse"})"), "a name has 3 .. 15 of A-Z a-z 0-9 _ -");
  EXPECT_EQ(message(R"({"name":"alice","password":"horse"})"), "a password has 8 .. 128 bytes");
  EXPECT_EQ(message(R"({"name":"alice"})"), "'password' is missing");
  EXPECT_EQ(message(R"({"name":"alice","password":"correct horse","admin":"yes"})"), "'admin' is no member that is known here");
  EXPECT_EQ(message("not json"), "the body is no JSON object");
  EXPECT_EQ(harness.accounts.finds, 0);
}

TEST(AuthHttp, TakesARegionOnlyToLogIn) {
  AuthHarness harness;
  const std::string body = R"({"name":"alice","password":"correct horse","region":"eu"})";
  EXPECT_EQ(message_of(ask(harness, "/register", body)), "'region' is no member that is known here");
  const auto answer = ask(harness, "/login", R"({"name":"alice","password":"correct horse","region":"e u"})");
  EXPECT_EQ(message_of(answer), "a region has up to 32 of A-Z a-z 0-9 _ -");
}

TEST(AuthHttp, RepeatsNoPassword) {
  AuthHarness harness;
  std::string said;
  for (const char* body : {R"({"name":"alice","password":"secret")", R"({"name":"alice","password":"secret"})",
                           R"({"name":"secret word","password":"secret"})", R"({"name":"alice","password":"secret-word"})",
                           R"({"name":"alice","password":["secret"]})", R"(secret)",
                           R"({"name":"alice","password":"secret-word","password":"secret-word"})"}) {
    for (const char* path : {"/register", "/login", "/login"}) {
      const auto answer = ask(harness, path, body);
      said += answer.body;
      for (const auto& [name, value] : answer.headers) said += name + value;
    }
  }
  EXPECT_EQ(said.find("secret"), std::string::npos) << said;
}

}  // namespace
}  // namespace tickwire::game
