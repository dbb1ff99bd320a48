// SPDX-License-Identifier: Apache-2.0
#include "gameserver/script/rule.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace tickwire::game {
namespace {

std::uint64_t errors(const Rule& rule, ScriptError kind) { return rule.counts().errors[static_cast<std::size_t>(kind)]; }

std::string error_of(const Result<void>& result) { return result ? "" : result.error(); }
std::string error_of(const Result<Verdict>& result) { return result ? "" : result.error(); }

TEST(Rule, TellsTheScriptEachFact) {
  Rule rule("rule");
  ASSERT_EQ(error_of(rule.load(R"(
    function check(f)
      local t = {f.player, f.name, f.seconds, f.inputs, f.client_ticks, f.server_ticks, f.tick_rate_hz, f.moved_mm,
                 f.speed_limit_mm_s, f.chats, f.stale_inputs}
      return {action = 'warn', reason = table.concat(t, ' ')}
    end)")),
            "");
  const auto verdict = rule.check({.player = 4'294'967'295,
                                   .name = player_name_of("Ada"),
                                   .lasted = std::chrono::milliseconds(1250),
                                   .inputs = 2,
                                   .stale_inputs = 9,
                                   .client_ticks = 3,
                                   .server_ticks = 4,
                                   .tick_rate_hz = 5,
                                   .moved_mm = 6,
                                   .speed_limit_mm_s = 7,
                                   .chats = 8});
  ASSERT_TRUE(verdict) << verdict.error();
  EXPECT_EQ(verdict->reason, "4294967295 Ada 1.25 2 3 4 5 6 7 8 9");
}

TEST(Rule, SaysNothingWithoutAScript) {
  Rule rule("rule");
  EXPECT_EQ(rule.check({}), Verdict{});
  EXPECT_FALSE(rule.is_on());
  EXPECT_EQ(rule.counts(), RuleCounts{});
  EXPECT_EQ(rule.used_bytes(), 0U);
}

TEST(Rule, CountsVerdicts) {
  Rule rule("rule");
  ASSERT_EQ(error_of(rule.load(R"(
    function check(f)
      if f.player == 1 then return nil end
      return {action = f.player == 2 and 'warn' or 'evict', reason = ''}
    end)")),
            "");
  for (const std::uint32_t player : {1U, 2U, 2U, 3U, 1U, 3U, 3U}) static_cast<void>(rule.check({.player = player}));
  EXPECT_EQ(rule.counts(), (RuleCounts{.calls = 7, .warnings = 2, .evictions = 3}));
}

TEST(Rule, CountsErrorsByKind) {
  Rule rule("rule", {}, 1000);
  EXPECT_EQ(error_of(rule.load("=")), "rule: syntax: rule:1: unexpected symbol near '='");
  EXPECT_EQ(error_of(rule.load("while true do end")), "rule: budget: instructions used up");
  ASSERT_EQ(error_of(rule.load(R"(
    function check(f)
      if f.player == 1 then error('one') end
      if f.player == 2 then while true do end end
      if f.player == 3 then local t = {} while true do t[#t + 1] = {} end end
      if f.player == 4 then return 4 end
    end)")),
            "");
  for (std::uint32_t player = 1; player <= 4; ++player) EXPECT_NE(error_of(rule.check({.player = player})), "") << player;
  EXPECT_EQ(errors(rule, ScriptError::kSyntax), 1U);
  EXPECT_EQ(errors(rule, ScriptError::kRuntime), 1U);
  EXPECT_EQ(errors(rule, ScriptError::kBudget), 2U);
  EXPECT_EQ(errors(rule, ScriptError::kMemory), 1U);
  EXPECT_EQ(errors(rule, ScriptError::kVerdict), 1U);
  EXPECT_EQ(rule.counts().calls, 4U);
}

TEST(Rule, IsSwitchedOffByFailuresInARow) {
  Rule rule("rule", {}, 3);
  ASSERT_EQ(error_of(rule.load("function check() error('no') end")), "");
  EXPECT_EQ(error_of(rule.check({})), "rule: runtime: rule:1: no");
  EXPECT_EQ(error_of(rule.check({})), "rule: runtime: rule:1: no");
  EXPECT_TRUE(rule.is_on());
  EXPECT_EQ(error_of(rule.check({})),
            "rule: runtime: rule:1: no; switched off after 3 failures in a row, until it is loaded again");
  EXPECT_FALSE(rule.is_on());
  EXPECT_EQ(rule.check({}), Verdict{});
  EXPECT_EQ(rule.counts().calls, 3U);
  EXPECT_EQ(rule.counts().switched_off, 1U);
}

TEST(Rule, StaysOnWhileACallInBetweenWorks) {
  Rule rule("rule", {}, 2);
  ASSERT_EQ(error_of(rule.load("function check(f) if f.player == 1 then error('no') end end")), "");
  for (int i = 0; i < 10; ++i) {
    EXPECT_NE(error_of(rule.check({.player = 1})), "");
    EXPECT_EQ(error_of(rule.check({.player = 2})), "");
  }
  EXPECT_TRUE(rule.is_on());
}

TEST(Rule, IsSwitchedOnByALoad) {
  Rule rule("rule", {}, 1);
  ASSERT_EQ(error_of(rule.load("function check() error('no') end")), "");
  EXPECT_NE(error_of(rule.check({})), "");
  ASSERT_FALSE(rule.is_on());
  ASSERT_EQ(error_of(rule.load("function check() return {action = 'warn', reason = 'new'} end")), "");
  EXPECT_TRUE(rule.is_on());
  EXPECT_EQ(rule.check({}), (Verdict{.action = RuleAction::kWarn, .reason = "new"}));
}

TEST(Rule, KeepsItsScriptWhenANewOneIsWrong) {
  Rule rule("rule");
  ASSERT_EQ(error_of(rule.load("function check() return {action = 'warn', reason = 'old'} end")), "");
  EXPECT_EQ(error_of(rule.load("function chekc() end")), "rule: runtime: there is no function 'check'");
  EXPECT_EQ(rule.check({}), (Verdict{.action = RuleAction::kWarn, .reason = "old"}));
}

TEST(Rule, IsCalledByManyThreadsWhileItIsLoaded) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 500;
  Rule rule("rule");
  const std::string_view source = "local n = 0  function check() n = n + 1  return {action = 'warn', reason = '' .. n} end";
  ASSERT_EQ(error_of(rule.load(source)), "");
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&rule] {
      for (int call = 0; call < kCalls; ++call) static_cast<void>(rule.check({}));
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(error_of(rule.load(source)), "");
  threads.clear();
  EXPECT_EQ(rule.counts(), (RuleCounts{.calls = kThreads * kCalls, .warnings = kThreads * kCalls}));
}

}  // namespace
}  // namespace tickwire::game
