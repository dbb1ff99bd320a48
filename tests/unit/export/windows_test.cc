// SPDX-License-Identifier: Apache-2.0
#include "export/windows.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "export/json.h"
#include "export/tables.h"
#include "unit/export/golden.h"
#include "unit/export/sample_snapshot.h"

namespace tickwire::exporting {
namespace {

using namespace std::chrono_literals;

using testing::HasSubstr;
using testing::Not;

Json connection_document(const model::Connection& connection) {
  return Json::parse(connection_json(sample::snapshot(), connection))["connection"];
}

TEST(WindowsJson, HasTheSamplesOfEachWindow) {
  const Json windows = connection_document(sample::tcp_connection())["rtt"]["windows"];
  EXPECT_EQ(windows["10s"]["samples"], 20);
  EXPECT_EQ(windows["1m"]["samples"], 100);
  EXPECT_EQ(windows["5m"]["samples"], 120);
  EXPECT_EQ(windows["10s"]["p95_ns"], 92'274'688);
  EXPECT_EQ(windows["10s"]["p99_ns"], nullptr);
  EXPECT_EQ(windows["1m"]["p99_ns"], 92'274'688);
  EXPECT_EQ(windows["5m"]["p999_ns"], nullptr);
  EXPECT_EQ(windows["10s"]["min_ns"], 19'800'000);
  EXPECT_EQ(windows["1m"]["min_ns"], 16'100'000);
  EXPECT_EQ(windows["5m"]["min_ns"], 15'200'000);
}

TEST(WindowsJson, HasTheQueueingDelayOfTheLastTenSecondsOverBothMinima) {
  const Json delay = connection_document(sample::tcp_connection())["rtt"]["queueing_delay"];
  EXPECT_EQ(delay["10s"]["p50_ns"], 0);  // the median and the minimum lie in one cell
  EXPECT_EQ(delay["10s"]["p95_ns"], 92'274'688 - 19'800'000);
  EXPECT_EQ(delay["5m"]["p50_ns"], 18'874'368 - 15'200'000);
  EXPECT_EQ(delay["5m"]["p95_ns"], 92'274'688 - 15'200'000);
}

TEST(WindowsJson, HasNoQueueingDelayOfASilentConnection) {
  const Json rtt = connection_document(sample::ruled_connection())["rtt"];
  EXPECT_EQ(rtt["windows"]["10s"]["samples"], 0);
  EXPECT_EQ(rtt["windows"]["10s"]["p50_ns"], nullptr);
  EXPECT_EQ(rtt["windows"]["1m"]["samples"], 270);
  EXPECT_EQ(rtt["queueing_delay"]["5m"]["p50_ns"], nullptr);
}

TEST(WindowsJson, IsNullWhereNothingWasMeasured) {
  const Json connection = connection_document(sample::udp_connection());
  EXPECT_EQ(connection["rtt"]["windows"], nullptr);
  EXPECT_EQ(connection["rtt"]["queueing_delay"], nullptr);
  EXPECT_EQ(connection["turnaround"]["windows"]["1m"]["samples"], 10);
  EXPECT_EQ(connection["turnaround"]["windows"]["1m"]["min_ns"], nullptr);
  EXPECT_FALSE(connection["turnaround"].contains("queueing_delay"));
}

TEST(WindowsJson, IsNullWhereTheRuleDoesNotFit) {
  const Json connection = connection_document(sample::misfit_connection());
  for (const char* quantity : {"rtt", "rtt_network", "turnaround"})
    EXPECT_EQ(connection[quantity]["windows"], nullptr) << quantity;
  EXPECT_EQ(connection["rtt"]["queueing_delay"], nullptr);
}

TEST(WindowsJson, IsThereForEachMethodOfAService) {
  const Json services = Json::parse(services_json(sample::snapshot()))["services"];
  EXPECT_EQ(services[0]["rtt"][0]["method"], "tcp_handshake");
  EXPECT_EQ(services[0]["rtt"][0]["windows"]["5m"]["samples"], 0);
  EXPECT_EQ(services[0]["rtt"][1]["windows"]["10s"]["samples"], 20);
  EXPECT_EQ(services[0]["rtt"][1]["windows"]["5m"]["samples"], 120);
  EXPECT_EQ(services[0]["rtt"][2]["windows"], nullptr);  // tcp_sequence: never a sample
  EXPECT_EQ(services[4]["rtt"][0]["method"], "rule");
  EXPECT_EQ(services[4]["rtt"][0]["windows"], nullptr);  // does not fit
}

TEST(WindowsJson, TakesTheMinimumOfSamplesThatMayHaveBeenDelayedToo) {
  model::Snapshot snapshot = sample::snapshot();
  model::Connection connection = sample::tcp_connection();
  connection.rtt_delayed = sample::latency(model::Series::kRttTimestampDelayed, {{14ms, 1}});
  snapshot.recent_connections =
      sample::recent(model::Resolution::kConnection, {{{3, 1},
                                                       {{1s, model::Series::kRttTimestamp, {{20ms, 18}}, 19ms},
                                                        {40s, model::Series::kRttTimestampDelayed, {{14ms, 1}}, 14ms}}}});
  const auto windows = windows_of(snapshot, connection, connection.rtt);
  ASSERT_TRUE(windows);
  EXPECT_EQ(windows->at(0).min, 19ms);
  EXPECT_EQ(windows->at(1).min, 14ms);
  EXPECT_EQ(windows->at(1).samples, 18U);
}

TEST(WindowsText, HasALineAWindowAndOneOfQueueingDelay) {
  EXPECT_EQ(windows_text(sample::snapshot(), sample::tcp_connection(), sample::tcp_connection().turnaround),
            "  LAST  SAMPLES  MIN    P50     P90     P95  P99  P99.9     MAX\n"
            "   10s       40    -  852us  1.18ms  1.18ms    -      -  1.31ms\n"
            "    1m       40    -  852us  1.18ms  1.18ms    -      -  1.31ms\n"
            "    5m       40    -  852us  1.18ms  1.18ms    -      -  1.31ms\n");
  const model::Connection connection = sample::tcp_connection();
  EXPECT_THAT(
      windows_text(sample::snapshot(), connection, connection.rtt),
      HasSubstr("\n  queueing delay, last 10s: p50 0s, p95 72.5ms above the minimum of 10s; p50 3.67ms, p95 77.1ms above the "
                "minimum of 5m\n"));
}

TEST(WindowsText, IsEmptyWhereNothingWasMeasured) {
  const model::Connection connection = sample::udp_connection();
  EXPECT_EQ(windows_text(sample::snapshot(), connection, connection.rtt), "");
}

TEST(ConnectionsTable, ShowsTheWindowThatWasAskedFor) {
  const model::Snapshot snapshot = sample::snapshot();
  const std::string text = connections_table(snapshot, snapshot.connections, false, model::Window::k1m);
  EXPECT_EQ(text, golden::expected("connections_1m.txt", text));
}

TEST(ServicesTable, ShowsTheWindowThatWasAskedFor) {
  const std::string text = services_table(sample::snapshot(), model::Window::k10s);
  EXPECT_EQ(text, golden::expected("services_10s.txt", text));
}

TEST(ConnectionText, DrawsTheBarsOfTheWindowThatWasAskedFor) {
  const std::string text = connection_text(sample::snapshot(), sample::tcp_connection(), model::Window::k10s);
  EXPECT_THAT(text, HasSubstr("\n  the last 10s\n  16.8ms - 21.0ms  ########################################  18   90.0 %\n"));
  EXPECT_THAT(text, Not(HasSubstr("12.6ms - 14.7ms")));
}

TEST(ConnectionText, SaysThatTheWindowHasNoSamples) {
  const std::string text = connection_text(sample::snapshot(), sample::udp_connection(), model::Window::k10s);
  EXPECT_THAT(text, HasSubstr("\n  no samples in the last 10s\n"));
}

}  // namespace
}  // namespace tickwire::exporting
