// SPDX-License-Identifier: Apache-2.0
#include "cli/request.h"

#include <gmock/gmock.h>

#include "unit/config/param_name.h"

namespace tickwire::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ConnectionsRequest, AsksForATableOfAllWithoutFlags) {
  EXPECT_EQ(connections_request({}), (Request{"/api/v1/connections", {{"window", "1m"}, {"format", "table"}}}));
}

TEST(ConnectionsRequest, CarriesEveryFilter) {
  const auto request = connections_request({.service = "world",
                                            .port = "7777",
                                            .remote = "192.0.2.0/24",
                                            .proto = "udp",
                                            .state = "active",
                                            .min_rtt = "80ms",
                                            .min_turnaround = "1.5ms",
                                            .min_wait = "20ms",
                                            .over_slo = "any",
                                            .sort = "-rtt_p99",
                                            .limit = "10",
                                            .window = "5m",
                                            .output = "jsonl"});
  EXPECT_EQ(request, (Request{"/api/v1/connections",
                              {{"service", "world"},
                               {"port", "7777"},
                               {"remote", "192.0.2.0/24"},
                               {"proto", "udp"},
                               {"state", "active"},
                               {"min_rtt", "80ms"},
                               {"min_turnaround", "1.5ms"},
                               {"min_wait", "20ms"},
                               {"over_slo", "any"},
                               {"sort", "-rtt_p99"},
                               {"limit", "10"},
                               {"window", "5m"},
                               {"format", "jsonl"}}}));
}

struct BadFilter {
  ConnectionFlags flags;
  const char* message;  // its beginning
};

class BadFilters : public testing::TestWithParam<BadFilter> {};

TEST_P(BadFilters, AreUsageErrorsThatNameTheFlagOnce) {
  const auto request = connections_request(GetParam().flags);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().failure, Failure::kUsage);
  EXPECT_THAT(request.error().message, StartsWith(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    ConnectionsRequest, BadFilters,
    testing::Values(BadFilter{{.port = "0"}, "--port: 0 is not between"}, BadFilter{{.remote = "192.0.2.0/33"}, "--remote: "},
                    BadFilter{{.proto = "sctp"}, "--proto: \"sctp\""}, BadFilter{{.state = "open"}, "--state: \"open\""},
                    BadFilter{{.min_rtt = "80"}, "--min-rtt: duration"},
                    BadFilter{{.min_turnaround = "x"}, "--min-turnaround: duration"},
                    BadFilter{{.min_wait = "x"}, "--min-wait: duration"}, BadFilter{{.sort = "-name"}, "--sort: \"name\""},
                    BadFilter{{.window = "2m"}, "--window: \"2m\" is not a window"}, BadFilter{{.window = ""}, "--window: \"\""},
                    BadFilter{{.limit = "-1"}, "--limit: "}),
    [](const auto& filter) { return param_name(filter.index, filter.param.message); });

struct Interval {
  const char* text;
  std::chrono::nanoseconds time;  // 0: refused
};

class WatchIntervals : public testing::TestWithParam<Interval> {};

TEST_P(WatchIntervals, LieBetween100MillisecondsAndOneHour) {
  const auto interval = watch_interval({.interval = GetParam().text});
  EXPECT_EQ(interval.value_or(0ns), GetParam().time);
  if (!interval) {
    EXPECT_EQ(interval.error().failure, Failure::kUsage);
    EXPECT_THAT(interval.error().message, StartsWith("--interval: "));
  }
}

INSTANTIATE_TEST_SUITE_P(ConnectionsRequest, WatchIntervals,
                         testing::Values(Interval{"100ms", 100ms}, Interval{"1h", 1h}, Interval{"99ms", 0ns},
                                         Interval{"61m", 0ns}, Interval{"1", 0ns}, Interval{"", 0ns}),
                         [](const auto& interval) { return param_name(interval.index, interval.param.text); });

TEST(InspectRequest, PutsTheConnectionIntoThePath) {
  EXPECT_EQ(inspect_request("192.0.2.1:4000", "json", "10s"),
            (Request{"/api/v1/connections/192.0.2.1:4000", {{"window", "10s"}, {"format", "json"}}}));
}

TEST(InspectRequest, RefusesAnEmptyName) {
  const auto request = inspect_request("", "text", "all");
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().failure, Failure::kUsage);
}

TEST(ServicesRequest, CarriesTheWindow) {
  EXPECT_EQ(services_request("table", "5m"), (Request{"/api/v1/services", {{"window", "5m"}, {"format", "table"}}}));
}

TEST(WindowFlag, IsRefusedByItsNameWhenThereIsNoSuchWindow) {
  for (const auto& request : {inspect_request("12.3", "text", "2m"), services_request("table", "")}) {
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().failure, Failure::kUsage);
    EXPECT_THAT(request.error().message, StartsWith("--window: "));
  }
}

TEST(BodyOf, IsTheBodyOfASuccess) { EXPECT_EQ(body_of({.status = 200, .body = "rows\n"}), "rows\n"); }

struct Refusal {
  long status;
  const char* body;
  Failure failure;
  const char* message;
};

class Refusals : public testing::TestWithParam<Refusal> {};

TEST_P(Refusals, BecomeErrorsWithTheReasonOfTheAgent) {
  const auto body = body_of({.status = GetParam().status, .body = GetParam().body});
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().failure, GetParam().failure);
  EXPECT_EQ(body.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    BodyOf, Refusals,
    testing::Values(Refusal{404, R"({"schema_version":1,"error":"no connection 9.1"})", Failure::kFailed, "no connection 9.1"},
                    Refusal{400, R"({"schema_version":1,"error":"bad port"})", Failure::kUsage, "bad port"},
                    Refusal{503, R"({"schema_version":1,"error":"no tick yet"})", Failure::kFailed, "no tick yet"},
                    Refusal{500, "internal error: x\n", Failure::kFailed, "internal error: x"},
                    Refusal{502, "", Failure::kFailed, "the agent answered with status 502"},
                    Refusal{404, R"({"error":7})", Failure::kFailed, R"({"error":7})"}, Refusal{301, "[", Failure::kFailed, "["}),
    [](const auto& refusal) { return param_name(refusal.index, std::to_string(refusal.param.status)); });

}  // namespace
}  // namespace tickwire::cli
