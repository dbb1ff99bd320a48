// SPDX-License-Identifier: Apache-2.0
#include "cli/watch.h"

#include <gmock/gmock.h>

#include <deque>
#include <vector>

namespace tickwire::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A watch whose pictures are written down beforehand; it is interrupted when there is none left.
struct Script {
  std::deque<Result<std::string>> pictures;
  std::vector<std::string> shown;
  bool reader_gone = false;

  Result<int> run() {
    return run_watch({
        .fetch =
            [this] {
              auto next = pictures.front();
              pictures.pop_front();
              return next;
            },
        .show = [this](const std::string& picture) -> Result<bool> {
          shown.push_back(picture);
          return !reader_gone;
        },
        .interrupted = [this] { return pictures.empty(); },
    });
  }
};

TEST(RunWatch, ShowsPicturesUntilItIsInterrupted) {
  Script script{.pictures = {"a", "b", "c"}};
  EXPECT_EQ(script.run(), 0);
  EXPECT_THAT(script.shown, ElementsAre("a", "b", "c"));
}

TEST(RunWatch, SurvivesTwoFailuresInARow) {
  Script script{.pictures = {"a", fail("gone"), fail("gone"), "b", fail("gone"), fail("gone"), "c"}};
  EXPECT_EQ(script.run(), 0);
  EXPECT_THAT(script.shown, ElementsAre("a", "b", "c"));
}

TEST(RunWatch, EndsWithTheThirdFailureInARow) {
  Script script{.pictures = {"a", fail("gone"), fail("gone"), fail("gone for good"), "b"}};
  const auto result = script.run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "gone for good");
  EXPECT_THAT(script.shown, ElementsAre("a"));
}

TEST(RunWatch, EndsWithAUsageErrorAtOnce) {
  Script script{.pictures = {fail_usage("bad filter"), "a"}};
  const auto result = script.run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().failure, Failure::kUsage);
  EXPECT_THAT(script.shown, IsEmpty());
}

TEST(RunWatch, EndsWellWhenNobodyReadsAnyMore) {
  Script script{.pictures = {"a", "b"}, .reader_gone = true};
  EXPECT_EQ(script.run(), 0);
  EXPECT_THAT(script.shown, ElementsAre("a"));
}

}  // namespace
}  // namespace tickwire::cli
