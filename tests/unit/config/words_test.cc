// SPDX-License-Identifier: Apache-2.0
#include "config/words.h"

#include <gmock/gmock.h>

namespace tickwire::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SplitList, SeparatesAtCommasAndLeavesSpacesOut) { EXPECT_THAT(split_list(" a ,b,, c", ','), ElementsAre("a", "b", "c")); }

TEST(SplitList, GivesNothingForAnEmptyText) {
  EXPECT_THAT(split_list("", ','), IsEmpty());
  EXPECT_THAT(split_list(" , ", ','), IsEmpty());
}

TEST(SplitList, KeepsARegexWhole) { EXPECT_THAT(split_list("/a{1,2}/,/b,c/", ','), ElementsAre("/a{1,2}/", "/b,c/")); }

TEST(SplitList, SeparatesAtTheSeparatorAlone) { EXPECT_THAT(split_list("a, b; c", ';'), ElementsAre("a, b", "c")); }

TEST(SplitList, EndsARegexAtTheSeparatorThatIsAskedFor) {
  EXPECT_THAT(split_list("/a/,;b/;c", ';'), ElementsAre("/a/,;b/", "c"));
}

TEST(SplitList, TakesAnUnfinishedRegexToTheEnd) { EXPECT_THAT(split_list("lo,/a,b", ','), ElementsAre("lo", "/a,b")); }

TEST(SplitList, CutsNothingOffAPathThatLooksLikeARegex) { EXPECT_THAT(split_list("/", ','), ElementsAre("/")); }

TEST(Printable, ReplacesWhatIsNotAscii) { EXPECT_EQ(printable("a\x1b[0m\xc3\xa9\n"), "a?[0m???"); }

TEST(Printable, IsAtMost80CharactersLong) {
  EXPECT_EQ(printable(std::string(80, 'x')), std::string(80, 'x'));
  EXPECT_EQ(printable(std::string(81, 'x')), std::string(80, 'x') + "...");
}

}  // namespace
}  // namespace tickwire::config
