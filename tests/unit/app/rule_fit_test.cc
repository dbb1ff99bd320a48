// SPDX-License-Identifier: Apache-2.0
#include "app/rule_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tickwire::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Of `messages` in each direction so many that echo a token.
model::Service service(std::string name, std::uint64_t messages, std::uint64_t echoes_in, std::uint64_t echoes_out) {
  model::Service made;
  made.id = {.name = std::move(name), .protocol = model::Protocol::kUdp, .port = 7777};
  made.rule.emplace();
  made.rule->messages = {messages, messages};
  made.rule->echoes = {echoes_in, echoes_out};
  return made;
}

TEST(RuleFit, SaysNothingOfARuleThatFits) {
  RuleFit fit;
  EXPECT_THAT(fit.check({service("world", 100, 5, 5)}), IsEmpty());
}

TEST(RuleFit, SaysNothingOfAServiceWithoutARule) {
  RuleFit fit;
  EXPECT_THAT(fit.check({model::Service{}}), IsEmpty());
}

TEST(RuleFit, SaysNothingOfAFewMessages) {
  RuleFit fit;
  EXPECT_THAT(fit.check({service("world", model::RuleCounts::kLeastMessages - 1, 0, 0)}), IsEmpty());
}

TEST(RuleFit, NamesTheServiceAndBothMatchRatios) {
  RuleFit fit;
  EXPECT_THAT(
      fit.check({service("world", 200, 3, 198)}),
      ElementsAre("the rule of service world udp/7777 does not fit: 1.5% of 200 messages in and 99.0% of 200 messages out "
                  "echo a token, 5% are wanted both ways; latency by it is not shown, docs/rules.md tells how to find "
                  "the mistake"));
}

TEST(RuleFit, CountsPacketsOfAnotherProtocolAmongTheMessages) {
  RuleFit fit;
  model::Service world = service("world", 10, 5, 5);
  world.rule->strangers = {990, 0};
  EXPECT_THAT(fit.check({world}), ElementsAre(HasSubstr("0.5% of 1000 messages in and - of 10 messages out")));
}

TEST(RuleFit, TellsOfAServiceOnce) {
  RuleFit fit;
  EXPECT_THAT(fit.check({service("world", 100, 0, 0)}), ElementsAre(HasSubstr("world")));
  EXPECT_THAT(fit.check({service("world", 200, 0, 0), service("arena", 100, 0, 0)}), ElementsAre(HasSubstr("arena")));
  EXPECT_THAT(fit.check({service("world", 300, 0, 0), service("arena", 200, 0, 0)}), IsEmpty());
}

TEST(RuleFit, TellsAgainOfAServiceThatWasAway) {
  RuleFit fit;
  EXPECT_THAT(fit.check({service("world", 100, 0, 0)}), ElementsAre(HasSubstr("world")));
  EXPECT_THAT(fit.check({}), IsEmpty());
  EXPECT_THAT(fit.check({service("world", 100, 0, 0)}), ElementsAre(HasSubstr("world")));
}

}  // namespace
}  // namespace tickwire::app
