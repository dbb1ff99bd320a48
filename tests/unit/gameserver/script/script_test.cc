// SPDX-License-Identifier: Apache-2.0
#include "gameserver/script/script.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "unit/gameserver/script/outcome.h"

namespace tickwire::game {
namespace {

TEST(Script, SaysNothingByNil) { EXPECT_EQ(outcome_of("function check() end"), "none"); }

TEST(Script, SaysAnActionAndItsReason) {
  EXPECT_EQ(outcome_of("function check() return {action = 'warn', reason = 'slowly'} end"), "warn slowly");
  EXPECT_EQ(outcome_of("function check() return {action = 'evict', reason = ''} end"), "evict ");
}

TEST(Script, IsGivenEachFieldWithItsType) {
  auto script = Script::load("rule", R"(
    function check(facts)
      local types = math.type(facts.count) .. ' ' .. math.type(facts.share) .. ' ' .. type(facts.name)
      return {action = 'warn', reason = types .. ' ' .. facts.count .. ' ' .. facts.share .. ' ' .. facts.name}
    end)");
  ASSERT_TRUE(script) << script.error().text;
  const std::array arguments{ScriptArgument{"count", std::int64_t{-7}}, ScriptArgument{"share", 0.5},
                             ScriptArgument{"name", std::string_view("Ada")}};
  EXPECT_EQ(text_of(script->call("check", arguments)), "warn integer float string -7 0.5 Ada");
}

TEST(Script, RemembersFromCallToCall) {
  auto script = Script::load("rule", "local n = 0  function check() n = n + 1  return {action = 'warn', reason = '' .. n} end");
  ASSERT_TRUE(script) << script.error().text;
  EXPECT_EQ(text_of(script->call("check", {})), "warn 1");
  EXPECT_EQ(text_of(script->call("check", {})), "warn 2");
}

TEST(Script, SharesNothingWithAnotherScript) {
  auto writer = Script::load("writer", "string.len = 1  shared = 1  function check() end");
  auto reader =
      Script::load("reader", "function check() return {action = 'warn', reason = type(string.len) .. type(shared)} end");
  ASSERT_TRUE(writer && reader);
  EXPECT_EQ(text_of(reader->call("check", {})), "warn functionnil");
}

TEST(Script, KnowsWhichFunctionsItDefines) {
  auto script = Script::load("rule", "function check() end  value = 1");
  ASSERT_TRUE(script) << script.error().text;
  EXPECT_TRUE(script->defines("check"));
  EXPECT_FALSE(script->defines("value"));
  EXPECT_FALSE(script->defines("nothing"));
}

TEST(Script, NamesTheLineOfASyntaxError) {
  const auto script = Script::load("rule", "function check()\n  return +\nend");
  ASSERT_FALSE(script);
  EXPECT_EQ(script.error().kind, ScriptError::kSyntax);
  EXPECT_EQ(script.error().text, "rule: syntax: rule:2: unexpected symbol near '+'");
}

TEST(Script, NamesTheLineOfARuntimeError) {
  EXPECT_EQ(outcome_of("function check(facts)\n  return facts.a.b\nend"),
            "rule: runtime: rule:2: attempt to index a nil value (field 'a')");
  EXPECT_EQ(outcome_of("error('no')"), "rule: runtime: rule:1: no");
}

TEST(Script, ReportsAnErrorThatIsNoText) {
  EXPECT_EQ(outcome_of("function check() error({}) end"), "rule: runtime: an error that is no text");
  EXPECT_EQ(outcome_of("function check() error(5) end"), "rule: runtime: an error that is no text");
  EXPECT_EQ(outcome_of("function check() error() end"), "rule: runtime: an error that is no text");
}

TEST(Script, ReportsAFunctionThatIsNotThere) {
  EXPECT_EQ(outcome_of("check = 5"), "rule: runtime: there is no function 'check'");
}

TEST(Script, CanBeCalledAgainAfterAnError) {
  auto script = Script::load("rule", R"(
    local n = 0
    function check()
      n = n + 1
      if n == 1 then error('once') end
      return {action = 'warn', reason = 'call ' .. n}
    end)");
  ASSERT_TRUE(script) << script.error().text;
  EXPECT_EQ(text_of(script->call("check", {})), "rule: runtime: rule:5: once");
  EXPECT_EQ(text_of(script->call("check", {})), "warn call 2");
}

TEST(Script, RefusesBytecode) {
  // What string.dump() begins with.
  EXPECT_EQ(outcome_of("\x1bLua"), "rule: syntax: attempt to load a binary chunk (mode is 't')");
}

TEST(Script, RefusesATextThatIsTooLong) {
  const std::string longest = "function check() end" + std::string(Script::kMaxScriptBytes - 20, ' ');
  EXPECT_EQ(outcome_of(longest), "none");
  EXPECT_EQ(outcome_of(longest + " "), "rule: syntax: more than 65536 bytes");
}

TEST(Script, TakesATextWithAZeroByteForNoLua) {
  EXPECT_EQ(outcome_of(std::string_view("function check() end \0", 22)), "rule: syntax: rule:1: unexpected symbol");
}

TEST(Script, SurvivesATextThatNestsDeeply) {
  std::string brackets = "local x = ";
  for (int i = 0; i < 30'000; ++i) brackets += '(';
  EXPECT_EQ(outcome_of(brackets), "rule: syntax: C stack overflow");
}

TEST(Verdict, MustBeNilOrATable) {
  EXPECT_EQ(outcome_of("function check() return 'warn' end"), "rule: verdict: neither nil nor a table was returned");
  EXPECT_EQ(outcome_of("function check() return false end"), "rule: verdict: neither nil nor a table was returned");
}

TEST(Verdict, MustHaveAnActionThatExists) {
  const std::string wrong = "rule: verdict: action must be \"warn\" or \"evict\"";
  EXPECT_EQ(outcome_of("function check() return {} end"), wrong);
  EXPECT_EQ(outcome_of("function check() return {action = 'ban', reason = ''} end"), wrong);
  EXPECT_EQ(outcome_of("function check() return {action = 5, reason = ''} end"), wrong);
  EXPECT_EQ(outcome_of("function check() return {action = 'warn\\0', reason = ''} end"), wrong);
}

TEST(Verdict, MustHaveAReason) {
  EXPECT_EQ(outcome_of("function check() return {action = 'warn'} end"), "rule: verdict: reason must be a string");
  EXPECT_EQ(outcome_of("function check() return {action = 'warn', reason = 5} end"), "rule: verdict: reason must be a string");
}

TEST(Verdict, CutsTheReasonAndMakesItPrintable) {
  EXPECT_EQ(outcome_of("function check() return {action = 'warn', reason = ('r'):rep(65)} end"), "warn " + std::string(64, 'r'));
  EXPECT_EQ(outcome_of("function check() return {action = 'warn', reason = 'a\\0b\\nc\\xff~'} end"), "warn a?b?c?~");
}

}  // namespace
}  // namespace tickwire::game
