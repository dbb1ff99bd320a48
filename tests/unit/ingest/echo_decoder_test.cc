// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "unit/ingest/fake_kernel.h"

namespace tickwire::ingest {
namespace {

using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr std::uint16_t kRuled = 1;

// Two services, of which number 1 has a rule.
struct RuledKernel : FakeKernel {
  explicit RuledKernel(std::size_t slot_count) : FakeKernel(slot_count), echoes(slot_count) {
    raw.echo_slots = echoes;
    raw.ruled_services = {kRuled};
  }

  tw_echo_slot& open_ruled(std::size_t number) {
    tw_slot& slot = open(number, IPPROTO_UDP);
    slot.service = kRuled;
    slot.rtt_method = TW_RTT_RULE;
    return echoes.at(number);
  }
  void close_ruled(std::size_t number) {
    close(number);
    echoes.at(number) = {};
  }
  static void network(tw_echo_slot& echo, std::uint32_t cell_number, std::uint32_t samples, std::uint64_t sum_ns) {
    cell(echo.network_cells, cell_number, samples);
    echo.network_samples += samples;
    echo.network_sum_ns += sum_ns;
  }

  // Of the first change: what its rule adds; null without one.
  const model::RuleChange* read_rule() { return rule_of(read().connections.at(0)); }
  [[nodiscard]] const model::RuleChange* rule_of(const model::ConnectionChange& change) const {
    return change.rule ? &tick.rules.at(*change.rule) : nullptr;
  }
  const model::RuleCounts& read_counts() { return read_rule()->counts; }

  std::vector<tw_echo_slot> echoes;
};

TEST(EchoDecoder, TellsEveryCounterOfBothDirections) {
  RuledKernel kernel(1);
  tw_echo_slot& echo = kernel.open_ruled(0);
  echo.tokens_in = 1;
  echo.echoes_in = 2;
  echo.messages_in = 3;
  echo.tokens_out = 4;
  echo.echoes_out = 5;
  echo.messages_out = 6;
  echo.strangers[TW_INGRESS] = 7;
  echo.strangers[TW_EGRESS] = 8;
  echo.sequence[TW_INGRESS] = {.messages = 9, .passed_over = 10, .reordered = 11, .duplicated = 12, .jumps = 13};
  echo.sequence[TW_EGRESS] = {.messages = 14, .passed_over = 15, .reordered = 16, .duplicated = 17, .jumps = 18};
  const model::RuleCounts expected{
      .messages = {3, 6},
      .strangers = {7, 8},
      .tokens = {1, 4},
      .echoes = {2, 5},
      .sequences = {{{.messages = 9, .passed_over = 10, .reordered = 11, .duplicated = 12, .jumps = 13},
                     {.messages = 14, .passed_over = 15, .reordered = 16, .duplicated = 17, .jumps = 18}}}};
  EXPECT_EQ(kernel.read_counts(), expected);
}

TEST(EchoDecoder, TellsWhatTheCountsGainedAtEveryChange) {
  RuledKernel kernel(1);
  kernel.open_ruled(0).messages_in = 5;
  EXPECT_EQ(kernel.read_counts(), (model::RuleCounts{.messages = {5, 0}}));
  kernel.echoes[0].messages_in = 7;
  EXPECT_EQ(kernel.read_counts(), (model::RuleCounts{.messages = {2, 0}}));
  FakeKernel::packets(kernel.slots[0].packets_bytes_in, 1, 10);
  EXPECT_EQ(kernel.read_counts(), model::RuleCounts{});
}

TEST(EchoDecoder, TellsCountsOfANewConnectionBeforeItsFirstMessage) {
  RuledKernel kernel(1);
  kernel.open_ruled(0);
  EXPECT_EQ(kernel.read_counts(), model::RuleCounts{});
}

TEST(EchoDecoder, NamesTheRuleAsTheMethodOfTheRtt) {
  RuledKernel kernel(2);
  kernel.open_ruled(0);
  kernel.open(1, IPPROTO_TCP).rtt_method = TW_RTT_TIMESTAMP;
  kernel.read();
  EXPECT_EQ(kernel.tick.connections.at(0).rtt_series, model::Series::kRttRule);
  EXPECT_EQ(kernel.tick.connections.at(1).rtt_series, model::Series::kRttTimestamp);
}

TEST(EchoDecoder, DoesNotLookAtConnectionsOfOtherServices) {
  RuledKernel kernel(1);
  kernel.open(0, IPPROTO_UDP);
  kernel.echoes[0].messages_in = 5;
  RuledKernel::network(kernel.echoes[0], 40, 1, 9);
  kernel.read();
  ASSERT_THAT(kernel.tick.connections, SizeIs(1));
  EXPECT_EQ(kernel.tick.connections[0].rule, std::nullopt);
  EXPECT_THAT(kernel.tick.rules, IsEmpty());
  kernel.echoes[0].messages_in = 6;
  EXPECT_THAT(kernel.read().connections, IsEmpty());
}

TEST(EchoDecoder, KnowsNoRuleWithoutEchoSlots) {
  RuledKernel kernel(1);
  kernel.open_ruled(0).messages_in = 5;
  kernel.raw.echo_slots = {};
  EXPECT_EQ(kernel.read().connections.at(0).rule, std::nullopt);
}

TEST(EchoDecoder, IgnoresASlotBeyondTheEchoSlots) {
  RuledKernel kernel(2);
  kernel.open_ruled(0);
  kernel.open_ruled(1);
  kernel.raw.echo_slots = kernel.raw.echo_slots.first(1);
  kernel.read();
  EXPECT_EQ(kernel.tick.connections.at(0).rule, 0U);
  EXPECT_EQ(kernel.tick.connections.at(1).rule, std::nullopt);
}

TEST(EchoDecoder, IgnoresServiceNumbersBeyondTheTable) {
  RuledKernel kernel(1);
  kernel.raw.ruled_services = {TW_SERVICES_MAX, 65535};
  kernel.open_ruled(0);
  kernel.slots[0].service = 65535;
  EXPECT_EQ(kernel.read().connections.at(0).rule, std::nullopt);
}

TEST(EchoDecoder, ReadsWhatTheNetworkHistogramGained) {
  RuledKernel kernel(1);
  tw_echo_slot& echo = kernel.open_ruled(0);
  RuledKernel::network(echo, 50, 2, 500);
  FakeKernel::rtt(kernel.slots[0], 60, 3, 900);
  kernel.read();
  EXPECT_THAT(gained(kernel.tick, kernel.tick.rules.at(0).rtt_network), ElementsAre(Pair(50, 2U)));
  EXPECT_THAT(gained(kernel.tick, kernel.tick.connections.at(0).rtt), ElementsAre(Pair(60, 3U)));
  RuledKernel::network(echo, 51, 1, 70);
  kernel.read();
  EXPECT_THAT(gained(kernel.tick, kernel.tick.rules.at(0).rtt_network), ElementsAre(Pair(51, 1U)));
  EXPECT_EQ(kernel.tick.rules.at(0).rtt_network.sum, nanoseconds(70));
  EXPECT_EQ(kernel.tick.connections.at(0).rtt.samples, 0U);
}

TEST(EchoDecoder, FindsNextTimeANetworkCellThatCameAfterItsCounter) {
  RuledKernel kernel(1);
  tw_echo_slot& echo = kernel.open_ruled(0);
  echo.network_samples = 1;
  echo.network_sum_ns = 700;
  EXPECT_EQ(kernel.read_rule()->rtt_network.samples, 0U);
  FakeKernel::cell(echo.network_cells, 9, 1);
  kernel.read();
  EXPECT_THAT(gained(kernel.tick, kernel.tick.rules.at(0).rtt_network), ElementsAre(Pair(9, 1U)));
  EXPECT_EQ(kernel.tick.rules.at(0).rtt_network.sum, nanoseconds(700));
  EXPECT_THAT(kernel.read().connections, IsEmpty());
}

TEST(EchoDecoder, StartsAgainFromZeroWithANewGeneration) {
  RuledKernel kernel(1);
  tw_echo_slot& first = kernel.open_ruled(0);
  first.messages_in = 100;
  RuledKernel::network(first, 50, 4, 4'000);
  kernel.read();
  kernel.close_ruled(0);
  tw_echo_slot& second = kernel.open_ruled(0);
  second.messages_in = 3;
  RuledKernel::network(second, 50, 1, 900);
  kernel.read();
  EXPECT_TRUE(kernel.tick.connections.at(0).is_new);
  const model::RuleChange& change = kernel.tick.rules.at(0);
  EXPECT_EQ(change.counts, (model::RuleCounts{.messages = {3, 0}}));
  EXPECT_THAT(gained(kernel.tick, change.rtt_network), ElementsAre(Pair(50, 1U)));
  EXPECT_EQ(change.rtt_network.sum, nanoseconds(900));
}

TEST(EchoDecoder, StartsAgainFromZeroWithAsManySamplesAsBefore) {
  RuledKernel kernel(1);
  RuledKernel::network(kernel.open_ruled(0), 50, 4, 4'000);
  kernel.read();
  kernel.close_ruled(0);
  RuledKernel::network(kernel.open_ruled(0), 50, 4, 4'000);
  kernel.read();
  EXPECT_THAT(gained(kernel.tick, kernel.tick.rules.at(0).rtt_network), ElementsAre(Pair(50, 4U)));
}

TEST(EchoDecoder, TellsNothingOfASlotsNextConnectionWithoutARule) {
  RuledKernel kernel(1);
  kernel.open_ruled(0).messages_in = 100;
  kernel.read();
  kernel.close_ruled(0);
  kernel.open(0, IPPROTO_UDP);
  kernel.read();
  EXPECT_EQ(kernel.tick.connections.at(0).rule, std::nullopt);
}

TEST(EchoDecoder, CountsOnWhenACounterWraps) {
  RuledKernel kernel(1);
  tw_echo_slot& echo = kernel.open_ruled(0);
  echo.messages_in = 0xFFFF'FFF0U;
  EXPECT_EQ(kernel.read_counts().messages[0], 0xFFFF'FFF0U);
  echo.messages_in += 0x20;
  EXPECT_EQ(kernel.read_counts().messages[0], 0x20U);
}

TEST(EchoDecoder, KeepsTheRulesOfSeveralConnectionsApart) {
  RuledKernel kernel(3);
  kernel.open_ruled(0).messages_in = 1;
  kernel.open(1, IPPROTO_UDP);
  kernel.open_ruled(2).messages_in = 3;
  kernel.read();
  ASSERT_THAT(kernel.tick.rules, SizeIs(2));
  EXPECT_EQ(kernel.rule_of(kernel.tick.connections.at(0))->counts.messages[0], 1U);
  EXPECT_EQ(kernel.rule_of(kernel.tick.connections.at(1)), nullptr);
  EXPECT_EQ(kernel.rule_of(kernel.tick.connections.at(2))->counts.messages[0], 3U);
}

// Each of these alone makes a connection be reported.
class EchoDecoderField : public testing::TestWithParam<void (*)(tw_echo_slot&)> {};

TEST_P(EchoDecoderField, IsReportedOnceWhenItAloneChanges) {
  RuledKernel kernel(1);
  tw_echo_slot& echo = kernel.open_ruled(0);
  kernel.read();
  EXPECT_THAT(kernel.read().connections, IsEmpty());
  GetParam()(echo);
  EXPECT_THAT(kernel.read().connections, SizeIs(1));
  EXPECT_THAT(kernel.read().connections, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, EchoDecoderField,
    testing::Values([](tw_echo_slot& echo) { echo.tokens_in = 1; }, [](tw_echo_slot& echo) { echo.echoes_in = 1; },
                    [](tw_echo_slot& echo) { echo.messages_in = 1; }, [](tw_echo_slot& echo) { echo.tokens_out = 1; },
                    [](tw_echo_slot& echo) { echo.echoes_out = 1; }, [](tw_echo_slot& echo) { echo.messages_out = 1; },
                    [](tw_echo_slot& echo) { echo.strangers[TW_INGRESS] = 1; },
                    [](tw_echo_slot& echo) { echo.strangers[TW_EGRESS] = 1; },
                    [](tw_echo_slot& echo) { echo.sequence[TW_INGRESS].messages = 1; },
                    [](tw_echo_slot& echo) { echo.sequence[TW_INGRESS].passed_over = 1; },
                    [](tw_echo_slot& echo) { echo.sequence[TW_EGRESS].reordered = 1; },
                    [](tw_echo_slot& echo) { echo.sequence[TW_EGRESS].duplicated = 1; },
                    [](tw_echo_slot& echo) { echo.sequence[TW_EGRESS].jumps = 1; },
                    [](tw_echo_slot& echo) { RuledKernel::network(echo, 3, 1, 9); }));

TEST(EchoDecoder, SaysNothingWhenOnlyTokensThatWaitChange) {
  RuledKernel kernel(1);
  tw_echo_slot& echo = kernel.open_ruled(0);
  kernel.read();
  echo.arrived_ns[0] = 5;
  echo.token[0] = 5;
  echo.last_token = 5;
  echo.last_sent = 5;
  echo.next_frame[0] = 5;
  echo.sequence[0].highest = 5;
  echo.sequence[0].recent = 1;
  EXPECT_THAT(kernel.read().connections, IsEmpty());
}

}  // namespace
}  // namespace tickwire::ingest
