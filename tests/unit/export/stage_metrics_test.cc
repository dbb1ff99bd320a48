// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "export/metrics.h"
#include "export/metrics_stages.h"
#include "unit/export/golden.h"
#include "unit/export/sample_stages.h"

namespace tickwire::exporting {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(const model::Snapshot& snapshot) {
  std::vector<prometheus::MetricFamily> families;
  append_stage_families(families, snapshot);
  return metrics_text(families);
}

model::Snapshot with_hooks(model::Service service) {
  model::Snapshot snapshot;
  snapshot.hooks = sample::stage_hooks();
  snapshot.services = {std::move(service)};
  return snapshot;
}

const model::ServiceId kUdp{.name = "new", .protocol = model::Protocol::kUdp, .port = 1};
const model::ServiceId kTcp{.name = "new", .protocol = model::Protocol::kTcp, .port = 1};

TEST(StageFamilies, AreTheseForTheSample) {
  const std::string text = text_of(sample::stages_only());
  EXPECT_EQ(text, golden::expected("metrics_stages.txt", text));
}

TEST(StageFamilies, AreAbsentWithoutStages) { EXPECT_EQ(text_of(sample::snapshot()), ""); }

TEST(StageFamilies, AreOfANewUdpServiceAtZero) {
  const std::string text = text_of(with_hooks({.id = kUdp}));
  for (const char* stage : {"nic_to_socket", "socket_to_app", "app", "qdisc"}) {
    EXPECT_THAT(text, HasSubstr("tickwire_stage_seconds_count{service=\"new\",protocol=\"udp\",stage=\"" + std::string(stage) +
                                "\"} 0\n"));
  }
  for (const char* direction : {"ingress", "egress", "rtt"}) {
    EXPECT_THAT(text, HasSubstr("tickwire_jitter_seconds_count{service=\"new\",protocol=\"udp\",direction=\"" +
                                std::string(direction) + "\"} 0\n"));
  }
  EXPECT_THAT(text, HasSubstr("\ntickwire_requests_followed_total{service=\"new\",protocol=\"udp\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\ntickwire_udp_refused_total{service=\"new\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\ntickwire_udp_waiting_max{service=\"new\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("tickwire_rtt_maybe_delayed_seconds")));
}

TEST(StageFamilies, HaveDelayedAcknowledgementsAndNoSocketOfATcpService) {
  const std::string text = text_of(with_hooks({.id = kTcp}));
  for (const char* method : {"tcp_timestamp", "tcp_sequence"}) {
    EXPECT_THAT(text, HasSubstr("tickwire_rtt_maybe_delayed_seconds_count{service=\"new\",protocol=\"tcp\",method=\"" +
                                std::string(method) + "\"} 0\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr("tickwire_udp_")));
  EXPECT_THAT(text, Not(HasSubstr("tickwire_starved_total")));
}

TEST(StageFamilies, HaveNoStageWhoseHookIsMissing) {
  model::Snapshot snapshot = with_hooks({.id = kUdp});
  std::erase_if(snapshot.hooks, [](const auto& hook) { return hook.capability == "qdisc"; });
  EXPECT_THAT(text_of(snapshot), HasSubstr("stage=\"socket_to_app\""));
  EXPECT_THAT(text_of(snapshot), Not(HasSubstr("stage=\"qdisc\"")));
}

TEST(StageFamilies, HaveNoTcpMethodOfAServiceWithARule) {
  const std::string text = text_of(with_hooks({.id = kTcp, .rule = model::RuleCounts{}}));
  EXPECT_THAT(text, Not(HasSubstr("tickwire_rtt_maybe_delayed_seconds")));
}

TEST(StageFamilies, AddUpSocketsOfTheSameNameAndTakeTheGreatestWait) {
  model::Snapshot snapshot = with_hooks({.id = kUdp});
  snapshot.services.push_back({.id = {.name = "new", .protocol = model::Protocol::kUdp, .port = 2}});
  snapshot.services[0].stages.socket = model::SocketCounts{.taken = 5, .refused = 2, .waiting_sum = 9, .waiting_max = 4};
  snapshot.services[1].stages.socket = model::SocketCounts{.taken = 6, .refused = 1, .waiting_sum = 1, .waiting_max = 3};
  const std::string text = text_of(snapshot);
  EXPECT_THAT(text, HasSubstr("\ntickwire_udp_taken_total{service=\"new\"} 11\n"));
  EXPECT_THAT(text, HasSubstr("\ntickwire_udp_refused_total{service=\"new\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("\ntickwire_udp_waiting_total{service=\"new\"} 10\n"));
  EXPECT_THAT(text, HasSubstr("\ntickwire_udp_waiting_max{service=\"new\"} 4\n"));
}

TEST(ServiceFamilies, KeepMaybeDelayedRoundTripsOutOfTheRtt) {
  const std::string text = metrics_text(service_families(sample::stages_only()));
  EXPECT_THAT(text, HasSubstr("tickwire_rtt_seconds_count{service=\"portal\",protocol=\"tcp\",method=\"tcp_timestamp\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("tickwire_rtt_maybe_delayed_seconds_count{service=\"portal\",protocol=\"tcp\",method=\"tcp_"
                              "timestamp\"} 200\n"));
}

TEST(ServiceFamilies, HaveNoPeerAddressWithStages) {
  EXPECT_THAT(metrics_text(service_families(sample::staged_snapshot())), Not(HasSubstr("198.51.100.")));
}

TEST(ConnectionFamilies, HaveSumsOfStagesAndJitterOfAConnection) {
  const std::string text = metrics_text(connection_families(sample::stages_only(), 1000));
  const std::string labels = R"({service="arena",protocol="udp",local="192.0.2.10:7700",remote="198.51.100.31:50000")";
  EXPECT_THAT(text, HasSubstr("# TYPE tickwire_connection_stage_seconds summary\n"));
  EXPECT_THAT(text, HasSubstr("\ntickwire_connection_stage_seconds_sum" + labels + ",stage=\"socket_to_app\"} 1.12\n"));
  EXPECT_THAT(text, HasSubstr("\ntickwire_connection_stage_seconds_count" + labels + ",stage=\"socket_to_app\"} 100\n"));
  EXPECT_THAT(text, HasSubstr("\ntickwire_connection_stage_seconds_sum" + labels + ",stage=\"qdisc\"} 0.0005\n"));
  EXPECT_THAT(text, HasSubstr("\ntickwire_connection_jitter_seconds" + labels + ",direction=\"ingress\"} 0.0012\n"));
  EXPECT_THAT(text, Not(HasSubstr("\ntickwire_connection_jitter_seconds" + labels + ",direction=\"rtt\"}")));
}

TEST(ConnectionFamilies, HaveNoStagesWithoutThem) {
  const std::string text = metrics_text(connection_families(sample::snapshot(), 1000));
  EXPECT_THAT(text, Not(HasSubstr("tickwire_connection_stage_seconds")));
  EXPECT_THAT(text, Not(HasSubstr("tickwire_connection_jitter_seconds")));
}

}  // namespace
}  // namespace tickwire::exporting
