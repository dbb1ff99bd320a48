// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <tuple>

#include "bpf/fixture.h"
#include "bpf/rule_message.h"
#include "model/histogram.h"
#include "tickwire/settings.h"

namespace tickwire::harness {
namespace {

using Series = std::map<int, std::uint64_t>;

constexpr std::uint64_t kLineNs = 50'000'000;

// A token goes out in a datagram, its echo comes in.
class RttByRule : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Family>> {
 protected:
  void SetUp() override {
    BpfTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) use(rule_of());
  }
  void use(const tw_rule& rule) {
    rule_ = rule;
    start_over();
    programs().watch(kUdpPort, std::nullopt, kUdpService, rule);
  }
  [[nodiscard]] Path path() const { return {.family = std::get<Family>(GetParam()), .local_port = kUdpPort}; }
  void send(std::uint32_t token) { out(path().datagram_out(message(rule_, TW_EGRESS, {.token = token}))); }
  void receive(std::uint32_t echo, std::uint32_t delay = 0) {
    pass(std::get<Program>(GetParam()), path().datagram_in(message(rule_, TW_INGRESS, {.echo = echo, .delay = delay})));
  }
  [[nodiscard]] tw_slot slot() const { return slot_of(path(), IPPROTO_UDP); }
  [[nodiscard]] tw_echo_slot echo_slot() const { return echo_slot_of(path(), IPPROTO_UDP); }
  [[nodiscard]] std::uint64_t pending() const {
    const tw_slot found = slot();
    std::uint64_t count = 0;
    for (const std::uint64_t sent_ns : found.sent_ns) count += sent_ns != 0 ? 1U : 0U;
    return count;
  }
  void back_date(std::uint64_t ns) {
    change_slot(path(), IPPROTO_UDP, [ns](tw_slot& slot) { slot.sent_ns[0] = now_ns() - ns; });
  }
  void expect_samples(std::uint64_t rtt, std::uint64_t network) const {
    Series expected;
    if (rtt != 0) expected[TW_SERIES_RTT_RULE] = rtt;
    if (network != 0) expected[TW_SERIES_RTT_RULE_NETWORK] = network;
    EXPECT_EQ(totals(kUdpService).series, expected);
    EXPECT_EQ(slot().rtt_samples, rtt);
    EXPECT_EQ(echo_slot().network_samples, network);
    EXPECT_EQ(samples_in(echo_slot().network_cells), network);
  }

  tw_rule rule_{};
};

TEST_P(RttByRule, BeginsWithATokenOut) {
  const std::uint64_t before = now_ns();
  send(5);
  EXPECT_EQ(pending(), 1U);
  EXPECT_GE(slot().sent_ns[0], before);
  EXPECT_LE(slot().sent_ns[0], now_ns());
  EXPECT_EQ(slot().token[0], 5U);
  EXPECT_EQ(slot().rtt_method, TW_RTT_RULE);
  EXPECT_EQ(echo_slot().tokens_out, 1U);
  EXPECT_EQ(echo_slot().messages_out, 1U);
  expect_samples(0, 0);
}

TEST_P(RttByRule, EndsWithItsEchoIn) {
  const std::uint64_t before = now_ns();
  send(5);
  receive(5);
  expect_samples(1, 1);
  EXPECT_EQ(echo_slot().echoes_in, 1U);
  EXPECT_EQ(echo_slot().messages_in, 1U);
  EXPECT_EQ(pending(), 0U);
  EXPECT_GT(slot().rtt_sum_ns, 0U);
  EXPECT_LE(slot().rtt_sum_ns, now_ns() - before);
  EXPECT_EQ(slot().rtt_min_ns, slot().rtt_sum_ns);
  EXPECT_EQ(totals(kUdpService).losses, Series{});
}

TEST_P(RttByRule, CountsTheSampleInTheCellsOfItsDuration) {
  send(5);
  back_date(kLineNs);
  receive(5);
  const std::uint64_t elapsed_ns = slot().rtt_sum_ns;
  EXPECT_GE(elapsed_ns, kLineNs);
  const std::uint32_t cell = tw_cell(elapsed_ns, TW_CONNECTION_PARTS_LOG2);
  EXPECT_EQ(slot().rtt_cells[cell / 4], 1ULL << (cell % 4 * 16));
  const auto histogram = programs().service_histogram(kUdpService, TW_SERIES_RTT_RULE);
  EXPECT_EQ(histogram.sum_ns, elapsed_ns);
  EXPECT_EQ(histogram.cells[tw_service_cell(model::service_cuts().data(), elapsed_ns)], 1U);
}

TEST_P(RttByRule, IsNotMeasuredTwiceByARepeatedEcho) {
  send(5);
  receive(5);
  receive(5);
  expect_samples(1, 1);
  EXPECT_EQ(echo_slot().messages_in, 2U);
  EXPECT_EQ(echo_slot().echoes_in, 1U);
}

// The player was silent while all of the numbers went by once.
TEST_P(RttByRule, IsNotMeasuredFromATokenWhoseNumberCameRoundAgain) {
  use(rule_of({.token = {.offset_bits = 64, .width_bits = 8, .little_endian = 0},
               .echo = {.offset_bits = 80, .width_bits = 8, .little_endian = 0}}));
  for (std::uint32_t token = 0; token < 4; ++token) send(token);
  change_slot(path(), IPPROTO_UDP, [](tw_slot& slot) {
    for (__u64& sent_ns : slot.sent_ns) sent_ns -= 100 * kLineNs;
  });
  for (std::uint32_t token = 4; token < 258; ++token) send(token & 0xff);
  receive(1);
  EXPECT_LT(slot().rtt_sum_ns, 100 * kLineNs);
  expect_samples(1, 1);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 9U);
}

TEST_P(RttByRule, IsNotMeasuredByAnotherToken) {
  send(5);
  receive(4);
  receive(6);
  expect_samples(0, 0);
}

TEST_P(RttByRule, CountsFromTheFirstSendingOfAToken) {
  send(5);
  const std::uint64_t first_ns = slot().sent_ns[0];
  send(5);
  EXPECT_EQ(slot().sent_ns[0], first_ns);
  EXPECT_EQ(pending(), 1U);
  EXPECT_EQ(echo_slot().tokens_out, 1U);
  EXPECT_EQ(echo_slot().messages_out, 2U);
}

TEST_P(RttByRule, DoesNotBeginWithAnOlderToken) {
  send(5);
  send(4);
  EXPECT_EQ(pending(), 1U);
  receive(4);
  expect_samples(0, 0);
}

TEST_P(RttByRule, CountsTokensThatTheEchoPassedOverAsUnmatched) {
  for (const std::uint32_t token : {5U, 6U, 7U}) send(token);
  receive(7);
  expect_samples(1, 1);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 2U);
  EXPECT_EQ(pending(), 0U);
}

TEST_P(RttByRule, LeavesNewerTokensPending) {
  for (const std::uint32_t token : {5U, 6U, 7U}) send(token);
  receive(5);
  receive(6);
  expect_samples(2, 2);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 0U);
  EXPECT_EQ(pending(), 1U);
}

TEST_P(RttByRule, KeepsTheFirstTokensWhenThereIsNoPlaceForMore) {
  for (std::uint32_t token = 1; token <= TW_TOKENS + 1; ++token) send(token);
  EXPECT_EQ(pending(), std::uint64_t{TW_TOKENS});
  receive(TW_TOKENS);
  expect_samples(1, 1);
  EXPECT_EQ(echo_slot().tokens_out, TW_TOKENS + 1U);
}

TEST_P(RttByRule, BeginsAnewWithATokenThatFallsBackBy64) {
  for (const std::uint32_t token : {1000U, 1001U, 1001U - TW_SEQUENCE_JUMP}) send(token);
  EXPECT_EQ(pending(), 1U);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 2U);
  receive(1001U - TW_SEQUENCE_JUMP);
  expect_samples(1, 1);
}

TEST_P(RttByRule, DoesNotBeginAnewWithATokenThatFallsBackBy63) {
  for (const std::uint32_t token : {1000U, 1001U, 1002U - TW_SEQUENCE_JUMP}) send(token);
  EXPECT_EQ(pending(), 2U);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 0U);
  receive(1001);
  expect_samples(1, 1);
}

TEST_P(RttByRule, LeavesTokensAloneForAnEchoThatIsAheadOfThem) {
  for (const std::uint32_t token : {5U, 6U}) send(token);
  for (const std::uint32_t echo : {7U, 500U}) receive(echo);
  expect_samples(0, 0);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 0U);
  receive(6);
  expect_samples(1, 1);
}

TEST_P(RttByRule, GoesOnBehindTheLargestNumberOfAToken) {
  for (const std::uint8_t width : {8, 16, 32}) {
    use(rule_of({.token = {.offset_bits = 64, .width_bits = width, .little_endian = 0},
                 .echo = {.offset_bits = 112, .width_bits = width, .little_endian = 0}}));
    rule_.delay.width_bits = 0;
    const std::uint32_t largest = 0xffffffffU >> (32 - width);
    send(largest);
    send(0);
    EXPECT_EQ(pending(), 2U) << "width " << int{width};
    receive(0);
    EXPECT_EQ(slot().rtt_samples, 1U) << "width " << int{width};
    EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 1U) << "width " << int{width};
    send(largest);
    EXPECT_EQ(pending(), 0U) << "width " << int{width};
  }
}

// 14 bits from bit 4 on, the lowest first, as headers that are packed have them.
TEST_P(RttByRule, IsMeasuredByPackedLittleEndianFields) {
  use(rule_of({.token = {.offset_bits = 68, .width_bits = 14, .little_endian = 1},
               .echo = {.offset_bits = 82, .width_bits = 14, .little_endian = 1}}));
  send(0x2345);
  EXPECT_EQ(slot().token[0], 0x2345U);
  receive(0x2345);
  expect_samples(1, 1);
}

TEST_P(RttByRule, WithoutTheTimeThatThePlayerHeldTheTokenIsASampleOfItsOwn) {
  send(5);
  back_date(kLineNs);
  receive(5, 1000);
  expect_samples(1, 1);
  const std::uint64_t network_ns = slot().rtt_sum_ns - 32'000'000;
  EXPECT_EQ(echo_slot().network_sum_ns, network_ns);
  const std::uint32_t cell = tw_cell(network_ns, TW_CONNECTION_PARTS_LOG2);
  EXPECT_EQ(echo_slot().network_cells[cell / 4], 1ULL << (cell % 4 * 16));
  EXPECT_EQ(programs().service_histogram(kUdpService, TW_SERIES_RTT_RULE_NETWORK).sum_ns, network_ns);
}

TEST_P(RttByRule, HasNoNetworkSampleWhereTheDelayIsLonger) {
  send(5);
  back_date(kLineNs);
  receive(5, 0xffff);
  expect_samples(1, 0);
  EXPECT_EQ(losses(TW_LOSS_NEGATIVE), 1U);
}

TEST_P(RttByRule, HasNoNetworkSampleWithoutADelayField) {
  tw_rule rule = rule_of();
  rule.delay = {};
  use(rule);
  send(5);
  receive(5);
  expect_samples(1, 0);
  EXPECT_EQ(losses(TW_LOSS_NEGATIVE), 0U);
}

TEST_P(RttByRule, CountsAnEchoThatComesTooLateAsALoss) {
  send(5);
  change_slot(path(), IPPROTO_UDP, [](tw_slot& slot) { slot.sent_ns[0] = too_long_ago_ns(); });
  receive(5);
  expect_samples(0, 0);
  EXPECT_EQ(losses(TW_LOSS_STALE), 1U);
  EXPECT_EQ(pending(), 0U);
}

TEST_P(RttByRule, KeepsConnectionsApart) {
  Path other = path();
  other.remote_port = 40001;
  send(5);
  pass(std::get<Program>(GetParam()), other.datagram_in(message(rule_, TW_INGRESS, {.echo = 5})));
  expect_samples(0, 0);
  EXPECT_EQ(pending(), 1U);
}

TEST_P(RttByRule, IsNotMeasuredForAServiceWithoutARule) {
  start_over();
  send(5);
  receive(5);
  EXPECT_EQ(totals(kUdpService).series, Series{});
  EXPECT_EQ(echo_slot().messages_out, 0U);
  EXPECT_EQ(slot().rtt_method, TW_RTT_NONE);
}

INSTANTIATE_TEST_SUITE_P(Programs, RttByRule,
                         testing::Combine(testing::Values(Program::kIngressXdp, Program::kIngressXdpFrags, Program::kIngressTc),
                                          testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + name_of(std::get<Family>(tested.param));
                         });

}  // namespace
}  // namespace tickwire::harness
