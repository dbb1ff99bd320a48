// SPDX-License-Identifier: Apache-2.0
#include "relay/utf8.h"

#include <gtest/gtest.h>

namespace tickwire::relay {
namespace {

constexpr std::string_view kMixed = "aé告😀";  // 1, 2, 3 and 4 bytes

TEST(Repair, LeavesWellFormedTextAsItIs) { EXPECT_EQ(repaired(kMixed), kMixed); }

TEST(Repair, ReplacesABareContinuation) { EXPECT_EQ(repaired("a\x80z"), "a\uFFFDz"); }

TEST(Repair, ReplacesAnOverlongSlash) { EXPECT_EQ(repaired("\xC0\xAF"), "\uFFFD\uFFFD"); }

TEST(Repair, ReplacesASurrogate) { EXPECT_EQ(repaired("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD"); }

TEST(Repair, ReplacesWhatIsAboveTheLastCharacter) { EXPECT_EQ(repaired("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD"); }

TEST(Repair, KeepsTheLastCharacterAndItsNeighboursOfSurrogates) {
  constexpr std::string_view kEdges = "\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80";
  EXPECT_EQ(repaired(kEdges), kEdges);
}

TEST(Repair, ReplacesASequenceThatTheEndCuts) {
  for (std::size_t length = 1; length < 4; ++length) {
    const std::string cut(std::string_view("😀").substr(0, length));
    std::string expected;
    for (std::size_t i = 0; i < length; ++i) expected += "\uFFFD";
    EXPECT_EQ(repaired(cut), expected) << length;
  }
}

TEST(JsonBytes, CountsQuotesBackslashesAndLineEndsTwice) { EXPECT_EQ(json_bytes("a\"b\\c\nd"), 10U); }

TEST(JsonBytes, CountsOtherTextByItsBytes) { EXPECT_EQ(json_bytes(kMixed), 10U); }

TEST(Beginning, EndsAtACharacterWhereverItIsCut) {
  const std::string_view expected[] = {"", "a", "a", "aé", "aé", "aé", "aé告", "aé告", "aé告", "aé告", "aé告😀", "aé告😀"};
  for (std::size_t most = 0; most < std::size(expected); ++most) EXPECT_EQ(beginning(kMixed, most), expected[most]) << most;
}

TEST(Beginning, CountsWhatJsonEscapes) {
  EXPECT_EQ(beginning("a\"b", 2), "a");
  EXPECT_EQ(beginning("a\"b", 3), "a\"");
}

TEST(Shortened, LeavesTextThatFits) { EXPECT_EQ(shortened(kMixed, 10), kMixed); }

TEST(Shortened, EndsWithDotsWithinTheBound) {
  EXPECT_EQ(shortened(kMixed, 9), "aé告...");
  EXPECT_EQ(shortened(kMixed, 8), "aé...");
}

TEST(Shortened, IsEmptyWhereTheDotsHaveNoRoom) { EXPECT_EQ(shortened(kMixed, 2), ""); }

}  // namespace
}  // namespace tickwire::relay
