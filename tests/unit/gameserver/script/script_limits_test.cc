// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gameserver/script/script.h"
#include "unit/gameserver/script/outcome.h"

// A test whose limit does not hold does not end: what is asserted is which limit it was.
namespace tickwire::game {
namespace {

const std::string kBudget = "rule: budget: instructions used up";
const std::string kMemory = "rule: memory: memory used up";

// The body of check().
std::string body(std::string_view text) { return outcome_of(fmt::format("function check() {} end", text)); }

TEST(ScriptBudget, EndsALoop) { EXPECT_EQ(body("while true do end"), kBudget); }

TEST(ScriptBudget, EndsALoopAtLoad) { EXPECT_EQ(outcome_of("while true do end"), kBudget); }

TEST(ScriptBudget, EndsALoopThatCatchesItsErrors) {
  EXPECT_EQ(body("while true do pcall(function() while true do end end) end"), kBudget);
}

TEST(ScriptBudget, EndsALoopThatIsCaughtByATailCall) {
  EXPECT_EQ(body("return pcall(function() while true do end end)"), kBudget);
}

TEST(ScriptBudget, EndsALoopInAComparison) {
  EXPECT_EQ(body("table.sort({3, 1, 2}, function() while true do end end)"), kBudget);
}

TEST(ScriptBudget, EndsACascadeOfCatches) {
  EXPECT_EQ(body("local function f() pcall(f) while true do pcall(f) end end f()"), kBudget);
}

TEST(ScriptBudget, IsThatOfOneCall) {
  auto script = Script::load("rule", "function check() for i = 1, 15000 do end end");
  ASSERT_TRUE(script) << script.error().text;
  for (int i = 0; i < 50; ++i) EXPECT_EQ(text_of(script->call("check", {})), "none");
}

TEST(ScriptBudget, CountsInstructions) {
  const std::string loop = "function check() for i = 1, {} do end end";
  const ScriptLimits limits{.instructions = 10'000};
  EXPECT_EQ(outcome_of(fmt::format(fmt::runtime(loop), 8'000), limits), "none");
  EXPECT_EQ(outcome_of(fmt::format(fmt::runtime(loop), 12'000), limits), kBudget);
}

TEST(ScriptBudget, CountsMemoryThatIsThrownAway) {
  EXPECT_EQ(body("for i = 1, 1000 do local s = ('x'):rep(100000 + i) end"), kBudget);
}

TEST(ScriptBudget, CountsWhatConcatenationMakes) {
  EXPECT_EQ(body("local a = ('x'):rep(100000) for i = 1, 1000 do local s = a .. i end"), kBudget);
}

TEST(ScriptBudget, CountsMovesInATable) {
  EXPECT_EQ(body("local t = {} for i = 1, 4000 do t[i] = i end for i = 1, 200 do table.insert(t, 1, i) end"), kBudget);
  EXPECT_EQ(body("local t = {} for i = 1, 4000 do t[i] = i end for i = 1, 200 do table.remove(t, 1) end"), kBudget);
}

TEST(ScriptBudget, CountsNoMovesAtATablesEnd) {
  EXPECT_EQ(body("local t = {} for i = 1, 4000 do table.insert(t, i) end for i = 1, 4000 do table.remove(t) end"), "none");
}

TEST(ScriptBudget, CountsComparisonsOfLongStrings) {
  EXPECT_EQ(body(R"(
    local a = ('x'):rep(100000)
    local b = a .. 'y'
    local t = {}
    for i = 1, 1000 do t[i] = i % 2 == 0 and a or b end
    table.sort(t))"),
            kBudget);
}

TEST(ScriptBudget, EndsWhatTheCountDoesNotSeeByTheProcessorTimeItTakes) {
  EXPECT_EQ(outcome_of("local a = ('x'):rep(200000)  local b = a .. 'y'\n"
                       "function check() local n = 0 while true do if a < b then n = n + 1 end end end",
                       {.instructions = INT64_MAX, .cpu = std::chrono::milliseconds(20)}),
            kBudget);
}

TEST(ScriptMemory, EndsATableThatGrows) { EXPECT_EQ(body("local t = {} for i = 1, 1e9 do t[i] = {} end"), kMemory); }

TEST(ScriptMemory, EndsAStringThatGrows) { EXPECT_EQ(body("local s = 'x' while true do s = s .. s end"), kMemory); }

TEST(ScriptMemory, EndsARecursion) { EXPECT_EQ(body("local function f(n) return 1 + f(n + 1) end f(1)"), kMemory); }

TEST(ScriptMemory, HoldsForOneStringAQuarter) {
  EXPECT_EQ(body("local s = ('x'):rep(250000)"), "none");
  EXPECT_EQ(body("local s = ('x'):rep(270000)"), "rule: runtime: rule:1: resulting string too large");
}

TEST(ScriptMemory, EndsALoopThatCatchesItsErrors) {
  EXPECT_EQ(body("local s = ('x'):rep(200000) while true do pcall(function() return s .. s end) end"), kMemory);
}

TEST(ScriptMemory, IsFreeAgainAfterAnError) {
  auto script = Script::load("rule", "function check() local t = {} for i = 1, 1e9 do t[i] = {} end end  function small() end");
  ASSERT_TRUE(script) << script.error().text;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(text_of(script->call("check", {})), kMemory);
    EXPECT_EQ(text_of(script->call("small", {})), "none");
  }
  EXPECT_LE(script->used_bytes(), ScriptLimits{}.memory_bytes);
}

TEST(ScriptMemory, MayBeTooLittleForAnyScript) {
  EXPECT_EQ(outcome_of("function check() end", {.memory_bytes = 0}), "rule: memory: not enough for a Lua state");
  EXPECT_EQ(outcome_of("function check() end", {.memory_bytes = 8 * 1024}), kMemory);
}

TEST(ScriptMemory, NeverLeavesTheStateBrokenWhereverItEnds) {
  const std::string_view source =
      "local t = {} function check() for i = 1, 50 do t[i] = ('x'):rep(i) .. i end"
      " return {action = 'warn', reason = table.concat(t):sub(1, 3)} end";
  bool worked = false;
  for (std::size_t bytes = 4'096; bytes < 49'152; bytes += 61) {
    auto script = Script::load("rule", source, {.memory_bytes = bytes});
    if (!script) {
      EXPECT_EQ(script.error().kind, ScriptError::kMemory) << bytes;
      continue;
    }
    const auto first = script->call("check", {});
    EXPECT_TRUE(first ? first->reason == "x1x" : first.error().kind == ScriptError::kMemory) << bytes << " " << text_of(first);
    worked = worked || first.has_value();
  }
  EXPECT_TRUE(worked);
}

}  // namespace
}  // namespace tickwire::game
