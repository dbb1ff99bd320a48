// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/login_flow.h"

#include <gtest/gtest.h>

#include "gameserver/token/token.h"

namespace tickwire::game {
namespace {

using std::chrono::seconds;

constexpr Nanoseconds kAtOnce{};

// Any token: a bot cannot verify what the server signs.
std::string token(std::uint64_t id) { return token_text(sign(TokenKey::random(), {.id = id})); }

class LoginFlowTest : public testing::Test {
 protected:
  std::optional<Nanoseconds> take(long status, std::string body = "{}") {
    return flow_.take({.status = status, .body = std::move(body)});
  }
  void log_in() {
    ASSERT_EQ(take(201), kAtOnce);
    ASSERT_EQ(take(200, R"({"token":")" + session_ + R"("})"), kAtOnce);
  }
  std::string session_ = token(1);
  LoginFlow flow_{"bot-1", "a password", "eu", GameMode::kLockstep};
};

TEST_F(LoginFlowTest, RegistersFirst) {
  EXPECT_EQ(flow_.call(), (LoginCall{.path = "/register", .body = R"({"name":"bot-1","password":"a password"})"}));
}

TEST_F(LoginFlowTest, ThenLogsInFromItsRegion) {
  EXPECT_EQ(take(201, R"({"account":1})"), kAtOnce);
  EXPECT_EQ(flow_.call(), (LoginCall{.path = "/login", .body = R"({"name":"bot-1","password":"a password","region":"eu"})"}));
}

TEST_F(LoginFlowTest, ThenFindsAMatchWithTheToken) {
  log_in();
  EXPECT_EQ(flow_.call(), (LoginCall{.path = "/match", .body = R"({"mode":"lockstep"})", .authorization = "Bearer " + session_}));
}

TEST_F(LoginFlowTest, EndsWithATicket) {
  log_in();
  const auto ticket = token(2);
  EXPECT_EQ(take(200, R"({"ticket":")" + ticket + R"(","match":1})"), std::nullopt);
  EXPECT_EQ(flow_.step(), LoginStep::kDone);
  const auto expected = *parse_token_text(ticket);
  EXPECT_TRUE(std::ranges::equal(flow_.ticket(), expected));
}

TEST_F(LoginFlowTest, WaitsAsLongAsABusyServerSays) {
  EXPECT_EQ(flow_.take({.status = 503, .retry_after = seconds(7)}), seconds(7));
  EXPECT_EQ(flow_.take({.status = 429}), seconds(1));
  EXPECT_EQ(flow_.step(), LoginStep::kRegister);
  EXPECT_EQ(flow_.retries(), 2U);
}

TEST_F(LoginFlowTest, GivesUpAServerThatStaysBusy) {
  for (unsigned i = 0; i < LoginFlow::kMostRetries; ++i) ASSERT_NE(take(503), std::nullopt);
  EXPECT_EQ(take(503), std::nullopt);
  EXPECT_EQ(flow_.failure(), "register: the server stays busy");
}

TEST_F(LoginFlowTest, SaysWhichStepWasRefusedAndWhy) {
  EXPECT_EQ(take(201), kAtOnce);
  EXPECT_EQ(take(401, R"({"error":"denied","message":"name or password is wrong"})"), std::nullopt);
  EXPECT_EQ(flow_.step(), LoginStep::kFailed);
  EXPECT_EQ(flow_.failure(), "login: HTTP 401 denied");
}

TEST_F(LoginFlowTest, SaysWhyThereIsNoAnswer) {
  EXPECT_EQ(take(0, "Couldn't connect to server"), std::nullopt);
  EXPECT_EQ(flow_.failure(), "register: Couldn't connect to server");
}

TEST_F(LoginFlowTest, TakesNoTokenThatIsNone) {
  EXPECT_EQ(take(201), kAtOnce);
  EXPECT_EQ(take(200, R"({"token":"x\r\nCookie: y"})"), std::nullopt);
  EXPECT_EQ(flow_.failure(), "login: the answer has no token");
}

TEST_F(LoginFlowTest, TakesNoAnswerThatIsNoJson) {
  log_in();
  EXPECT_EQ(take(200, "<html>"), std::nullopt);
  EXPECT_EQ(flow_.failure(), "match: the answer has no ticket");
}

TEST(LoginFlow, MakesNamesThatTheServerTakes) {
  const auto name = random_bot_name();
  EXPECT_EQ(name.size(), 15U);
  EXPECT_TRUE(name.starts_with("bot-"));
  EXPECT_NE(name, random_bot_name());
  EXPECT_EQ(random_password().size(), 32U);
}

}  // namespace
}  // namespace tickwire::game
