// SPDX-License-Identifier: Apache-2.0
#include "gameserver/script/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "unit/gameserver/script/outcome.h"

namespace tickwire::game {
namespace {

using testing::StartsWith;

// The names of a table's fields, in order.
std::string names_in(std::string_view table) {
  return value_of(
      fmt::format("(function() local n = {{}} for k in pairs({}) do n[#n + 1] = k end table.sort(n)"
                  " local s = table.concat(n, ' ') return s end)()",
                  table));
}

// A verdict has room for 64 bytes.
bool has(std::string_view name) { return value_of(fmt::format("type({})", name)) != "nil"; }

TEST(Library, HasNothingThatReachesTheSystemOrLoadsCode) {
  for (const char* const name :
       {"os",           "io",      "package",        "require",   "load",     "loadstring", "loadfile",
        "dofile",       "debug",   "collectgarbage", "coroutine", "print",    "warn",       "setmetatable",
        "getmetatable", "rawset",  "rawget",         "rawlen",    "rawequal", "xpcall",     "utf8",
        "_G",           "_VERSION"}) {
    EXPECT_FALSE(has(name)) << name;
  }
  for (const char* const name :
       {"assert", "error", "ipairs", "next", "pairs", "pcall", "select", "tonumber", "tostring", "type"}) {
    EXPECT_TRUE(has(name)) << name;
  }
}

TEST(Library, HasTheseFunctionsOfStringAndTable) {
  EXPECT_EQ(names_in("string"), "byte char format len lower rep reverse sub upper");
  EXPECT_EQ(names_in("table"), "concat insert remove sort unpack");
}

TEST(Library, HasNoChanceInMath) {
  EXPECT_FALSE(has("math.random"));
  EXPECT_FALSE(has("math.randomseed"));
  EXPECT_EQ(value_of("math.floor(2.5) + math.maxinteger % 10"), "9");
}

TEST(Library, GivesStringsTheSameFunctionsAsMethods) {
  EXPECT_EQ(value_of("('ab'):rep(3, '-')"), "ab-ab-ab");
  EXPECT_EQ(value_of("('ab'):upper()"), "AB");
  EXPECT_EQ(value_of("('x').find"), "nil");
  EXPECT_THAT(value_of("('x'):find('x')"), StartsWith("rule: runtime: "));
}

TEST(Library, LendsAScriptNoWayToAStringsMetatable) {
  // A script may change the functions that it was given; what was left out does not come back.
  EXPECT_EQ(value_of("(function() string = nil return ('x').dump end)()"), "nil");
}

TEST(LibraryRep, RepeatsNothingAtOnce) {
  EXPECT_EQ(value_of("#(''):rep(1e9)"), "0");
  EXPECT_EQ(value_of("#(''):rep(math.maxinteger)"), "0");
  EXPECT_EQ(value_of("#('x'):rep(math.mininteger)"), "0");
}

TEST(LibraryRep, RefusesWhatWouldBeTooLarge) {
  const std::string too_large = "rule: runtime: rule:1: resulting string too large";
  EXPECT_EQ(value_of("('x'):rep(1e9)"), too_large);
  EXPECT_EQ(value_of("('x'):rep(math.maxinteger)"), too_large);
  EXPECT_EQ(value_of("(''):rep(1e9, 'separator')"), too_large);
}

TEST(LibraryFormat, FormatsNumbersAndStrings) {
  EXPECT_EQ(value_of("string.format('%5.1f %d %s %s %q %x %c%%', 2.25, 3, 'four', nil, 'five', 255, 65)"),
            "  2.2 3 four nil \"five\" ff A%");
}

TEST(LibraryFormat, BoundsAWidth) {
  EXPECT_EQ(value_of("#string.format('%99d', 1)"), "99");
  EXPECT_THAT(value_of("string.format('%99999d', 1)"), StartsWith("rule: runtime: rule:1: invalid conversion"));
  EXPECT_EQ(value_of("#string.format('%.99f', -1.7e308)"), "410");
}

TEST(LibraryFormat, ShowsNoAddresses) {
  EXPECT_THAT(value_of("string.format('%p', 'x')"), StartsWith("rule: runtime: rule:1: invalid conversion '%p'"));
  EXPECT_THAT(value_of("string.format('%-20p', 'x')"), StartsWith("rule: runtime: rule:1: invalid conversion '%p'"));
  EXPECT_THAT(value_of("string.format('%s', {})"), StartsWith("rule: runtime: rule:1: bad argument #2 to 'format'"));
  EXPECT_EQ(value_of("{}"), "table");
  EXPECT_EQ(value_of("print or pcall"), "function");
}

TEST(LibraryTable, WalksNoTableThatOnlyLooksLong) {
  // The powers of two alone: the length is found by doubling, and is 2^62.
  std::string tall = "(function() local t = {";
  for (int i = 0; i < 63; ++i) tall += fmt::format("[{}] = 1, ", std::int64_t{1} << i);
  tall += "} ";
  const std::string refused = "rule: runtime: rule:1: table too large (more than 8192 elements)";
  EXPECT_EQ(value_of(tall + "return #t end)()"), "4611686018427387904");
  EXPECT_EQ(value_of(tall + "table.insert(t, 1, 1) end)()"), refused);
  EXPECT_EQ(value_of(tall + "table.remove(t, 1) end)()"), refused);
  EXPECT_EQ(value_of(tall + "table.sort(t) end)()"), refused);
  EXPECT_EQ(value_of(tall + "return table.concat(t) end)()"), refused);
  EXPECT_EQ(value_of(tall + "return table.unpack(t) end)()"), refused);
}

TEST(LibraryTable, BoundsRanges) {
  EXPECT_EQ(value_of("select('#', table.unpack({}, 1, 250))"), "250");
  EXPECT_EQ(value_of("table.unpack({}, 1, 251)"), "rule: runtime: rule:1: range too large (more than 250 elements)");
  EXPECT_EQ(value_of("table.unpack({}, 1, 1e8)"), "rule: runtime: rule:1: range too large (more than 250 elements)");
  EXPECT_EQ(value_of("table.unpack({}, math.mininteger, math.maxinteger)"),
            "rule: runtime: rule:1: range too large (more than 250 elements)");
  EXPECT_EQ(value_of("table.concat({}, '', 1, 1e8)"), "rule: runtime: rule:1: range too large (more than 8192 elements)");
  EXPECT_EQ(value_of("table.concat({'a', 'b', 'c'}, '-', 2, 3)"), "b-c");
  EXPECT_EQ(value_of("#table.concat({}, '', math.maxinteger, math.mininteger)"), "0");
}

TEST(LibraryTable, SortsByAnOrderThatIsNone) {
  const std::string table = "(function() local t = {} for i = 1, 500 do t[i] = i * 7919 % 501 end ";
  EXPECT_EQ(value_of(table + "table.sort(t) return t[1] .. ' ' .. t[500] end)()"), "1 500");
  EXPECT_EQ(value_of(table + "return pcall(table.sort, t, function() return true end) end)()"), "false");
}

TEST(LibraryTable, TakesTablesOnly) {
  EXPECT_THAT(value_of("table.concat('x')"), StartsWith("rule: runtime: rule:1: bad argument #1 to 'concat'"));
  EXPECT_THAT(value_of("table.sort(nil)"), StartsWith("rule: runtime: rule:1: bad argument #1 to 'sort'"));
}

TEST(LibraryByte, BoundsItsResults) {
  EXPECT_EQ(value_of("select('#', ('x'):rep(100):byte(1, -1))"), "100");
  EXPECT_THAT(value_of("('x'):rep(200000):byte(1, -1)"), StartsWith("rule: "));
}

}  // namespace
}  // namespace tickwire::game
