// SPDX-License-Identifier: Apache-2.0
#include "config/slos.h"

#include <gmock/gmock.h>

#include <chrono>

#include "unit/config/command_line.h"

namespace tickwire::config {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

const model::ServiceId kWorld{.name = "world", .protocol = model::Protocol::kUdp, .port = 7777};

model::Slo rtt(int limit_ms, std::string service = {}) {
  return {.service = std::move(service), .quantity = model::SloQuantity::kRtt, .limit = milliseconds(limit_ms)};
}

void expect_refused(const Result<void>& done, const std::string& part) {
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().failure, Failure::kUsage);
  EXPECT_THAT(done.error().text(), HasSubstr(part));
}

TEST(ValidateSlos, TakesSeveralLimitsOfOneQuantity) {
  EXPECT_TRUE(validate_slos({}, {}));
  EXPECT_TRUE(validate_slos({rtt(100), rtt(150), rtt(100, "world")}, {kWorld}));
}

TEST(ValidateSlos, RefusesTheSameTwice) {
  expect_refused(validate_slos({rtt(100), rtt(150), rtt(100)}, {}), "slo rtt_100ms is given twice");
  expect_refused(validate_slos({rtt(100, "world"), rtt(100, "world")}, {kWorld}), "slo world:rtt_100ms is given twice");
}

TEST(ValidateSlos, RefusesAServiceThatIsNotAmongThoseThatAreNamed) {
  expect_refused(validate_slos({rtt(100, "word")}, {kWorld}), "slo word:rtt_100ms: no service has this name; there are world");
  EXPECT_TRUE(validate_slos({rtt(100, "word")}, {})) << "it may be found on the machine later";
}

TEST(ValidateSlos, RefusesMoreThanAreAllowed) {
  std::vector<model::Slo> slos;
  for (int limit = 1; limit <= 32; ++limit) slos.push_back(rtt(limit));
  EXPECT_TRUE(validate_slos(slos, {}));
  slos.push_back(rtt(33));
  expect_refused(validate_slos(slos, {}), "33 objectives are given, 32 are allowed");
}

TEST(SloOption, IsNotToldByDefault) { EXPECT_FALSE(parse_run({}).options.slos) << "the agent takes model::default_slos()"; }

TEST(SloOption, TakesThePlaceOfTheDefaults) {
  const Parsed parsed = parse_run({"--slo", "rtt=100ms", "--slo", "world:rtt=150ms"});
  EXPECT_EQ(parsed.error, "");
  EXPECT_THAT(parsed.options.slos, Optional(ElementsAre(rtt(100), rtt(150, "world"))));
}

TEST(SloOption, OfNoneLeavesNone) {
  EXPECT_THAT(parse_run({"--slo", "none"}).options.slos, Optional(IsEmpty()));
  EXPECT_THAT(parse_run({"--slo", "rtt=80ms", "--slo", "none", "--slo", "rtt=90ms"}).options.slos,
              Optional(ElementsAre(rtt(90))));
}

TEST(SloOption, NamesItselfInAnError) {
  EXPECT_THAT(parse_run({"--slo", "loss=5ms"}).error, HasSubstr("--slo: \"loss=5ms\""));
  EXPECT_THAT(parse_run({"--service", "world=udp/7777", "--slo", "lobby:rtt=5ms"}).error,
              HasSubstr("slo lobby:rtt_5ms: no service has this name; there are world"));
}

}  // namespace
}  // namespace tickwire::config
