// SPDX-License-Identifier: Apache-2.0
#include "export/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "unit/export/comma_locale.h"
#include "unit/export/golden.h"
#include "unit/export/sample_snapshot.h"

namespace tickwire::exporting {
namespace {

using nlohmann::ordered_json;

// The same document, indented: a golden file is there to be read.
std::string indented(const std::string& text) { return ordered_json::parse(text).dump(2) + '\n'; }

TEST(ConnectionsJson, HasEveryFieldOfEveryConnection) {
  const model::Snapshot snapshot = sample::snapshot();
  const std::string text = indented(connections_json(snapshot, snapshot.connections));
  EXPECT_EQ(text, golden::expected("connections.json", text));
}

TEST(ConnectionsJson, IsOneLineThatEndsWithANewline) {
  const model::Snapshot snapshot = sample::snapshot();
  const std::string text = connections_json(snapshot, snapshot.connections);
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_EQ(text.back(), '\n');
}

TEST(ConnectionsJson, IsAnEmptyListWhenNothingFits) {
  EXPECT_EQ(connections_json(sample::snapshot(), {}),
            "{\"schema_version\":1,\"time\":\"2026-01-02T03:04:05.000000006Z\",\"connections\":[],\"total\":5,\"shown\":0}\n");
}

TEST(ConnectionsJson, IsTheSameInALocaleWithCommas) {
  const model::Snapshot snapshot = sample::snapshot();
  const std::string before = connections_json(snapshot, snapshot.connections);
  const CommaLocale scope;
  EXPECT_EQ(connections_json(snapshot, snapshot.connections), before);
}

TEST(ConnectionsJsonl, IsOneDocumentALine) {
  const model::Snapshot snapshot = sample::snapshot();
  const std::string text = connections_jsonl(snapshot, snapshot.connections);
  const auto lines = split(text, '\n');
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[5], "");
  const auto whole = ordered_json::parse(connections_json(snapshot, snapshot.connections));
  for (std::size_t at = 0; at < 5; ++at) {
    auto line = ordered_json::parse(lines[at]);
    EXPECT_EQ(line["schema_version"], 1);
    EXPECT_EQ(line["time"], "2026-01-02T03:04:05.000000006Z");
    line.erase("schema_version");
    line.erase("time");
    EXPECT_EQ(line, whole["connections"][at]);
  }
}

TEST(ConnectionsJsonl, IsEmptyWhenNothingFits) { EXPECT_EQ(connections_jsonl(sample::snapshot(), {}), ""); }

TEST(ConnectionJson, AddsTheFilledCellsOfBothHistograms) {
  const std::string text = indented(connection_json(sample::snapshot(), sample::tcp_connection()));
  EXPECT_EQ(text, golden::expected("connection.json", text));
}

TEST(ConnectionJson, HasNoCellsOfWhatIsNotMeasured) {
  const auto document = ordered_json::parse(connection_json(sample::snapshot(), sample::ended_connection()));
  EXPECT_EQ(document["connection"]["rtt"]["cells"], ordered_json::array());
  EXPECT_EQ(document["connection"]["rtt"]["method"], nullptr);
  EXPECT_EQ(document["connection"]["turnaround"]["cells"], ordered_json::array());
}

TEST(ConnectionJson, HasTheCountsOfTheRuleAndWhatItMeasured) {
  const std::string text = indented(connection_json(sample::snapshot(), sample::ruled_connection()));
  EXPECT_EQ(text, golden::expected("connection_ruled.json", text));
}

TEST(ConnectionJson, HasNothingOfWhatARuleMeasuredThatDoesNotFitButTheCounts) {
  const std::string text = indented(connection_json(sample::snapshot(), sample::misfit_connection()));
  EXPECT_EQ(text, golden::expected("connection_misfit.json", text));
}

TEST(ConnectionJson, HasNoSequencesWhenTheRuleHasNone) {
  model::Connection connection = sample::ruled_connection();
  connection.rule->sequences = {};
  const auto document = ordered_json::parse(connection_json(sample::snapshot(), connection));
  EXPECT_EQ(document["connection"]["rule"]["fits"], true);
  EXPECT_EQ(document["connection"]["rule"]["sequence_in"], nullptr);
  EXPECT_EQ(document["connection"]["rule"]["sequence_out"], nullptr);
}

TEST(ServicesJson, HasTheHandshakesOfATcpServiceWithARule) {
  model::Snapshot snapshot;
  model::Service gate = sample::tcp_service();
  gate.histograms[static_cast<std::size_t>(model::Series::kRttTimestamp)] = nullptr;
  gate.rule = sample::fitting_counts();
  snapshot.services = {gate};
  const auto rtt = ordered_json::parse(services_json(snapshot))["services"][0]["rtt"];
  ASSERT_EQ(rtt.size(), 3U);
  EXPECT_EQ(rtt[0]["method"], "tcp_handshake");
  EXPECT_EQ(rtt[1]["method"], "rule");
  EXPECT_EQ(rtt[2]["method"], "rule_network");
}

TEST(ServicesJson, HasEveryServiceWithItsMethods) {
  const std::string text = indented(services_json(sample::snapshot()));
  EXPECT_EQ(text, golden::expected("services.json", text));
}

TEST(StatusJson, HasBuildReadinessHooksLossesAndFill) {
  const std::string text = indented(status_json(sample::snapshot()));
  EXPECT_EQ(text, golden::expected("status.json", text));
}

TEST(DoctorJson, HasChecksAndHooks) {
  const std::string text = indented(doctor_json(sample::doctor_report()));
  EXPECT_EQ(text, golden::expected("doctor.json", text));
}

TEST(ErrorJson, EscapesWhatJsonReserves) {
  EXPECT_EQ(error_json("no \"service\"\n\\"), "{\"schema_version\":1,\"error\":\"no \\\"service\\\"\\n\\\\\"}\n");
}

TEST(ErrorJson, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(error_json("bad \xff path"), "{\"schema_version\":1,\"error\":\"bad \xef\xbf\xbd path\"}\n");
}

}  // namespace
}  // namespace tickwire::exporting
