// SPDX-License-Identifier: Apache-2.0
#include "export/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/text.h"
#include "unit/export/comma_locale.h"
#include "unit/export/golden.h"
#include "unit/export/sample_snapshot.h"

namespace tickwire::exporting {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(const model::Snapshot& snapshot) { return metrics_text(service_families(snapshot)); }

TEST(ServiceFamilies, AreTheseForTheSample) {
  const std::string text = text_of(sample::snapshot());
  EXPECT_EQ(text, golden::expected("metrics.txt", text));
}

TEST(ServiceFamilies, AreTheSameInALocaleWithCommas) {
  const std::string before = text_of(sample::snapshot());
  const CommaLocale scope;
  EXPECT_EQ(text_of(sample::snapshot()), before);
}

TEST(ServiceFamilies, AreTheSameForTheSameSnapshot) { EXPECT_EQ(text_of(sample::snapshot()), text_of(sample::snapshot())); }

TEST(ServiceFamilies, AddUpServicesOfTheSameNameAndProtocol) {
  const std::string text = text_of(sample::snapshot());
  EXPECT_THAT(text, HasSubstr("tickwire_packets_total{service=\"world\",protocol=\"udp\",direction=\"ingress\"} 1200\n"));
  EXPECT_THAT(text, HasSubstr("tickwire_connections_opened_total{service=\"world\",protocol=\"udp\"} 8\n"));
  EXPECT_THAT(text,
              HasSubstr("tickwire_turnaround_seconds_count{service=\"world\",protocol=\"udp\",method=\"next_packet\"} 15\n"));
}

TEST(ServiceFamilies, KeepServicesOfTheSameNameAndOtherProtocolApart) {
  model::Snapshot snapshot = sample::snapshot();
  snapshot.services[0].id.name = "world";
  const std::string text = text_of(snapshot);
  EXPECT_THAT(text, HasSubstr("tickwire_connections_opened_total{service=\"world\",protocol=\"tcp\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("tickwire_connections_opened_total{service=\"world\",protocol=\"udp\"} 8\n"));
}

TEST(ServiceFamilies, HaveEverySeriesOfANewServiceAtZero) {
  model::Snapshot snapshot;
  snapshot.services = {{.id = {.name = "new", .protocol = model::Protocol::kTcp, .port = 1}}};
  const std::string text = text_of(snapshot);
  for (const char* method : {"tcp_handshake", "tcp_timestamp", "tcp_sequence"}) {
    EXPECT_THAT(text, HasSubstr(std::string("tickwire_rtt_seconds_count{service=\"new\",protocol=\"tcp\",method=\"") + method +
                                "\"} 0\n"));
  }
  EXPECT_THAT(text, HasSubstr("tickwire_turnaround_seconds_count{service=\"new\",protocol=\"tcp\",method=\"next_packet\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("tickwire_connections{service=\"new\",protocol=\"tcp\",state=\"established\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("tickwire_connections_closed_total{service=\"new\",protocol=\"tcp\",reason=\"timeout\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("tickwire_tcp_state_transitions_total{service=\"new\",to=\"established\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("tickwire_tcp_retransmissions_total{service=\"new\"} 0\n"));
}

TEST(ServiceFamilies, HaveNoSeriesThatUdpCannotHave) {
  model::Snapshot snapshot;
  snapshot.services = {{.id = {.name = "new", .protocol = model::Protocol::kUdp, .port = 1}}};
  const std::string text = text_of(snapshot);
  EXPECT_THAT(text, Not(HasSubstr("tickwire_rtt_seconds")));
  EXPECT_THAT(text, Not(HasSubstr("established")));
  EXPECT_THAT(text, Not(HasSubstr("tickwire_tcp_")));
  EXPECT_THAT(text, HasSubstr("tickwire_connections{service=\"new\",protocol=\"udp\",state=\"active\"} 0\n"));
}

TEST(ServiceFamilies, HaveEverySeriesOfANewServiceWithARuleAtZero) {
  model::Snapshot snapshot;
  snapshot.services = {{.id = {.name = "new", .protocol = model::Protocol::kTcp, .port = 1}, .rule = model::RuleCounts{}}};
  const std::string text = text_of(snapshot);
  const std::string labels = "{service=\"new\",protocol=\"tcp\"";
  EXPECT_THAT(text, HasSubstr("tickwire_rtt_seconds_count" + labels + ",method=\"rule\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("tickwire_rtt_seconds_count" + labels + ",method=\"rule_network\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("tickwire_turnaround_seconds_count" + labels + ",method=\"rule\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("tickwire_rule_fits" + labels + "} 1\n"));
  for (const char* family : {"rule_messages_total", "rule_strangers_total", "rule_tokens_total", "rule_echoes_total",
                             "sequence_messages_total", "sequence_expected_total", "sequence_passed_over_total",
                             "sequence_reordered_total", "sequence_duplicated_total", "sequence_jumps_total"}) {
    EXPECT_THAT(text, HasSubstr(std::string("tickwire_") + family + labels + ",direction=\"ingress\"} 0\n"));
    EXPECT_THAT(text, HasSubstr(std::string("tickwire_") + family + labels + ",direction=\"egress\"} 0\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr("method=\"tcp_")));
  EXPECT_THAT(text, Not(HasSubstr("method=\"next_packet")));
}

TEST(ServiceFamilies, HaveOtherMethodsOfAServiceWithARuleWhenTheyHaveSamples) {
  model::Snapshot snapshot;
  snapshot.services = {sample::tcp_service()};
  snapshot.services[0].rule = model::RuleCounts{};
  const std::string text = text_of(snapshot);
  EXPECT_THAT(text, HasSubstr("tickwire_rtt_seconds_count{service=\"gate\",protocol=\"tcp\",method=\"tcp_handshake\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("tcp_sequence")));
}

TEST(ServiceFamilies, HaveNoSeriesOfARuleWithoutOne) {
  model::Snapshot snapshot;
  snapshot.services = {sample::tcp_service(), sample::udp_service(7777, 10)};
  const std::string text = text_of(snapshot);
  EXPECT_THAT(text, Not(HasSubstr("rule")));
  EXPECT_THAT(text, Not(HasSubstr("tickwire_sequence_")));
}

TEST(ServiceFamilies, LeaveOutWhatARuleMeasuredThatDoesNotFit) {
  model::Snapshot snapshot;
  snapshot.services = {sample::zone_service()};
  const std::string text = text_of(snapshot);
  EXPECT_THAT(text, HasSubstr("tickwire_rule_fits{service=\"zone\",protocol=\"udp\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("tickwire_rule_messages_total{service=\"zone\",protocol=\"udp\",direction=\"ingress\"} 603\n"));
  EXPECT_THAT(text, Not(HasSubstr("tickwire_rtt_seconds")));
  EXPECT_THAT(text, Not(HasSubstr("tickwire_turnaround_seconds")));
  EXPECT_THAT(text, Not(HasSubstr("tickwire_sequence_")));
}

TEST(ServiceFamilies, FitOnlyWhereTheRuleFitsEveryPortOfTheService) {
  model::Snapshot snapshot;
  snapshot.services = {sample::yard_service(), sample::zone_service()};
  snapshot.services[1].id.name = "yard";
  const std::string text = text_of(snapshot);
  EXPECT_THAT(text, HasSubstr("tickwire_rule_fits{service=\"yard\",protocol=\"udp\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("tickwire_rule_messages_total{service=\"yard\",protocol=\"udp\",direction=\"ingress\"} 1203\n"));
  EXPECT_THAT(text, Not(HasSubstr("tickwire_rtt_seconds")));
}

TEST(ServiceFamilies, HaveNoPeerAddress) { EXPECT_THAT(text_of(sample::snapshot()), Not(HasSubstr("198.51.100."))); }

TEST(ServiceFamilies, LeaveOutProgramsWhileTheKernelDoesNotMeasureThem) {
  model::Snapshot snapshot = sample::snapshot();
  snapshot.programs = {{.program = "ingress"}, {.program = "egress"}};
  EXPECT_THAT(text_of(snapshot), Not(HasSubstr("tickwire_bpf_run")));
}

TEST(ServiceFamilies, CountASampleInTheBucketOfEachBoundThatItIsNotAbove) {
  // One sample on each bound: the bucket of the bound has it, the bucket before has not.
  model::Snapshot snapshot;
  auto histogram = std::make_shared<model::Histogram>(model::Resolution::kService);
  for (const std::chrono::nanoseconds bound : model::decimal_bounds()) histogram->record(bound);
  snapshot.services = {{.id = {.name = "edge", .protocol = model::Protocol::kUdp, .port = 1}}};
  snapshot.services[0].histograms[static_cast<std::size_t>(model::Series::kTurnaroundNextPacket)] = histogram;
  const auto families = service_families(snapshot);
  ASSERT_EQ(families[0].name, "tickwire_turnaround_seconds");
  const auto& buckets = families[0].metric[0].histogram.bucket;
  ASSERT_EQ(buckets.size(), 38U);
  for (std::size_t at = 0; at < buckets.size(); ++at) EXPECT_EQ(buckets[at].cumulative_count, at + 1);
}

TEST(MetricsText, WritesEveryDecimalBoundInItsShortestForm) {
  model::Snapshot snapshot;
  snapshot.services = {{.id = {.name = "a", .protocol = model::Protocol::kUdp, .port = 1}}};
  const std::string text = text_of(snapshot);
  std::string bounds;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t at = line.find("le=\"");
    if (at != std::string_view::npos) bounds += std::string(line.substr(at + 4, line.find('"', at + 4) - at - 4)) + ' ';
  }
  EXPECT_EQ(
      bounds,
      "5e-06 1e-05 2.5e-05 5e-05 0.0001 0.0002 0.00035 0.0005 0.00075 0.001 0.0015 0.002 0.003 0.005 0.0075 0.01 0.015 0.02 "
      "0.025 0.03 0.04 0.05 0.06 0.07 0.08 0.1 0.12 0.15 0.2 0.25 0.3 0.4 0.5 0.75 1 2 5 10 +Inf ");
}

TEST(MetricsText, EscapesLabelValuesAndHelp) {
  prometheus::MetricFamily family{.name = "a_total", .help = "one\\two\nthree \"four\"", .type = prometheus::MetricType::Counter};
  family.metric.push_back({.label = {{"x", "q\"b\\n\n"}}, .counter = {.value = 3}});
  EXPECT_EQ(metrics_text({family}),
            "# HELP a_total one\\\\two\\nthree \"four\"\n# TYPE a_total counter\na_total{x=\"q\\\"b\\\\n\\n\"} 3\n");
}

TEST(MetricsText, WritesCountersBeyondSevenDigitsExactly) {
  model::Snapshot snapshot;
  snapshot.ticks = 9'007'199'254'740'991;  // the largest that every double before it reaches in steps of one
  EXPECT_THAT(text_of(snapshot), HasSubstr("\ntickwire_ticks_total 9007199254740991\n"));
}

TEST(MetricsCollectable, GivesTheFamiliesOfTheLatestSnapshot) {
  const auto snapshot = std::make_shared<const model::Snapshot>(sample::snapshot());
  const MetricsCollectable collectable([&] { return snapshot; });
  EXPECT_EQ(metrics_text(collectable.Collect()), text_of(*snapshot));
}

TEST(MetricsCollectable, GivesNothingBeforeTheFirstTick) {
  const MetricsCollectable collectable([] { return nullptr; });
  EXPECT_TRUE(collectable.Collect().empty());
}

}  // namespace
}  // namespace tickwire::exporting
