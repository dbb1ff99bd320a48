// SPDX-License-Identifier: Apache-2.0
#include "cli/events.h"

#include <gtest/gtest.h>

namespace tickwire::cli {
namespace {

const std::string kEvent = R"({"schema_version":1,"event":"opened","sequence":1})"
                           "\n";
const std::string kLost = R"({"schema_version":1,"event":"lost","count":3})"
                          "\n";
const std::string kHeartbeat = R"({"schema_version":1,"event":"heartbeat","sequence":1})"
                               "\n";

TEST(EventsRequest, AsksForEverythingByDefault) {
  EXPECT_EQ(events_request({.output = "jsonl"}), (Request{.path = "/api/v1/events", .parameters = {{"format", "jsonl"}}}));
}

TEST(EventsRequest, PassesEachFlagOn) {
  EXPECT_EQ(events_request({.service = "world", .since = "0", .kinds = {"opened", "closed"}, .output = "text"}),
            (Request{.path = "/api/v1/events",
                     .parameters = {
                         {"service", "world"}, {"kind", "opened"}, {"kind", "closed"}, {"since", "0"}, {"format", "text"}}}));
}

TEST(EventCount, IsWithoutEndByDefaultAndNamesTheFlagInAnError) {
  EXPECT_EQ(event_count({}), 0U);
  EXPECT_EQ(event_count({.count = "7"}), 7U);
  for (const char* wrong : {"0", "-1", "many", "1000000001"}) {
    const auto count = event_count({.count = wrong});
    ASSERT_FALSE(count) << wrong;
    EXPECT_EQ(count.error().failure, Failure::kUsage);
    EXPECT_TRUE(count.error().message.starts_with("--count: "));
  }
}

TEST(EventLines, AreWholeWhateverPiecesComeIn) {
  EventLines lines(0, false);
  EXPECT_EQ(lines.take(kEvent.substr(0, 10)), "");
  EXPECT_EQ(lines.take(kEvent.substr(10) + kEvent.substr(0, 5)), kEvent);
  EXPECT_EQ(lines.take(kEvent.substr(5)), kEvent);
  EXPECT_FALSE(lines.has_enough());
}

TEST(EventLines, LeaveHeartbeatsOut) {
  EventLines json(1, false);
  EXPECT_EQ(json.take(kHeartbeat), "");
  EventLines text(1, true);
  EXPECT_EQ(text.take("\n\n"), "");
  EXPECT_FALSE(json.has_enough());
  EXPECT_FALSE(text.has_enough());
}

TEST(EventLines, ShowWhatWasLostWithoutCountingIt) {
  EventLines json(1, false);
  EXPECT_EQ(json.take(kLost), kLost);
  EventLines text(1, true);
  EXPECT_EQ(text.take("# 3 events were lost\n"), "# 3 events were lost\n");
  EXPECT_FALSE(json.has_enough());
  EXPECT_FALSE(text.has_enough());
}

TEST(EventLines, EndBehindTheLastThatIsWanted) {
  EventLines lines(2, false);
  EXPECT_EQ(lines.take(kEvent + kHeartbeat), kEvent);
  EXPECT_FALSE(lines.has_enough());
  EXPECT_EQ(lines.take(kEvent + kEvent + kLost), kEvent);
  EXPECT_TRUE(lines.has_enough());
  EXPECT_EQ(lines.take(kEvent), "");
}

}  // namespace
}  // namespace tickwire::cli
