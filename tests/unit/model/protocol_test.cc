// SPDX-License-Identifier: Apache-2.0
#include "model/protocol.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

namespace tickwire::model {
namespace {

TEST(ProtocolName, GoesBothWays) {
  EXPECT_EQ(name(Protocol::kTcp), "tcp");
  EXPECT_EQ(name(Protocol::kUdp), "udp");
  EXPECT_EQ(protocol_of("tcp"), Protocol::kTcp);
  EXPECT_EQ(protocol_of("udp"), Protocol::kUdp);
}

TEST(ProtocolName, IsSpeltExactly) {
  EXPECT_EQ(protocol_of("TCP"), std::nullopt);
  EXPECT_EQ(protocol_of(""), std::nullopt);
}

TEST(DirectionName, IsFromTheNodesPointOfView) {
  EXPECT_EQ(name(Direction::kIngress), "ingress");
  EXPECT_EQ(name(Direction::kEgress), "egress");
}

TEST(ConnectionStateName, GoesBothWaysForEveryState) {
  std::set<std::string_view> names;
  for (unsigned value = 0; value <= 12; ++value) {
    const auto state = static_cast<ConnectionState>(value);
    EXPECT_EQ(connection_state_of(name(state)), state);
    names.insert(name(state));
  }
  EXPECT_EQ(connection_state_of("active"), ConnectionState::kActive);
  EXPECT_EQ(names.size(), 13U);
}

TEST(ConnectionStateName, IsUnknownForANumberThatIsNone) {
  EXPECT_EQ(name(static_cast<ConnectionState>(200)), "unknown");
  EXPECT_EQ(connection_state_of("unknown"), std::nullopt);
}

TEST(ConnectionStates, AreThoseOfLivingConnections) {
  const auto states = connection_states();
  EXPECT_EQ(states.size(), 11U);
  for (const ConnectionState state : {ConnectionState::kNone, ConnectionState::kClosed, ConnectionState::kListen}) {
    EXPECT_EQ(std::ranges::count(states, state), 0);
  }
}

TEST(TcpStates, AreTheKernelsTwelve) {
  const auto states = tcp_states();
  std::set<ConnectionState> distinct(states.begin(), states.end());
  EXPECT_EQ(states.size(), 12U);
  EXPECT_EQ(distinct.size(), 12U);
  EXPECT_EQ(static_cast<int>(*distinct.begin()), 1);
  EXPECT_EQ(static_cast<int>(*distinct.rbegin()), 12);
}

TEST(CloseReasonName, DiffersForEveryReason) {
  std::set<std::string_view> names;
  for (const CloseReason reason :
       {CloseReason::kNone, CloseReason::kLocalFin, CloseReason::kRemoteFin, CloseReason::kLocalReset, CloseReason::kRemoteReset,
        CloseReason::kTimeout, CloseReason::kIdle, CloseReason::kHalfOpen, CloseReason::kServiceGone}) {
    names.insert(name(reason));
  }
  EXPECT_EQ(names.size(), 9U);
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_EQ(name(CloseReason::kRemoteReset), "remote_reset");
}

TEST(SeriesRows, StandInTheOrderOfTheContract) {
  const auto rows = series_rows();
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(TW_SERIES_MAX));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(rows[i].series), i);
    EXPECT_EQ(&row(rows[i].series), &rows[i]);
    EXPECT_TRUE(rows[i].meaning.ends_with('.'));
  }
}

TEST(SeriesRows, SayWhichQuantityAMethodGives) {
  EXPECT_EQ(row(Series::kRttHandshake).method, "tcp_handshake");
  EXPECT_EQ(row(Series::kRttTimestamp).method, "tcp_timestamp");
  EXPECT_EQ(row(Series::kRttSequence).method, "tcp_sequence");
  EXPECT_EQ(row(Series::kRttSequence).quantity, Quantity::kRtt);
  EXPECT_EQ(row(Series::kTurnaroundNextPacket).method, "next_packet");
  EXPECT_EQ(row(Series::kTurnaroundNextPacket).quantity, Quantity::kTurnaround);
}

TEST(SeriesRows, NameTheRuleAsMethodOfBothQuantities) {
  EXPECT_EQ(row(Series::kRttRule).method, "rule");
  EXPECT_EQ(row(Series::kRttRule).quantity, Quantity::kRtt);
  EXPECT_EQ(row(Series::kRttRuleNetwork).method, "rule_network");
  EXPECT_EQ(row(Series::kRttRuleNetwork).quantity, Quantity::kRtt);
  EXPECT_EQ(row(Series::kTurnaroundRule).method, "rule");
  EXPECT_EQ(row(Series::kTurnaroundRule).quantity, Quantity::kTurnaround);
}

TEST(SeriesRows, TellTheMethodsOfAQuantityApart) {
  std::set<std::pair<Quantity, std::string_view>> names;
  for (const SeriesRow& series : series_rows()) names.emplace(series.quantity, series.method);
  EXPECT_EQ(names.size(), kSeriesCount);
}

TEST(SeriesRows, KeepTcpMethodsToTcp) {
  EXPECT_EQ(row(Series::kRttTimestamp).only, Protocol::kTcp);
  EXPECT_EQ(row(Series::kTurnaroundNextPacket).only, std::nullopt);
  EXPECT_EQ(row(Series::kRttRule).only, std::nullopt);
}

TEST(QuantityName, IsTheFieldsTerm) {
  EXPECT_EQ(name(Quantity::kRtt), "rtt");
  EXPECT_EQ(name(Quantity::kTurnaround), "turnaround");
}

TEST(LossRows, StandInTheOrderOfTheContractWithAReasonOfTheirOwn) {
  const auto rows = loss_rows();
  std::set<std::string_view> reasons;
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(TW_LOSS_MAX));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(rows[i].loss), i);
    EXPECT_TRUE(rows[i].meaning.ends_with('.'));
    reasons.insert(rows[i].reason);
  }
  EXPECT_EQ(reasons.size(), rows.size());
}

TEST(LossRows, TellWhatPassesByNatureFromLosses) {
  EXPECT_EQ(loss_rows()[TW_SKIP_NOT_IP].kind, LossKind::kSkipped);
  EXPECT_EQ(loss_rows()[TW_LOSS_FRAGMENT].kind, LossKind::kPacket);
  EXPECT_EQ(loss_rows()[TW_LOSS_TABLE_FULL].kind, LossKind::kConnection);
  EXPECT_EQ(loss_rows()[TW_LOSS_AMBIGUOUS].kind, LossKind::kSample);
  EXPECT_EQ(loss_rows()[TW_LOSS_SEGMENT].kind, LossKind::kSample);
  EXPECT_EQ(loss_rows()[TW_LOSS_SEGMENT].reason, "segment");
}

TEST(IsByRule, HoldsForTheThreeSeriesOfARule) {
  EXPECT_TRUE(is_by_rule(Series::kRttRule));
  EXPECT_TRUE(is_by_rule(Series::kRttRuleNetwork));
  EXPECT_TRUE(is_by_rule(Series::kTurnaroundRule));
}

TEST(IsByRule, HoldsForNoOtherSeries) {
  EXPECT_FALSE(is_by_rule(Series::kRttHandshake));
  EXPECT_FALSE(is_by_rule(Series::kRttTimestamp));
  EXPECT_FALSE(is_by_rule(Series::kRttSequence));
  EXPECT_FALSE(is_by_rule(Series::kTurnaroundNextPacket));
}

}  // namespace
}  // namespace tickwire::model
