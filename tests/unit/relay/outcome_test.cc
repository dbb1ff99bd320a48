// SPDX-License-Identifier: Apache-2.0
#include "relay/outcome.h"

#include <gmock/gmock.h>

#include <fmt/format.h>

namespace tickwire::relay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using enum Outcome::Result;

Outcome coded(RobotKind kind, int errcode, std::string_view errmsg = "said") {
  return judge(kind, {.error = {}, .status = 200, .body = fmt::format(R"({{"errcode":{},"errmsg":"{}"}})", errcode, errmsg)});
}

Outcome status(long code) { return judge(RobotKind::kDingTalk, {.error = {}, .status = code, .body = "<html>"}); }

TEST(AnAnswer, IsADeliveryOnlyWithErrcodeZero) {
  EXPECT_EQ(coded(RobotKind::kDingTalk, 0), Outcome{});
  EXPECT_EQ(coded(RobotKind::kWeCom, 0), Outcome{});
  EXPECT_EQ(coded(RobotKind::kDingTalk, 1).result, kPermanent);
}

TEST(AnAnswer, IsAnsweredAgainWhenTheServiceIsBusy) {
  EXPECT_EQ(coded(RobotKind::kDingTalk, -1).result, kRetryable);
  EXPECT_EQ(coded(RobotKind::kWeCom, -1).result, kRetryable);
  EXPECT_EQ(coded(RobotKind::kWeCom, 45033).result, kRetryable);
}

TEST(AnAnswer, BlocksARobotThatWasAskedTooOften) {
  for (const int errcode : {130101, 410100}) {
    EXPECT_EQ(coded(RobotKind::kDingTalk, errcode).result, kRetryable);
    EXPECT_EQ(coded(RobotKind::kDingTalk, errcode).blocked, std::chrono::minutes(10));
  }
  EXPECT_EQ(coded(RobotKind::kWeCom, 45009).result, kRetryable);
  EXPECT_EQ(coded(RobotKind::kWeCom, 45009).blocked, std::chrono::seconds(60));
}

TEST(AnAnswer, MeansWhatItMeansForItsKind) {
  EXPECT_EQ(coded(RobotKind::kWeCom, 130101).result, kPermanent);
  EXPECT_EQ(coded(RobotKind::kDingTalk, 45009).result, kPermanent);
}

TEST(AnAnswer, IsARefusalForGoodWithTheRobotsWords) {
  const Outcome ding = coded(RobotKind::kDingTalk, 310000, "sign not match");
  EXPECT_EQ(ding.result, kPermanent);
  EXPECT_EQ(ding.reason, "errcode 310000: sign not match (keyword, signature or address of the security settings)");
  EXPECT_EQ(ding.blocked, std::chrono::seconds(0));
  EXPECT_EQ(coded(RobotKind::kWeCom, 93000, "invalid webhook url").result, kPermanent);
}

TEST(AnAnswer, ThatSpeaksOfTheTimestampIsExplained) {
  EXPECT_THAT(coded(RobotKind::kDingTalk, 310000, "invalid timestamp").reason,
              HasSubstr("this machine's clock is off by more than an hour"));
  EXPECT_THAT(coded(RobotKind::kDingTalk, 310000, "sign not match").reason, Not(HasSubstr("clock")));
}

TEST(AnAnswer, IsOneShortLine) {
  const std::string reason = coded(RobotKind::kWeCom, 93000, "a\\n\\u0001b" + std::string(500, 'x')).reason;
  EXPECT_THAT(reason, AllOf(HasSubstr("a  bxxx"), HasSubstr("x... (")));
  EXPECT_LE(reason.size(), 320U);
}

TEST(AnAnswer, OfAnotherServerIsTriedAgain) {
  for (const char* body : {"", "<html>", "[]", "{}", R"({"errcode":"0"})", R"({"errcode":0.0})", R"({"errcode":1e999})"}) {
    EXPECT_EQ(judge(RobotKind::kWeCom, {.error = {}, .status = 200, .body = body}).result, kRetryable) << body;
  }
}

TEST(AStatus, OfATroubledServerIsTriedAgain) {
  for (const long code : {500L, 502L, 503L, 504L, 429L, 408L}) EXPECT_EQ(status(code).result, kRetryable) << code;
}

TEST(AStatus, OfARefusalIsFinal) {
  for (const long code : {400L, 401L, 403L, 404L}) EXPECT_EQ(status(code).result, kPermanent) << code;
}

TEST(AStatus, OfARedirectIsFinal) {
  EXPECT_EQ(status(302).result, kPermanent);
  EXPECT_EQ(status(302).reason, "HTTP status 302: redirects are not followed");
}

TEST(NoAnswer, IsTriedAgain) {
  const Outcome outcome = judge(RobotKind::kWeCom, {.error = "no answer within 8 s", .status = 0, .body = {}});
  EXPECT_EQ(outcome.result, kRetryable);
  EXPECT_EQ(outcome.reason, "no answer within 8 s");
}

}  // namespace
}  // namespace tickwire::relay
