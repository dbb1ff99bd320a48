// SPDX-License-Identifier: Apache-2.0
#include "config/thresholds.h"

#include <gmock/gmock.h>

#include <chrono>

#include "unit/config/command_line.h"

namespace tickwire::config {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const model::ServiceId kWorld{.name = "world", .protocol = model::Protocol::kUdp, .port = 7777};

model::Threshold rtt(std::string service) {
  return {.service = std::move(service), .quantity = model::Quantity::kRtt, .over = milliseconds(150)};
}

model::Threshold turnaround(std::string service) {
  return {.service = std::move(service), .quantity = model::Quantity::kTurnaround, .over = milliseconds(50)};
}

void expect_refused(const Result<void>& done, const std::string& part) {
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().failure, Failure::kUsage);
  EXPECT_THAT(done.error().text(), HasSubstr(part));
}

TEST(ValidateThresholds, TakesOneOfEachQuantityForAServiceAndForAllOthers) {
  EXPECT_TRUE(validate_thresholds({}, {}));
  EXPECT_TRUE(validate_thresholds({rtt("world"), turnaround("world"), rtt(""), turnaround("")}, {kWorld}));
}

TEST(ValidateThresholds, RefusesTwoForTheSame) {
  expect_refused(validate_thresholds({rtt("world"), rtt("world")}, {kWorld}), "threshold world:rtt is given twice");
  expect_refused(validate_thresholds({turnaround(""), turnaround("")}, {}), "threshold turnaround is given twice");
}

TEST(ValidateThresholds, RefusesAServiceThatIsNotAmongThoseThatAreNamed) {
  expect_refused(validate_thresholds({rtt("word")}, {kWorld}), "threshold word:rtt: no service has this name; there are world");
  EXPECT_TRUE(validate_thresholds({rtt("word")}, {})) << "it may be found on the machine later";
}

TEST(ThresholdOption, ComesFromFlags) {
  const Parsed parsed =
      parse_run({"--service", "world=udp/7777", "--threshold", "world:rtt=150ms", "--threshold", "turnaround=50ms"});
  EXPECT_EQ(parsed.error, "");
  EXPECT_THAT(parsed.options.thresholds, ElementsAre(rtt("world"), turnaround("")));
  EXPECT_THAT(parse_run({}).options.thresholds, IsEmpty());
}

TEST(ThresholdOption, NamesItselfInAnError) {
  EXPECT_THAT(parse_run({"--threshold", "jitter=5ms"}).error,
              HasSubstr("--threshold: the quantity is neither rtt nor turnaround"));
  EXPECT_THAT(parse_run({"--service", "world=udp/7777", "--threshold", "lobby:rtt=5ms"}).error,
              HasSubstr("threshold lobby:rtt: no service has this name; there are world"));
}

}  // namespace
}  // namespace tickwire::config
