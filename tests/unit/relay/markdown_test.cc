// SPDX-License-Identifier: Apache-2.0
#include "relay/markdown.h"

#include <gtest/gtest.h>

namespace tickwire::relay {
namespace {

TEST(Plain, LeavesOrdinaryTextAsItIs) {
  EXPECT_EQ(plain("p99 of world (udp) is 62.9ms: 3 % above; 延迟高 #7"), "p99 of world (udp) is 62.9ms: 3 % above; 延迟高 #7");
}

TEST(Plain, MakesWideWhatBeginsMarkdown) {
  EXPECT_EQ(plain("[x](y) <font> `c` *b* ~s~ \\ a|b"), "［x］(y) ＜font＞ ｀c｀ ＊b＊ ～s～ ＼ a｜b");
}

TEST(Plain, MentionsNobody) { EXPECT_EQ(plain("@all <@all> &#64;all"), "＠all ＜＠all＞ ＆#64;all"); }

TEST(Plain, IsOneLine) { EXPECT_EQ(plain("a\r\n# b\tc\x01\x7F"), "a # b c "); }

TEST(Plain, LeavesUnderscoresInsideOfWords) { EXPECT_EQ(plain("tcp_state _x_"), "tcp_state ＿x＿"); }

TEST(Link, IsMarkdown) {
  EXPECT_EQ(link("Source", "https://p.example/graph?g0=1&a=%20b"), "[Source](https://p.example/graph?g0=1&a=%20b)");
}

TEST(Link, CannotBeBrokenOutOf) {
  EXPECT_EQ(link("Source", "http://p.example/) <@all> [x](y"), "[Source](http://p.example/%29%20%3C%40all%3E%20%5Bx%5D%28y)");
}

TEST(Link, IsOfTheWebAlone) {
  EXPECT_EQ(link("Source", "javascript:alert(1)"), "");
  EXPECT_EQ(link("Source", ""), "");
}

TEST(Link, IsLeftOutWhereItIsTooLong) {
  EXPECT_NE(link("Source", "https://" + std::string(504, 'x')), "");
  EXPECT_EQ(link("Source", "https://" + std::string(505, 'x')), "");
}

TEST(ResolvedUrl, PutsTheBaseBeforeARelativeOne) {
  EXPECT_EQ(resolved_url("docs/runbook.md#x", "https://d.example/"), "https://d.example/docs/runbook.md#x");
  EXPECT_EQ(resolved_url("/docs/runbook.md", "https://d.example/a"), "https://d.example/a/docs/runbook.md");
}

TEST(ResolvedUrl, LeavesAnAbsoluteOneAndHasNoneWithoutABase) {
  EXPECT_EQ(resolved_url("https://r.example/x", "https://d.example/"), "https://r.example/x");
  EXPECT_EQ(resolved_url("docs/runbook.md", ""), "");
  EXPECT_EQ(resolved_url("", "https://d.example/"), "");
}

TEST(ResolvedUrl, TakesNoOtherScheme) { EXPECT_EQ(resolved_url("javascript:alert(1)", "https://d.example/"), ""); }

}  // namespace
}  // namespace tickwire::relay
