// SPDX-License-Identifier: Apache-2.0
#include "config/rules.h"

#include <gmock/gmock.h>

namespace tickwire::config {
namespace {

using testing::HasSubstr;

model::Rule rule(std::string service) {
  model::Rule made;
  made.service = std::move(service);
  return made;
}

model::Rule framed(std::string service) {
  model::Rule made = rule(std::move(service));
  made.frame.emplace();
  return made;
}

model::ServiceId udp(std::string name, std::uint16_t port = 7777) {
  return {.name = std::move(name), .protocol = model::Protocol::kUdp, .port = port};
}

model::ServiceId tcp(std::string name, std::uint16_t port = 9000) {
  return {.name = std::move(name), .protocol = model::Protocol::kTcp, .port = port};
}

void expect_refused(const Result<void>& done, const std::string& part) {
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().failure, Failure::kUsage);
  EXPECT_THAT(done.error().text(), HasSubstr(part));
}

TEST(ValidateRules, TakesNone) {
  EXPECT_TRUE(validate_rules({}, {}));
  EXPECT_TRUE(validate_rules({}, {udp("world"), tcp("world")}));
}

TEST(ValidateRules, TakesOneForEachOfTwoServices) {
  EXPECT_TRUE(validate_rules({rule("world"), framed("gateway")}, {udp("world"), tcp("gateway")}));
}

TEST(ValidateRules, TakesOneForAServiceOnSeveralPorts) {
  EXPECT_TRUE(validate_rules({rule("world")}, {udp("world", 7777), udp("world", 7778)}));
}

TEST(ValidateRules, WantsTheServiceNamed) {
  expect_refused(validate_rules({rule("world")}, {}),
                 "rule 'world': no service is named, and those that are found on the machine have no rules; name it: "
                 "--service world=udp/PORT");
}

TEST(ValidateRules, ListsTheServicesWhenNoneHasTheName) {
  expect_refused(validate_rules({rule("word")}, {udp("world"), tcp("gateway")}),
                 "rule 'word': no service has this name; there are gateway, world");
}

TEST(ValidateRules, TakesASecondOneForAServiceForAMistake) {
  expect_refused(validate_rules({rule("world"), rule("world")}, {udp("world")}),
                 "rule 'world' is given twice; a service has one rule");
}

TEST(ValidateRules, RefusesANameThatIsOnBothProtocols) {
  const std::string part = "rule 'world': this name is a TCP service and a UDP service, and a rule is for one of them";
  expect_refused(validate_rules({rule("world")}, {udp("world"), tcp("world")}), part);
  expect_refused(validate_rules({framed("world")}, {tcp("world"), udp("world")}), part);
}

TEST(ValidateRules, RefusesAFrameForUdp) {
  expect_refused(validate_rules({framed("world")}, {udp("world")}), "rule 'world': frame is for TCP");
}

TEST(ValidateRules, WantsAFrameForTcp) {
  expect_refused(validate_rules({rule("gateway")}, {tcp("gateway")}), "rule 'gateway': frame is missing");
}

TEST(ValidateRules, ShowsNoControlCharacters) {
  expect_refused(validate_rules({rule("\x1b[31m")}, {udp("world")}), "rule '?[31m'");
}

}  // namespace
}  // namespace tickwire::config
