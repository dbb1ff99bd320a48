// SPDX-License-Identifier: Apache-2.0
#include "api/routes.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "unit/config/param_name.h"
#include "unit/export/sample_snapshot.h"

namespace tickwire::api {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kJson = "application/json";
constexpr const char* kMetrics = "text/plain; version=0.0.4; charset=utf-8";

std::shared_ptr<const model::Snapshot> sample_snapshot() { return std::make_shared<model::Snapshot>(sample::snapshot()); }

Routes routes(RouteOptions options = {}, Routes::Latest latest = sample_snapshot, std::chrono::nanoseconds age = 300ms) {
  return Routes(std::move(options), std::move(latest), [age] { return sample::kMonotonic + age; });
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

Response get(const Routes& routes, Listener listener, std::string_view path, Parameters parameters = {}) {
  return routes.answer({.listener = listener, .method = "GET", .path = path, .parameters = std::move(parameters)});
}
Response get(std::string_view path, Parameters parameters = {}) {
  return get(routes(), Listener::kUnix, path, std::move(parameters));
}

TEST(MetricsPage, CountsWhatTheWebConfigurationRefused) {
  const auto page = [](RouteOptions options) { return get(routes(std::move(options)), Listener::kTcp, "/metrics").body; };
  EXPECT_THAT(page({.refusals = [] { return exporting::HttpRefusals{.password = 3, .limit = 200}; }}),
              AllOf(HasSubstr("tickwire_http_refused_total{reason=\"password\"} 3"),
                    HasSubstr("tickwire_http_refused_total{reason=\"limit\"} 200")));
  EXPECT_THAT(page({}), HasSubstr("tickwire_http_refused_total{reason=\"password\"} 0"));
}

struct Page {
  std::string_view path;
  Parameters parameters;
  const char* content_type;
};

class ApiPages : public testing::TestWithParam<Page> {};

TEST_P(ApiPages, AreServedOnTheUnixSocket) {
  const Response response = get(GetParam().path, GetParam().parameters);
  EXPECT_EQ(response.status, 200U) << response.body;
  EXPECT_EQ(response.content_type, GetParam().content_type);
  EXPECT_FALSE(response.body.empty());
}

TEST_P(ApiPages, AreServedOverTcpWhenTheFlagSaysSo) {
  const Response response = get(routes({.expose_connections = true}), Listener::kTcp, GetParam().path, GetParam().parameters);
  EXPECT_EQ(response.status, 200U);
}

TEST_P(ApiPages, AreRefusedOverTcpWithTheNameOfTheFlag) {
  const Response response = get(routes(), Listener::kTcp, GetParam().path, GetParam().parameters);
  EXPECT_EQ(response.status, 403U);
  EXPECT_EQ(response.content_type, kJson);
  EXPECT_THAT(response.body, AllOf(HasSubstr("--expose-connections"), Not(HasSubstr("198.51.100"))));
}

TEST_P(ApiPages, AreUnavailableBeforeTheFirstTick) {
  const Response response = get(routes({}, [] { return nullptr; }), Listener::kUnix, GetParam().path, GetParam().parameters);
  EXPECT_EQ(response.status, 503U);
  EXPECT_THAT(response.body, HasSubstr("no tick yet"));
}

TEST_P(ApiPages, RefuseAnUnknownParameterByName) {
  Parameters parameters = GetParam().parameters;
  parameters.emplace_back("colour", "red");
  const Response response = get(GetParam().path, parameters);
  EXPECT_EQ(response.status, 400U);
  EXPECT_THAT(response.body, HasSubstr("colour"));
}

TEST_P(ApiPages, RefuseAnUnknownFormatWithTheKnownOnes) {
  const Response response = get(GetParam().path, {{"format", "xml"}});
  EXPECT_EQ(response.status, 400U);
  EXPECT_THAT(response.body, HasSubstr("format 'xml' is none of json, "));
}

TEST_P(ApiPages, RefuseASecondFormat) {
  const Response response = get(GetParam().path, {{"format", "json"}, {"format", "json"}});
  EXPECT_EQ(response.status, 400U);
  EXPECT_THAT(response.body, HasSubstr("given twice"));
}

INSTANTIATE_TEST_SUITE_P(
    Routes, ApiPages,
    testing::Values(Page{"/api/v1/connections", {}, kJson}, Page{"/api/v1/connections", {{"format", "json"}}, kJson},
                    Page{"/api/v1/connections", {{"format", "jsonl"}}, "application/x-ndjson"},
                    Page{"/api/v1/connections", {{"format", "table"}}, kText},
                    Page{"/api/v1/connections", {{"format", "wide"}}, kText}, Page{"/api/v1/connections/3.1", {}, kJson},
                    Page{"/api/v1/connections/3.1", {{"format", "text"}}, kText},
                    Page{"/api/v1/connections/198.51.100.8:50000", {{"format", "json"}}, kJson},
                    Page{"/api/v1/connections/192.0.2.10:9000>198.51.100.7:40001", {}, kJson},
                    Page{"/api/v1/services", {}, kJson}, Page{"/api/v1/services", {{"format", "table"}}, kText},
                    Page{"/api/v1/services", {{"format", "text"}}, kText}, Page{"/api/v1/status", {}, kJson},
                    Page{"/api/v1/status", {{"format", "text"}}, kText}, Page{"/api/v1/status", {{"format", "table"}}, kText}),
    [](const auto& page) {
      return param_name(page.index,
                        std::string(page.param.path) + (page.param.parameters.empty() ? "" : page.param.parameters[0].second));
    });

class OpenPages : public testing::TestWithParam<Listener> {};

TEST_P(OpenPages, ServeMetrics) {
  const Response response = get(routes(), GetParam(), "/metrics");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.content_type, kMetrics);
  EXPECT_THAT(response.body, AllOf(HasSubstr("# TYPE tickwire_"), Not(HasSubstr("198.51.100"))));
}

TEST_P(OpenPages, ServeConnectionMetricsWhereTheConnectionTableIsServed) {
  const Response response = get(routes({.expose_connections = true}), GetParam(), "/metrics/connections");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.content_type, kMetrics);
  EXPECT_THAT(response.body, HasSubstr("198.51.100.7"));
}

TEST(ConnectionMetrics, AreRefusedOverTcpWithTheNameOfTheFlag) {
  const Response response = get(routes(), Listener::kTcp, "/metrics/connections");
  EXPECT_EQ(response.status, 403U);
  EXPECT_THAT(response.body, AllOf(HasSubstr("--expose-connections"), Not(HasSubstr("198.51.100"))));
}

TEST(ConnectionMetrics, AreServedOnTheUnixSocket) {
  EXPECT_EQ(get(routes(), Listener::kUnix, "/metrics/connections").status, 200U);
}

TEST_P(OpenPages, RefuseParametersOfMetrics) { EXPECT_EQ(get(routes(), GetParam(), "/metrics", {{"name", "up"}}).status, 400U); }

TEST_P(OpenPages, HaveNoMetricsBeforeTheFirstTick) {
  EXPECT_EQ(get(routes({}, [] { return nullptr; }), GetParam(), "/metrics").status, 503U);
}

TEST_P(OpenPages, AreHealthyWithARecentTick) {
  const Response response = get(routes(), GetParam(), "/healthz");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.content_type, kText);
  EXPECT_EQ(response.body, "ok: the last tick is 300ms old\n");
}

TEST_P(OpenPages, SayWhyTheyAreNotReady) {
  const Response response = get(routes(), GetParam(), "/readyz");
  EXPECT_EQ(response.status, 503U);
  EXPECT_EQ(response.body, "eth0 moves packets that the agent does not see\n");
}

INSTANTIATE_TEST_SUITE_P(Routes, OpenPages, testing::Values(Listener::kTcp, Listener::kUnix),
                         [](const auto& listener) { return listener.param == Listener::kTcp ? "Tcp" : "Unix"; });

std::shared_ptr<const model::Snapshot> ready_snapshot(std::chrono::nanoseconds interval) {
  auto snapshot = std::make_shared<model::Snapshot>(sample::snapshot());
  snapshot->readiness = {.ready = true, .problems = {}};
  snapshot->interval = interval;
  return snapshot;
}

TEST(Windows, AreThoseOfTheTablesThatWereAskedFor) {
  for (const char* path : {"/api/v1/connections", "/api/v1/services"}) {
    EXPECT_THAT(get(path, {{"format", "table"}, {"window", "10s"}}).body, HasSubstr("RTT 10s"));
    EXPECT_THAT(get(path, {{"format", "table"}}).body, HasSubstr("RTT all"));
  }
  EXPECT_THAT(get("/api/v1/connections/3.1", {{"format", "text"}, {"window", "10s"}}).body, HasSubstr("the last 10s"));
}

TEST(Windows, AreRefusedWithTheKnownOnes) {
  for (const char* path : {"/api/v1/connections", "/api/v1/services", "/api/v1/connections/3.1"}) {
    const Response response = get(path, {{"window", "2m"}});
    EXPECT_EQ(response.status, 400U) << path;
    EXPECT_THAT(response.body, AllOf(HasSubstr("is not a window"), HasSubstr("10s, 1m, 5m, all"))) << path;
    EXPECT_EQ(get(path, {{"window", "1m"}, {"window", "1m"}}).status, 400U) << path;
  }
  EXPECT_EQ(get("/api/v1/status", {{"window", "1m"}}).status, 400U);
}

TEST(Routes, AreReadyWhenTheSnapshotSaysSo) {
  const Response response = get(routes({}, [] { return ready_snapshot(1s); }), Listener::kTcp, "/readyz");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, "ready\n");
}

TEST(Routes, AreNeitherHealthyNorReadyBeforeTheFirstTick) {
  const Routes starting = routes({}, [] { return nullptr; });
  for (const char* path : {"/healthz", "/readyz"}) {
    const Response response = get(starting, Listener::kTcp, path);
    EXPECT_EQ(response.status, 503U);
    EXPECT_EQ(response.body, "no tick yet: the agent is starting\n");
  }
}

struct Age {
  std::chrono::nanoseconds interval;
  std::chrono::nanoseconds age;
  unsigned status;
};

class HealthAges : public testing::TestWithParam<Age> {};

TEST_P(HealthAges, AreJudgedByFiveIntervalsAndFiveSeconds) {
  const Age& age = GetParam();
  const Routes aged = routes(
      {}, [&] { return ready_snapshot(age.interval); }, age.age);
  EXPECT_EQ(get(aged, Listener::kTcp, "/healthz").status, age.status);
  EXPECT_EQ(get(aged, Listener::kTcp, "/readyz").status, age.status);
}

INSTANTIATE_TEST_SUITE_P(Routes, HealthAges,
                         testing::Values(Age{50ms, 5s, 200}, Age{50ms, 5s + 1ns, 503}, Age{2s, 10s, 200}, Age{2s, 10s + 1ns, 503},
                                         Age{1s, -1s, 200}),
                         [](const auto& age) {
                           return param_name(age.index, "after" + std::to_string(age.param.age.count()) + "ns");
                         });

TEST(Routes, SayHowOldTheLastTickIs) {
  EXPECT_EQ(get(routes({}, sample_snapshot, 7s), Listener::kTcp, "/healthz").body,
            "the last tick is 7.00s old, more than 5.00s\n");
}

TEST(Routes, LimitTheSeriesOfConnectionMetrics) {
  const Response response = get(routes({.connection_series = 0}), Listener::kUnix, "/metrics/connections");
  EXPECT_EQ(response.status, 200U);
  EXPECT_THAT(response.body, Not(HasSubstr("198.51.100.7")));
}

TEST(Routes, FilterConnections) {
  const Response response = get("/api/v1/connections", {{"service", "world"}, {"format", "jsonl"}});
  EXPECT_THAT(response.body, AllOf(HasSubstr("198.51.100.8"), Not(HasSubstr("198.51.100.7"))));
}

TEST(Routes, SortAndLimitConnections) {
  const Response response = get("/api/v1/connections", {{"sort", "-packets"}, {"limit", "1"}, {"format", "jsonl"}});
  EXPECT_THAT(response.body, AllOf(HasSubstr("198.51.100.7"), Not(HasSubstr("198.51.100.8"))));
}

TEST(Routes, RefuseABadFilterWithAReason) {
  const Response response = get("/api/v1/connections", {{"port", "70000"}});
  EXPECT_EQ(response.status, 400U);
  EXPECT_EQ(response.content_type, kJson);
  EXPECT_THAT(response.body, AllOf(StartsWith("{"), HasSubstr("port"), HasSubstr("70000")));
}

TEST(Routes, RefuseAnObjectiveThatTheAgentHasNot) {
  const Response response = get("/api/v1/connections", {{"over_slo", "rtt_1s"}});
  EXPECT_EQ(response.status, 400U);
  EXPECT_THAT(response.body, HasSubstr("over_slo: there is no objective"));
}

TEST(Routes, ListNobodyAtRiskWithoutObjectives) {
  const Response response = get("/api/v1/connections", {{"over_slo", "any"}, {"format", "jsonl"}});
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, "");
}

TEST(Routes, FindNoConnectionThatIsNotThere) {
  for (const char* path :
       {"/api/v1/connections/99.1", "/api/v1/connections/", "/api/v1/connections/x", "/api/v1/connections/a/b"}) {
    EXPECT_EQ(get(path).status, 404U) << path;
  }
}

TEST(Routes, HaveNothingAtUnknownPaths) {
  for (const char* path :
       {"", "/", "/metrics/", "/metrics/x", "/healthz/", "/api", "/api/v1", "/api/v1/", "/api/v1/statuses", "/api/v2/status"}) {
    const Response response = get(path);
    EXPECT_EQ(response.status, 404U) << path;
    EXPECT_EQ(response.content_type, kJson);
  }
}

TEST(Routes, ShowAnUnknownPathInPrintableCharacters) { EXPECT_THAT(get("/\x1b[31m\xff").body, HasSubstr("'/?[31m?'")); }

class OtherMethods : public testing::TestWithParam<const char*> {};

TEST_P(OtherMethods, AreNotAllowed) {
  for (const char* path : {"/metrics", "/healthz", "/api/v1/status"}) {
    const Response response = routes().answer({.listener = Listener::kTcp, .method = GetParam(), .path = path, .parameters = {}});
    EXPECT_EQ(response.status, 405U);
    EXPECT_EQ(response.allow, "GET, HEAD");
  }
}

INSTANTIATE_TEST_SUITE_P(Routes, OtherMethods, testing::Values("POST", "PUT", "DELETE", "OPTIONS", "get", ""),
                         [](const auto& method) { return param_name(method.index, method.param); });

TEST(Routes, AnswerHeadAsGet) {
  const Response response = routes().answer({.listener = Listener::kTcp, .method = "HEAD", .path = "/metrics", .parameters = {}});
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.allow, "");
}

TEST(Routes, TurnAnExceptionIntoAnInternalError) {
  const Routes broken = routes({}, []() -> std::shared_ptr<const model::Snapshot> { throw std::runtime_error("no snapshot"); });
  const Response response = get(broken, Listener::kTcp, "/metrics");
  EXPECT_EQ(response.status, 500U);
  EXPECT_EQ(response.body, "internal error: no snapshot\n");
}

}  // namespace
}  // namespace tickwire::api
