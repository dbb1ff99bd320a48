// SPDX-License-Identifier: Apache-2.0
#include "model/threshold.h"

#include <gtest/gtest.h>

#include <vector>

namespace tickwire::model {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Threshold, IsOfEveryServiceWithoutAName) {
  EXPECT_EQ(Threshold::parse("rtt=150ms"), (Threshold{.service = "", .quantity = Quantity::kRtt, .over = milliseconds(150)}));
  EXPECT_EQ(Threshold::parse("turnaround=17s"),
            (Threshold{.service = "", .quantity = Quantity::kTurnaround, .over = seconds(17)}));
}

TEST(Threshold, IsOfTheServiceThatStandsBeforeTheColon) {
  EXPECT_EQ(Threshold::parse(" world : rtt = 1us "),
            (Threshold{.service = "world", .quantity = Quantity::kRtt, .over = microseconds(1)}));
}

TEST(Threshold, SaysWhatIsWrongWithIt) {
  const auto refused = [](std::string_view text) {
    const auto parsed = Threshold::parse(text);
    if (parsed) return std::string("taken");
    EXPECT_EQ(parsed.error().failure, Failure::kUsage);
    return parsed.error().message;
  };
  EXPECT_EQ(refused(""), "there is no = in it");
  EXPECT_EQ(refused("rtt"), "there is no = in it");
  EXPECT_EQ(refused(":rtt=5ms"), "what stands before the colon is not a service's name");
  EXPECT_EQ(refused("my world:rtt=5ms"), "what stands before the colon is not a service's name");
  EXPECT_EQ(refused("stage=5ms"), "the quantity is neither rtt nor turnaround");
  EXPECT_EQ(refused("rtt_maybe_delayed=5ms"), "the quantity is neither rtt nor turnaround");
  EXPECT_EQ(refused("rtt=5"), "duration \"5\" is not a number with a unit");
  EXPECT_EQ(refused("rtt=0s"), "0s is not between 1.00us and 17.0s");
  EXPECT_EQ(refused("rtt=999ns"), "999ns is not between 1.00us and 17.0s");
  EXPECT_EQ(refused("rtt=18s"), "18.0s is not between 1.00us and 17.0s");
}

TEST(Threshold, OfTheServiceCountsBeforeTheOneOfAll) {
  const std::vector<Threshold> thresholds{{.service = "world", .quantity = Quantity::kRtt, .over = milliseconds(150)},
                                          {.service = "", .quantity = Quantity::kRtt, .over = milliseconds(80)},
                                          {.service = "", .quantity = Quantity::kTurnaround, .over = milliseconds(50)}};
  EXPECT_EQ(threshold_of(thresholds, "world", Quantity::kRtt), milliseconds(150));
  EXPECT_EQ(threshold_of(thresholds, "lobby", Quantity::kRtt), milliseconds(80));
  EXPECT_EQ(threshold_of(thresholds, "world", Quantity::kTurnaround), milliseconds(50));
  EXPECT_EQ(threshold_of({}, "world", Quantity::kRtt), std::nullopt);
}

}  // namespace
}  // namespace tickwire::model
