// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "export/json.h"
#include "unit/export/golden.h"
#include "unit/export/sample_stages.h"

namespace tickwire::exporting {
namespace {

using nlohmann::ordered_json;

ordered_json connection_of(const model::Snapshot& snapshot, const model::Connection& connection) {
  return ordered_json::parse(connection_json(snapshot, connection))["connection"];
}

TEST(ConnectionJson, HasStagesWithTheirHooksTheSocketAndThePace) {
  const auto connection = connection_of(sample::staged_snapshot(), sample::slow_reader());
  ordered_json part;
  for (const char* key : {"rtt_maybe_delayed", "stages", "spacing", "jitter", "followed", "socket"}) part[key] = connection[key];
  const std::string text = part.dump(2) + '\n';
  EXPECT_EQ(text, golden::expected("connection_stages.json", text));
}

TEST(ConnectionJson, HasRoundTripsThatMayHaveBeenDelayedApart) {
  const auto connection = connection_of(sample::staged_snapshot(), sample::quiet_player());
  EXPECT_EQ(connection["rtt"]["samples"], 5);
  EXPECT_EQ(connection["rtt_maybe_delayed"]["samples"], 200);
  EXPECT_EQ(connection["rtt_maybe_delayed"]["method"], "tcp_timestamp");
  EXPECT_EQ(connection["jitter"]["rtt_ns"], 2'100'000);
  EXPECT_EQ(connection["jitter"]["egress_ns"], nullptr);
  EXPECT_EQ(connection["socket"], nullptr);
}

TEST(ConnectionJson, HasSharesThatAddUp) {
  const auto stages = connection_of(sample::staged_snapshot(), sample::slow_reader())["stages"];
  double sum = 0;
  std::int64_t means = 0;
  for (const char* stage : {"nic_to_socket", "socket_to_app", "app", "app_to_nic"}) {
    sum += stages[stage]["share"].get<double>();
    means += stages[stage]["mean_ns"].get<std::int64_t>();
  }
  EXPECT_NEAR(sum, 1.0, 1e-12);
  EXPECT_EQ(means, stages["turnaround_mean_ns"]);
  EXPECT_FALSE(stages["qdisc"].contains("share"));
}

TEST(ConnectionJson, SaysWhyStagesAreMissing) {
  model::Snapshot snapshot = sample::staged_snapshot();
  std::erase_if(snapshot.hooks, [](const auto& hook) { return hook.capability == "udp_read"; });
  model::Connection connection = sample::slow_reader();
  connection.stages = {};
  const auto stages = connection_of(snapshot, connection)["stages"];
  EXPECT_EQ(stages["socket_to_app"]["hook"], nullptr);
  EXPECT_EQ(stages["app"]["hook"], "cgroup/sendmsg4,6");
  EXPECT_EQ(stages["app"]["missing"], "nothing is attached for udp_read; `tickwire status` says why");
  EXPECT_EQ(stages["app"]["mean_ns"], nullptr);
  EXPECT_EQ(stages["app"]["share"], nullptr);
}

TEST(ConnectionJson, HasNullInsteadOfZeroWithoutStages) {
  const auto connection = connection_of(sample::snapshot(), sample::udp_connection());
  for (const char* key : {"rtt_maybe_delayed", "stages", "followed", "socket"}) EXPECT_EQ(connection[key], nullptr) << key;
  EXPECT_EQ(connection["jitter"]["ingress_ns"], nullptr);
  EXPECT_EQ(connection["spacing"]["egress_ns"], nullptr);
}

TEST(ConnectionsJson, HasStagesWithoutTheirHooks) {
  const model::Snapshot snapshot = sample::stages_only();
  const auto connection = ordered_json::parse(connections_json(snapshot, snapshot.connections))["connections"][0];
  EXPECT_EQ(connection["stages"]["app"]["samples"], 100);
  EXPECT_FALSE(connection["stages"]["app"].contains("hook"));
}

}  // namespace
}  // namespace tickwire::exporting
