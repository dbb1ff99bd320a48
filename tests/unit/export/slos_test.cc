// SPDX-License-Identifier: Apache-2.0
#include "export/slos.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "export/json.h"
#include "export/metrics.h"
#include "export/tables.h"
#include "unit/export/sample_stages.h"

namespace tickwire::exporting {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string family_of(const model::Snapshot& snapshot) {
  std::vector<prometheus::MetricFamily> families;
  append_slo_family(families, snapshot);
  return metrics_text(families);
}

TEST(SloFamily, CountsThePlayersAtRiskOfEachServiceAndObjective) {
  EXPECT_EQ(
      family_of(sample::stages_only()),
      "# HELP tickwire_connections_over_slo Connections that are beyond the objective in the last minute: players at risk.\n"
      "# TYPE tickwire_connections_over_slo gauge\n"
      "tickwire_connections_over_slo{service=\"arena\",protocol=\"udp\",slo=\"rtt_100ms\"} 0\n"
      "tickwire_connections_over_slo{service=\"arena\",protocol=\"udp\",slo=\"turnaround_40ms\"} 1\n"
      "tickwire_connections_over_slo{service=\"arena\",protocol=\"udp\",slo=\"socket_to_app_30ms\"} 1\n"
      "tickwire_connections_over_slo{service=\"portal\",protocol=\"tcp\",slo=\"turnaround_40ms\"} 0\n"
      "tickwire_connections_over_slo{service=\"portal\",protocol=\"tcp\",slo=\"socket_to_app_30ms\"} 0\n"
      "tickwire_connections_over_slo{service=\"portal\",protocol=\"tcp\",slo=\"rtt_20ms\"} 0\n");
}

TEST(SloFamily, IsAbsentWithoutObjectives) {
  model::Snapshot snapshot = sample::stages_only();
  snapshot.slos.clear();
  EXPECT_EQ(family_of(snapshot), "");
}

TEST(SloFamily, IsOneLabelSetForServicesOfTheSameName) {
  model::Snapshot snapshot = sample::stages_only();
  snapshot.services.push_back({.id = {.name = "arena", .protocol = model::Protocol::kUdp, .port = 7701}});
  std::ranges::sort(snapshot.services, {}, &model::Service::id);
  EXPECT_THAT(family_of(snapshot),
              HasSubstr("\ntickwire_connections_over_slo{service=\"arena\",protocol=\"udp\",slo=\"turnaround_40ms\"} 1\n"));
}

TEST(ServicesTable, NamesTheObjectivesThatPlayersAreBeyond) {
  const std::string text = services_table(sample::stages_only());
  EXPECT_THAT(text, HasSubstr("\narena udp/7700: players at risk in the last minute: turnaround_40ms 1, socket_to_app_30ms 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("portal tcp/9100: players")));
}

TEST(ServicesJson, CountsThePlayersAtRisk) {
  const auto services = Json::parse(services_json(sample::stages_only()))["services"];
  EXPECT_EQ(services[0]["over_slo"], (Json{{"rtt_100ms", 0}, {"turnaround_40ms", 1}, {"socket_to_app_30ms", 1}}));
  EXPECT_EQ(Json::parse(services_json(sample::snapshot()))["services"][0]["over_slo"], Json::object());
}

TEST(ConnectionsJson, NamesTheObjectivesThatTheConnectionIsBeyond) {
  const model::Snapshot snapshot = sample::stages_only();
  const auto rows = Json::parse(connections_json(snapshot, snapshot.connections))["connections"];
  EXPECT_EQ(rows[0]["over_slo"], (Json{"turnaround_40ms", "socket_to_app_30ms"}));
  EXPECT_EQ(rows[1]["over_slo"], Json::array());
}

}  // namespace
}  // namespace tickwire::exporting
