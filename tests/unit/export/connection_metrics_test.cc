// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "export/metrics.h"
#include "unit/export/golden.h"
#include "unit/export/sample_snapshot.h"

namespace tickwire::exporting {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Remote addresses that the family has series of, in their order.
std::vector<std::string> remotes(const std::vector<prometheus::MetricFamily>& families, const std::string& name) {
  std::vector<std::string> found;
  for (const prometheus::MetricFamily& family : families) {
    if (family.name != name) continue;
    for (const prometheus::ClientMetric& metric : family.metric) {
      if (found.empty() || found.back() != metric.label.at(3).value) found.push_back(metric.label.at(3).value);
    }
  }
  return found;
}

model::Snapshot many(std::uint16_t count) {
  model::Snapshot snapshot = sample::snapshot();
  snapshot.connections.clear();
  for (std::uint16_t at = 0; at < count; ++at) {
    model::Connection connection = sample::tcp_connection();
    connection.id.slot = at;
    connection.key.remote.port = at;
    connection.rtt.p99 = std::chrono::microseconds(1 + (at * 7919) % count);
    snapshot.connections.push_back(std::make_shared<model::Connection>(connection));
  }
  return snapshot;
}

TEST(ConnectionFamilies, AreTheseForTheSample) {
  const std::string text = metrics_text(connection_families(sample::snapshot(), 1000));
  EXPECT_EQ(text, golden::expected("metrics_connections.txt", text));
}

TEST(ConnectionFamilies, AreBoundedAndSayHowManyWereLeftOut) {
  const auto families = connection_families(many(10'000), 1000);
  EXPECT_EQ(remotes(families, "tickwire_connection_packets_total").size(), 1000U);
  EXPECT_EQ(remotes(families, "tickwire_connection_rtt_seconds").size(), 1000U);
  EXPECT_THAT(metrics_text(families), HasSubstr("\ntickwire_connection_series_dropped 9000\n"));
}

TEST(ConnectionFamilies, KeepThoseWithTheHighestRttFirst) {
  model::Snapshot snapshot = many(3);  // p99 of port 0: 1 us, of port 1: 3 us, of port 2: 2 us
  snapshot.connections.push_back(std::make_shared<model::Connection>(sample::udp_connection()));  // has none
  const auto families = connection_families(snapshot, 2);
  EXPECT_THAT(remotes(families, "tickwire_connection_packets_total"), ElementsAre("198.51.100.7:1", "198.51.100.7:2"));
  const auto all = connection_families(snapshot, 4);
  EXPECT_THAT(remotes(all, "tickwire_connection_packets_total"),
              ElementsAre("198.51.100.7:1", "198.51.100.7:2", "198.51.100.7:0", "198.51.100.8:50000"));
}

TEST(ConnectionFamilies, LeaveOutWhatARuleMeasuredThatDoesNotFit) {
  model::Snapshot snapshot = many(1);
  model::Connection misfit = sample::misfit_connection();
  misfit.rtt.p99 = std::chrono::seconds(9);
  snapshot.connections.push_back(std::make_shared<model::Connection>(misfit));
  const auto families = connection_families(snapshot, 2);
  EXPECT_THAT(remotes(families, "tickwire_connection_packets_total"), ElementsAre("198.51.100.7:0", "198.51.100.22:50000"));
  EXPECT_THAT(remotes(families, "tickwire_connection_rtt_seconds"), ElementsAre("198.51.100.7:0"));
  EXPECT_THAT(remotes(families, "tickwire_connection_turnaround_seconds"), ElementsAre("198.51.100.7:0"));
}

TEST(ConnectionFamilies, AreOnlyTheCountOfThoseLeftOutWhenNoneIsWanted) {
  EXPECT_EQ(metrics_text(connection_families(sample::snapshot(), 0)),
            "# HELP tickwire_connection_series_dropped Connections that --connection-series left out of this page.\n"
            "# TYPE tickwire_connection_series_dropped gauge\n"
            "tickwire_connection_series_dropped 5\n");
}

TEST(ConnectionFamilies, HaveOneSetOfSeriesForConnectionsBetweenTheSameEndpoints) {
  model::Snapshot snapshot = sample::snapshot();
  snapshot.connections.clear();
  model::Connection ended = sample::tcp_connection();
  ended.id.generation = 0;
  ended.closed = std::chrono::seconds(740);
  ended.opened = std::chrono::seconds(700);
  ended.traffic[0].packets = 1;
  snapshot.connections.push_back(std::make_shared<model::Connection>(ended));
  snapshot.connections.push_back(std::make_shared<model::Connection>(sample::tcp_connection()));
  ended.id.slot = 99;
  ended.opened = std::chrono::seconds(600);
  ended.closed = std::chrono::seconds(650);
  snapshot.connections.push_back(std::make_shared<model::Connection>(ended));
  const std::string text = metrics_text(connection_families(snapshot, 10));
  const std::string labels =
      R"({service="gate",protocol="tcp",local="192.0.2.10:9000",remote="198.51.100.7:40001",direction="ingress"})";
  EXPECT_THAT(text, HasSubstr("tickwire_connection_packets_total" + labels + " 1234\n"));
  EXPECT_THAT(text, Not(HasSubstr("tickwire_connection_packets_total" + labels + " 1\n")));
  EXPECT_THAT(text, HasSubstr("\ntickwire_connection_series_dropped 0\n"));
}

TEST(ConnectionFamilies, CountASampleOnAnOctaveOnlyAboveTheBoundBeforeIt) {
  model::Snapshot snapshot = sample::snapshot();
  model::Connection connection = sample::tcp_connection();
  connection.rtt =
      sample::latency(model::Series::kRttSequence, {{std::chrono::nanoseconds(2047), 1}, {std::chrono::nanoseconds(2048), 1}});
  snapshot.connections = {std::make_shared<model::Connection>(connection)};
  const auto families = connection_families(snapshot, 1);
  const auto& buckets = families[0].metric[0].histogram.bucket;
  ASSERT_EQ(buckets.size(), 23U);
  EXPECT_EQ(buckets[0].upper_bound, 2.047e-6);
  EXPECT_EQ(buckets[0].cumulative_count, 1U);
  EXPECT_EQ(buckets[1].cumulative_count, 2U);
  EXPECT_THAT(metrics_text(families), HasSubstr("method=\"tcp_sequence\",le=\"2.047e-06\"} 1\n"));
  EXPECT_THAT(metrics_text(families), HasSubstr("method=\"tcp_sequence\",le=\"8.589934591\"} 2\n"));
}

}  // namespace
}  // namespace tickwire::exporting
