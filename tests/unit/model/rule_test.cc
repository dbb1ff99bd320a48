// SPDX-License-Identifier: Apache-2.0
#include "model/rule.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

constexpr auto kIn = static_cast<std::size_t>(Direction::kIngress);
constexpr auto kOut = static_cast<std::size_t>(Direction::kEgress);
constexpr const char* kWhole = "world: token=64:16 echo=80:16";

Rule parsed(const std::string& text) {
  const auto rule = Rule::parse(text);
  if (rule) return *rule;
  ADD_FAILURE() << text << ": " << rule.error().message;
  return {};
}

std::string refusal(const std::string& text) {
  const auto rule = Rule::parse(text);
  if (rule) return "accepted";
  return rule.error().failure == Failure::kUsage ? rule.error().message : "not a usage error";
}

// The refusal of a whole rule with one more word.
std::string refusal_of(const std::string& word) {
  const std::string message = refusal(std::string(kWhole) + " " + word);
  const std::string context = "rule of \"world\": " + word + ": ";
  return message.starts_with(context) ? message.substr(context.size()) : message;
}

TEST(Rule, ReadsTokenAndEchoForBothDirections) {
  Rule expected{.service = "world"};
  expected.token = {RuleField{64, 16, false}, RuleField{64, 16, false}};
  expected.echo = {RuleField{80, 16, false}, RuleField{80, 16, false}};
  EXPECT_EQ(parsed(kWhole), expected);
}

TEST(Rule, ReadsFieldsOfOneDirection) {
  const Rule rule = parsed("w: token-in=0:8 token-out=8:24:le echo-in=32:24 echo-out=56:8 sequence-out=64:32");
  EXPECT_EQ(rule.token[kIn], (RuleField{0, 8, false}));
  EXPECT_EQ(rule.token[kOut], (RuleField{8, 24, true}));
  EXPECT_EQ(rule.echo[kIn], (RuleField{32, 24, false}));
  EXPECT_EQ(rule.echo[kOut], (RuleField{56, 8, false}));
  EXPECT_EQ(rule.sequence[kIn], std::nullopt);
  EXPECT_EQ(rule.sequence[kOut], (RuleField{64, 32, false}));
}

TEST(Rule, ReadsASequenceOfBothDirections) {
  const Rule rule = parsed(std::string(kWhole) + " sequence=96:12:le");
  EXPECT_EQ(rule.sequence[kIn], (RuleField{96, 12, true}));
  EXPECT_EQ(rule.sequence[kOut], (RuleField{96, 12, true}));
}

TEST(Rule, ReadsADelayWithItsUnit) {
  const Rule rule = parsed(std::string(kWhole) + " delay=128:16:32us");
  EXPECT_EQ(rule.delay, (Rule::Delay{{128, 16, false}, 32us}));
  EXPECT_EQ(parsed(std::string(kWhole) + " delay=128:16:1ns:le").delay, (Rule::Delay{{128, 16, true}, 1ns}));
  EXPECT_EQ(parsed(std::string(kWhole) + " delay=128:16:1s").delay, (Rule::Delay{{128, 16, false}, 1s}));
}

TEST(Rule, ReadsAMagicInDecimalOrHexadecimal) {
  EXPECT_EQ(parsed(std::string(kWhole) + " magic=0:16:0x5457").magic, (Rule::Magic{{0, 16, false}, 0xffffffff, 0x5457}));
  EXPECT_EQ(parsed(std::string(kWhole) + " magic=0:8:16/0xF0:le").magic, (Rule::Magic{{0, 8, true}, 0xf0, 16}));
  EXPECT_EQ(parsed(std::string(kWhole) + " magic=0:32:0xffffffff").magic, (Rule::Magic{{0, 32, false}, 0xffffffff, 0xffffffff}));
}

TEST(Rule, ReadsAFrame) {
  EXPECT_EQ(parsed(std::string(kWhole) + " frame=32").frame, (Rule::Frame{4, false, false}));
  EXPECT_EQ(parsed(std::string(kWhole) + " frame=8:le").frame, (Rule::Frame{1, true, false}));
  EXPECT_EQ(parsed(std::string(kWhole) + " frame=16:self").frame, (Rule::Frame{2, false, true}));
  EXPECT_EQ(parsed(std::string(kWhole) + " frame=24:le:self").frame, (Rule::Frame{3, true, true}));
}

TEST(Rule, LeavesOutWhatIsNotSaid) {
  const Rule rule = parsed(kWhole);
  EXPECT_EQ(rule.magic, std::nullopt);
  EXPECT_EQ(rule.delay, std::nullopt);
  EXPECT_EQ(rule.frame, std::nullopt);
  EXPECT_EQ(rule.sequence[kIn], std::nullopt);
}

TEST(Rule, TakesAnySpaceAndOrderOfWords) {
  EXPECT_EQ(parsed("  world :\techo=80:16   token=64:16\t"), parsed(kWhole));
  EXPECT_EQ(parsed("world:token=64:16 echo=80:16"), parsed(kWhole));
}

TEST(Rule, TakesFieldsUpToTheLastBit) {
  EXPECT_EQ(parsed("w: token=2016:32 echo=0:32").token[kIn], (RuleField{2016, 32, false}));
  EXPECT_EQ(refusal("w: token=2017:32 echo=0:32"),
            "rule of \"w\": token=2017:32: it ends at bit 2049, fields end within the first 2048");
  EXPECT_EQ(parsed("w: token=2047:1 echo=0:1").token[kIn], (RuleField{2047, 1, false}));
}

TEST(Rule, WantsAServicesName) {
  EXPECT_EQ(refusal(""), "rule \"\": it does not begin with a service's name and a colon");
  EXPECT_EQ(refusal("world"), "rule \"world\": it does not begin with a service's name and a colon");
  EXPECT_EQ(refusal(": token=0:8 echo=8:8"),
            "rule \": token=0:8 echo=8:8\": it does not begin with a service's name and a colon");
  EXPECT_EQ(refusal("token=64:16 echo=80:16"),
            "rule \"token=64:16 echo=80:16\": it does not begin with a service's name and a colon");
}

TEST(Rule, WantsTokenAndEchoInBothDirections) {
  EXPECT_EQ(refusal("w:"), "rule of \"w\": there is no token in messages that go in: token= or token-in= is wanted");
  EXPECT_EQ(refusal("w: token=0:8"), "rule of \"w\": there is no echo in messages that go in: echo= or echo-in= is wanted");
  EXPECT_EQ(refusal("w: token=0:8 echo-in=8:8"),
            "rule of \"w\": there is no echo in messages that go out: echo= or echo-out= is wanted");
  EXPECT_EQ(refusal("w: token-in=0:8 echo=8:8"),
            "rule of \"w\": there is no token in messages that go out: token= or token-out= is wanted");
}

TEST(Rule, WantsAnEchoAsWideAsItsToken) {
  EXPECT_EQ(refusal("w: token=0:16 echo=16:8"),
            "rule of \"w\": the echo that goes in is 8 bits wide, the token that goes out is 16");
  EXPECT_EQ(refusal("w: token-in=0:8 token-out=0:16 echo-in=16:16 echo-out=16:16"),
            "rule of \"w\": the echo that goes out is 16 bits wide, the token that goes in is 8");
}

// A word, and what is wrong with it in an otherwise whole rule.
class RuleWord : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(RuleWord, IsRefusedByNameAndReason) { EXPECT_EQ(refusal_of(GetParam().first), GetParam().second); }

constexpr const char* kUnknown = "it is none of token, echo, sequence (each alone, or with -in or -out), delay, magic, frame";

INSTANTIATE_TEST_SUITE_P(Fields, RuleWord,
                         testing::Values(std::pair{"sequence", "it is not OFFSET:WIDTH[:le]"},
                                         std::pair{"sequence=", "it is not OFFSET:WIDTH[:le]"},
                                         std::pair{"sequence=96", "it is not OFFSET:WIDTH[:le]"},
                                         std::pair{"sequence=x:16", "the offset: \"x\" is not a whole number"},
                                         std::pair{"sequence=-1:16", "the offset: \"-1\" is not a whole number"},
                                         std::pair{"sequence=2048:16", "the offset: 2048 is not between 0 and 2047"},
                                         std::pair{"sequence=96:0", "the width: 0 is not between 1 and 32"},
                                         std::pair{"sequence=96:33", "the width: 33 is not between 1 and 32"},
                                         std::pair{"sequence=2040:9", "it ends at bit 2049, fields end within the first 2048"},
                                         std::pair{"sequence=96:16:be", "\"be\" is not le, and nothing else can follow"},
                                         std::pair{"sequence=96:16:le:le", "\"le\" is not le, and nothing else can follow"},
                                         std::pair{"sequence=96:16:", "\"\" is not le, and nothing else can follow"}));

INSTANTIATE_TEST_SUITE_P(
    Others, RuleWord,
    testing::Values(std::pair{"delay=96:16", "it is not OFFSET:WIDTH:UNIT[:le]"},
                    std::pair{"delay=96:16:32", "the unit: duration \"32\" is not a number with a unit"},
                    std::pair{"delay=96:16:0.4ns", "the unit: 0.4ns is not between 1ns and 1s"},
                    std::pair{"delay=96:16:1001ms", "the unit: 1001ms is not between 1ns and 1s"},
                    std::pair{"delay=96:40:1us", "the width: 40 is not between 1 and 32"},
                    std::pair{"delay=96:16:1us:self", "\"self\" is not le, and nothing else can follow"},
                    std::pair{"magic=0:16", "it is not OFFSET:WIDTH:VALUE[/MASK][:le]"},
                    std::pair{"magic=0:16:TW", "the value: \"TW\" is neither a decimal number nor 0x and a hexadecimal one"},
                    std::pair{"magic=0:16:0x", "the value: \"0x\" is neither a decimal number nor 0x and a hexadecimal one"},
                    std::pair{"magic=0:16:65536", "the value: 65536 does not fit into 16 bits"},
                    std::pair{"magic=0:16:99999999999999999999", "the value: 99999999999999999999 does not fit into 16 bits"},
                    std::pair{"magic=0:8:1/0x100", "the mask: 0x100 does not fit into 8 bits"},
                    std::pair{"magic=0:8:1/", "the mask: \"\" is neither a decimal number nor 0x and a hexadecimal one"},
                    std::pair{"magic=0:8:0/0", "the mask is 0, every message would do"},
                    std::pair{"magic=0:8:0x11/0x10", "the value has bits that the mask leaves out, no message would do"},
                    std::pair{"frame", "the length is 8, 16, 24 or 32 bits wide, not \"\""},
                    std::pair{"frame=0", "the length is 8, 16, 24 or 32 bits wide, not \"0\""},
                    std::pair{"frame=12", "the length is 8, 16, 24 or 32 bits wide, not \"12\""},
                    std::pair{"frame=40", "the length is 8, 16, 24 or 32 bits wide, not \"40\""},
                    std::pair{"frame=32:self:le", "\"le\" is not le or self, in this order"}, std::pair{"tokens=0:8", kUnknown},
                    std::pair{"token-up=0:8", kUnknown}, std::pair{"frame-in=8", kUnknown}, std::pair{"=0:8", kUnknown},
                    std::pair{"Sequence=0:8", kUnknown}));

INSTANTIATE_TEST_SUITE_P(Twice, RuleWord,
                         testing::Values(std::pair{"token=0:16", "it is given twice"},
                                         std::pair{"token-in=0:16", "it is given twice"},
                                         std::pair{"echo-out=0:16", "it is given twice"}));

TEST(Rule, RefusesAWordThatIsGivenTwice) {
  for (const std::string word : {"delay=0:8:1us", "magic=0:8:1", "frame=8", "sequence=0:8", "sequence-in=0:8"}) {
    EXPECT_EQ(refusal(std::string(kWhole) + " " + word + " " + word), "rule of \"world\": " + word + ": it is given twice");
  }
}

TEST(RuleCounts, GivesTheShareOfMessagesWhoseEchoFoundItsToken) {
  const RuleCounts counts{.messages = {90, 40}, .strangers = {10, 0}, .echoes = {25, 40}};
  EXPECT_EQ(counts.match_ratio(Direction::kIngress), 0.25);
  EXPECT_EQ(counts.match_ratio(Direction::kEgress), 1.0);
}

TEST(RuleCounts, GivesNoShareOfTooFewMessages) {
  EXPECT_EQ((RuleCounts{.messages = {15, 19}, .strangers = {5, 0}}.match_ratio(Direction::kEgress)), std::nullopt);
  EXPECT_EQ((RuleCounts{.messages = {15, 19}, .strangers = {5, 0}}.match_ratio(Direction::kIngress)), 0.0);
  EXPECT_EQ(RuleCounts{}.match_ratio(Direction::kIngress), std::nullopt);
}

TEST(RuleCounts, FitFromFivePercentOnInBothDirections) {
  EXPECT_TRUE((RuleCounts{.messages = {100, 100}, .echoes = {5, 5}}.fits()));
  EXPECT_FALSE((RuleCounts{.messages = {100, 100}, .echoes = {4, 100}}.fits()));
  EXPECT_FALSE((RuleCounts{.messages = {100, 100}, .echoes = {100, 4}}.fits()));
  EXPECT_FALSE((RuleCounts{.strangers = {20, 0}}.fits()));
}

TEST(RuleCounts, FitAsLongAsThereAreTooFewMessagesToSay) {
  EXPECT_TRUE(RuleCounts{}.fits());
  EXPECT_TRUE((RuleCounts{.messages = {19, 19}}.fits()));
}

TEST(SequenceCounts, AreLostThatWerePassedOverAndHaveNotCome) {
  EXPECT_EQ((SequenceCounts{.messages = 100, .passed_over = 7, .reordered = 2}.lost()), 5U);
}

TEST(SequenceCounts, ExpectDuplicatesOnceAndThoseThatWereLost) {
  EXPECT_EQ((SequenceCounts{.messages = 100, .passed_over = 5, .duplicated = 3}.expected()), 102U);
}

TEST(SequenceCounts, ExpectTheSameWhenALostOneComesLate) {
  EXPECT_EQ((SequenceCounts{.messages = 101, .passed_over = 5, .reordered = 1, .duplicated = 3}.expected()), 102U);
}

TEST(SequenceCounts, LoseAPartOfTheExpectedMessages) {
  EXPECT_EQ((SequenceCounts{.messages = 10, .passed_over = 2, .duplicated = 2}.loss_ratio()), 0.2);
  EXPECT_EQ((SequenceCounts{.messages = 10}.loss_ratio()), 0.0);
  EXPECT_EQ(SequenceCounts{}.loss_ratio(), std::nullopt);
}

}  // namespace
}  // namespace tickwire::model
