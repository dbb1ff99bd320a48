// SPDX-License-Identifier: Apache-2.0
#include "relay/robot.h"

#include <gmock/gmock.h>

namespace tickwire::relay {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string error_of(std::string_view text) {
  const auto robot = Robot::parse(text);
  return robot ? "" : robot.error().text();
}

TEST(RobotWords, DescribeADingTalkRobot) {
  const auto robot =
      Robot::parse("ops: kind=dingtalk url-file=/run/u secret-file=/run/s mobiles=13800000000,+86-13900000000 language=zh");
  ASSERT_TRUE(robot) << robot.error().text();
  EXPECT_EQ(*robot, (Robot{.name = "ops",
                           .kind = RobotKind::kDingTalk,
                           .url_file = "/run/u",
                           .secret_file = "/run/s",
                           .called = {"13800000000", "+86-13900000000"},
                           .language = Language::kChinese}));
}

TEST(RobotWords, DescribeAWeComRobot) {
  const auto robot = Robot::parse("  night-shift :  kind=wecom\turl-file=key.txt users=li_1,wang.x ");
  ASSERT_TRUE(robot) << robot.error().text();
  EXPECT_EQ(robot->name, "night-shift");
  EXPECT_EQ(robot->kind, RobotKind::kWeCom);
  EXPECT_THAT(robot->called, ElementsAre("li_1", "wang.x"));
  EXPECT_EQ(robot->language, std::nullopt);
}

TEST(RobotWords, WantANameOfTheirOwn) {
  for (const char* text : {"", "ops", ": kind=wecom url-file=u", "a b: kind=wecom url-file=u", "a/b: kind=wecom url-file=u",
                           "123456789012345678901234567890123: kind=wecom url-file=u"}) {
    EXPECT_NE(error_of(text), "") << text;
  }
}

TEST(RobotWords, SayWhatIsMissing) {
  EXPECT_THAT(error_of("ops: url-file=u"), HasSubstr("robot 'ops': kind is missing"));
  EXPECT_THAT(error_of("ops: kind=wecom"), HasSubstr("robot 'ops': url-file is missing"));
}

TEST(RobotWords, SayWhatIsUnknownOrGivenTwice) {
  EXPECT_THAT(error_of("ops: kind=slack url-file=u"), HasSubstr("'slack' is none of dingtalk, wecom"));
  EXPECT_THAT(error_of("ops: kind=wecom url-file=u colour=red"), HasSubstr("'colour' is none of kind, url-file"));
  EXPECT_THAT(error_of("ops: kind=wecom kind=wecom url-file=u"), HasSubstr("kind is given twice"));
  EXPECT_THAT(error_of("ops: kind=wecom url-file=u loud"), HasSubstr("'loud' is not NAME=VALUE"));
}

TEST(RobotWords, KnowWhatGoesWithWhichKind) {
  EXPECT_THAT(error_of("ops: kind=wecom url-file=u secret-file=s"), HasSubstr("WeCom's robots sign nothing"));
  EXPECT_THAT(error_of("ops: kind=wecom url-file=u mobiles=138"), HasSubstr("users="));
  EXPECT_THAT(error_of("ops: kind=dingtalk url-file=u users=li"), HasSubstr("mobiles="));
}

TEST(RobotWords, CallNobodyByABadName) {
  EXPECT_THAT(error_of("ops: kind=dingtalk url-file=u mobiles=li"), HasSubstr("'li' is not a mobile number"));
  EXPECT_THAT(error_of("ops: kind=wecom url-file=u users=a>b"), HasSubstr("'a>b' is not a user's id"));
  EXPECT_THAT(error_of("ops: kind=wecom url-file=u users=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"),
              HasSubstr("1 .. 16 are wanted"));
}

TEST(RobotWords, CallNotEverybody) { EXPECT_THAT(error_of("ops: kind=wecom url-file=u users=all"), HasSubstr("'all' is not")); }

TEST(RobotWords, RefuseAnAddressInPlaceOfAFileWithoutRepeatingIt) {
  for (const char* text :
       {"ops: kind=wecom url=https://chat.example/send?key=5ec7e7",
        "ops: kind=wecom url-file=https://chat.example/send?key=5ec7e7", "ops: kind=wecom url-file=send?key=5ec7e7",
        "ops: kind=dingtalk https://chat.example/send?access_token=5ec7e7", "ops: kind=dingtalk token=5ec7e7",
        "https://chat.example/send?access_token=5ec7e7"}) {
    EXPECT_THAT(error_of(text), AllOf(Not(""), Not(HasSubstr("5ec7e7")))) << text;
  }
  EXPECT_THAT(error_of("ops: kind=wecom url=https://chat.example/send?key=5ec7e7"), HasSubstr("url-file="));
}

TEST(RobotWords, RefuseASecretInPlaceOfAFileWithoutRepeatingIt) {
  for (const char* text : {"ops: kind=dingtalk url-file=u secret=SEC5ec7e7",
                           "ops: kind=dingtalk url-file=u secret-file=SEC5ec7e70123456789abcdef"}) {
    EXPECT_THAT(error_of(text), AllOf(HasSubstr("secret-file="), Not(HasSubstr("5ec7e7")))) << text;
  }
}

}  // namespace
}  // namespace tickwire::relay
