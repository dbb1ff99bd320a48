// SPDX-License-Identifier: Apache-2.0
#include "export/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "unit/export/golden.h"
#include "unit/export/sample_snapshot.h"

namespace tickwire::exporting {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ConnectionsTable, ShowsEveryColumnOfTheNarrowForm) {
  const model::Snapshot snapshot = sample::snapshot();
  const std::string text = connections_table(snapshot, snapshot.connections, false);
  EXPECT_EQ(text, golden::expected("connections.txt", text));
}

TEST(ConnectionsTable, AddsColumnsAndKeepsAddressesWholeInTheWideForm) {
  const model::Snapshot snapshot = sample::snapshot();
  const std::string text = connections_table(snapshot, snapshot.connections, true);
  EXPECT_EQ(text, golden::expected("connections_wide.txt", text));
}

TEST(ConnectionsTable, FitsIntoA140ColumnTerminalWithTheLongestIpv4Values) {
  model::Connection longest = sample::tcp_connection();
  longest.key.local = {.address = model::IpAddress::v4(203, 100, 113, 200), .port = 65535};
  longest.key.remote = {.address = model::IpAddress::v4(203, 100, 113, 201), .port = 65534};
  longest.established = std::chrono::nanoseconds{0};
  longest.rtt.p50 = longest.rtt.p99 = longest.turnaround.p50 = longest.turnaround.p99 = std::chrono::nanoseconds(16'200'000);
  longest.traffic = {model::Traffic{.packets = 12'300'000, .bytes = 1023 << 10},
                     model::Traffic{.packets = 12'300'000, .bytes = 1023 << 10}};
  longest.retransmissions = 12'300;
  model::Snapshot snapshot = sample::snapshot();
  snapshot.monotonic = std::chrono::hours(24 * 365 + 4);
  const Rows rows{std::make_shared<model::Connection>(longest)};
  for (const std::string_view line : split(connections_table(snapshot, rows, false), '\n')) EXPECT_LE(line.size(), 140U) << line;
}

TEST(ConnectionsTable, IsHeaderAndTotalsWhenNothingFits) {
  model::Snapshot snapshot = sample::snapshot();
  snapshot.services = {};
  snapshot.losses = {};
  EXPECT_EQ(connections_table(snapshot, {}, false),
            "                                     RTT all      TURNAROUND all  P95 all\n"
            "PROTO  LOCAL  REMOTE  STATE  AGE  MIN 5m P50 P99         P50 P99  WAIT APP  RETX\n"
            "0 of 5 connections shown (4 open, 1 ended); 4 of 16384 slots in use\n");
}

TEST(ConnectionsTable, NamesNoLossThatDidNotHappen) {
  model::Snapshot snapshot = sample::snapshot();
  snapshot.losses = {};
  snapshot.losses[TW_SKIP_NOT_TCP_UDP] = 4;  // by nature, no loss
  EXPECT_THAT(connections_table(snapshot, snapshot.connections, true), Not(HasSubstr("not counted")));
  EXPECT_THAT(connections_table(snapshot, snapshot.connections, true), Not(HasSubstr("not_tcp_udp")));
}

TEST(ConnectionText, ShowsFieldsAndBarsOfATcpConnection) {
  const std::string text = connection_text(sample::snapshot(), sample::tcp_connection());
  EXPECT_EQ(text, golden::expected("connection_tcp.txt", text));
}

TEST(ConnectionText, SaysWhyUdpHasNoRtt) {
  const std::string text = connection_text(sample::snapshot(), sample::udp_connection());
  EXPECT_EQ(text, golden::expected("connection_udp.txt", text));
}

TEST(ConnectionText, ShowsHowTheRuleFaredAndTheRttOfTheLineAlone) {
  const std::string text = connection_text(sample::snapshot(), sample::ruled_connection());
  EXPECT_EQ(text, golden::expected("connection_ruled.txt", text));
}

TEST(ConnectionText, SaysThatTheRuleDoesNotFitInsteadOfWhatItMeasured) {
  const std::string text = connection_text(sample::snapshot(), sample::misfit_connection());
  EXPECT_EQ(text, golden::expected("connection_misfit.txt", text));
}

TEST(ConnectionText, SaysThatTooFewMessagesCameToSayWhetherTheRuleFits) {
  model::Connection connection = sample::misfit_connection();
  connection.rule = model::RuleCounts{.messages = {19, 19}, .tokens = {19, 19}};
  connection.rtt = {};
  connection.rtt_network = {};
  connection.turnaround = {};
  model::Snapshot snapshot = sample::snapshot();
  snapshot.services.clear();
  const std::string text = connection_text(snapshot, connection);
  EXPECT_THAT(text, HasSubstr("\nrule: fewer than 20 messages in, too few to say whether it fits\n"));
  EXPECT_THAT(text, HasSubstr("\nrtt: not measured: no token that left has been echoed yet\n"));
  EXPECT_THAT(text, HasSubstr("\nturnaround: not measured: no token that came in has been echoed yet\n"));
  EXPECT_THAT(text, HasSubstr("\n  loss               -    -\n"));
}

TEST(ConnectionText, ShowsNothingOfAFewMessagesWhenTheRuleDoesNotFitTheService) {
  model::Connection connection = sample::misfit_connection();
  connection.rule->messages = {1, 1};
  connection.rule->strangers = {};
  const std::string text = connection_text(sample::snapshot(), connection);
  EXPECT_THAT(text, HasSubstr("\nzone udp/7900: rule does not fit: "));
  EXPECT_THAT(text, HasSubstr("\nrtt: not measured: the rule does not fit\n"));
  EXPECT_THAT(text, HasSubstr("\nturnaround: not measured: the rule does not fit\n"));
}

TEST(ConnectionsTable, CountsConnectionsWhoseOwnMessagesDoNotFit) {
  model::Snapshot snapshot = sample::snapshot();
  snapshot.services.pop_back();
  EXPECT_THAT(
      connections_table(snapshot, snapshot.connections, false),
      HasSubstr("\nrule does not fit 1 of these connections, though it fits their service: what it measured is not shown\n"));
  EXPECT_THAT(connections_table(sample::snapshot(), snapshot.connections, false), Not(HasSubstr("of these connections, though")));
}

TEST(ConnectionText, HasNoRuleWithoutOne) {
  EXPECT_THAT(connection_text(sample::snapshot(), sample::tcp_connection()), Not(HasSubstr("\nrule")));
}

TEST(ServicesTable, NamesNoRuleThatFits) {
  model::Snapshot snapshot = sample::snapshot();
  snapshot.services.pop_back();
  EXPECT_THAT(services_table(snapshot), Not(HasSubstr("does not fit")));
}

TEST(ServicesTable, ShowsTheRuleEvenWhenHandshakesGaveMoreSamples) {
  model::Snapshot snapshot;
  snapshot.services = {sample::tcp_service()};
  snapshot.services[0].rule = model::RuleCounts{};
  EXPECT_THAT(services_table(snapshot), HasSubstr("rule     -   -           -   -"));
}

TEST(ConnectionText, SaysWhyNothingIsMeasuredOfAConnectionOlderThanTheAgent) {
  const std::string text = connection_text(sample::snapshot(), sample::ended_connection());
  EXPECT_EQ(text, golden::expected("connection_ended.txt", text));
}

TEST(ConnectionText, ShowsOctavesWhenThereAreTooManyCells) {
  model::Connection connection = sample::tcp_connection();
  auto spread = std::make_shared<model::Histogram>(model::Resolution::kConnection);
  for (std::uint32_t cell = 0; cell < model::cell_count(model::Resolution::kConnection); ++cell) spread->add(cell, 1 + cell % 4);
  connection.rtt = {.series = model::Series::kRttSequence, .histogram = spread};
  connection.turnaround = {};
  const std::string text = connection_text(sample::snapshot(), connection);
  EXPECT_EQ(text, golden::expected("connection_octaves.txt", text));
}

TEST(ServicesTable, ShowsOneRowAServiceAndTheMethodOfItsRtt) {
  const std::string text = services_table(sample::snapshot());
  EXPECT_EQ(text, golden::expected("services.txt", text));
}

TEST(StatusText, ShowsProblemsLossesHooksAndInterfaces) {
  const std::string text = status_text(sample::snapshot());
  EXPECT_EQ(text, golden::expected("status.txt", text));
}

TEST(StatusText, SaysReadyWhenThereIsNoProblem) {
  model::Snapshot snapshot = sample::snapshot();
  snapshot.readiness = {.ready = true};
  EXPECT_THAT(status_text(snapshot), HasSubstr("\nready\n"));
  EXPECT_THAT(status_text(snapshot), Not(HasSubstr("NOT READY")));
}

TEST(DoctorText, ShowsChecksWithAdviceAndEveryCandidate) {
  const std::string text = doctor_text(sample::doctor_report());
  EXPECT_EQ(text, golden::expected("doctor.txt", text));
}

TEST(DoctorText, SaysThatTheAgentCanWorkWhenItCan) {
  EXPECT_EQ(doctor_text({.version = "0.1.0", .checks = {}, .hooks = {}, .usable = true}),
            "tickwire 0.1.0: the agent can work here\nchecks\nhooks\n");
}

model::HookOutcome partial_hook() {
  return {.capability = "delivery",
          .interface = {},
          .attempts = {{.candidate = "cgroup_skb/ingress", .attached = true, .tried = true, .reason = "sees a part"}},
          .loses = "all stages"};
}

TEST(DoctorText, SaysWhatAHookThatWorksDoesNotSee) {
  const std::string text = doctor_text({.version = "0.1.0", .checks = {}, .hooks = {partial_hook()}, .usable = true});
  EXPECT_THAT(text, HasSubstr("    cgroup_skb/ingress  works, first choice: sees a part\n"));
}

TEST(StatusText, SaysWhatAHookInUseDoesNotSee) {
  model::Snapshot snapshot = sample::snapshot();
  EXPECT_THAT(status_text(snapshot), Not(HasSubstr("delivery by")));
  snapshot.hooks = {partial_hook()};
  EXPECT_THAT(status_text(snapshot), HasSubstr("  delivery by cgroup_skb/ingress: sees a part\n"));
}

}  // namespace
}  // namespace tickwire::exporting
