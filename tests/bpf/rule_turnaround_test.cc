// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <tuple>

#include "bpf/fixture.h"
#include "bpf/rule_message.h"

namespace tickwire::harness {
namespace {

using Series = std::map<int, std::uint64_t>;

// A token comes in with a datagram, its echo goes out. The other two numbers of a message are of no use here.
class TurnaroundByRule : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Family>> {
 protected:
  void SetUp() override {
    BpfTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    rule_.token[TW_EGRESS] = {};
    rule_.echo[TW_INGRESS] = {};
    programs().watch(kUdpPort, std::nullopt, kUdpService, rule_);
  }
  [[nodiscard]] Path path() const { return {.family = std::get<Family>(GetParam()), .local_port = kUdpPort}; }
  void receive(std::uint32_t token) {
    pass(std::get<Program>(GetParam()), path().datagram_in(message(rule_, TW_INGRESS, {.token = token})));
  }
  void send(std::uint32_t echo) { out(path().datagram_out(message(rule_, TW_EGRESS, {.echo = echo}))); }
  [[nodiscard]] tw_slot slot() const { return slot_of(path(), IPPROTO_UDP); }
  [[nodiscard]] tw_echo_slot echo_slot() const { return echo_slot_of(path(), IPPROTO_UDP); }
  [[nodiscard]] std::uint64_t pending() const {
    const tw_echo_slot found = echo_slot();
    std::uint64_t count = 0;
    for (const std::uint64_t arrived_ns : found.arrived_ns) count += arrived_ns != 0 ? 1U : 0U;
    return count;
  }
  void expect_samples(std::uint64_t count) const {
    EXPECT_EQ(totals(kUdpService).series, count == 0 ? Series{} : (Series{{TW_SERIES_TURNAROUND_RULE, count}}));
    EXPECT_EQ(slot().turnaround_samples, count);
    EXPECT_EQ(echo_slot().echoes_out, count);
  }

  tw_rule rule_ = rule_of();
};

TEST_P(TurnaroundByRule, BeginsWithATokenIn) {
  const std::uint64_t before = now_ns();
  receive(5);
  EXPECT_EQ(pending(), 1U);
  EXPECT_GE(echo_slot().arrived_ns[0], before);
  EXPECT_LE(echo_slot().arrived_ns[0], now_ns());
  EXPECT_EQ(echo_slot().token[0], 5U);
  EXPECT_EQ(echo_slot().tokens_in, 1U);
  expect_samples(0);
}

TEST_P(TurnaroundByRule, EndsWithItsEchoOut) {
  const std::uint64_t before = now_ns();
  receive(5);
  send(5);
  expect_samples(1);
  EXPECT_EQ(pending(), 0U);
  EXPECT_GT(slot().turnaround_sum_ns, 0U);
  EXPECT_LE(slot().turnaround_sum_ns, now_ns() - before);
}

TEST_P(TurnaroundByRule, IsNotBegunByTheNextPacket) {
  receive(5);
  EXPECT_EQ(slot().request_ns, 0U);
  send(4);
  expect_samples(0);
}

TEST_P(TurnaroundByRule, IsThatOfTheNewestTokenThatTheEchoCovers) {
  for (const std::uint32_t token : {5U, 6U, 7U}) receive(token);
  change_echo_slot(path(), IPPROTO_UDP, [](tw_echo_slot& echo) {
    echo.arrived_ns[0] = now_ns() - 9'000'000'000;
    echo.arrived_ns[1] = now_ns() - 6'000'000'000;
    echo.arrived_ns[2] = now_ns() - 1'000'000'000;
  });
  const std::uint64_t before = now_ns();
  send(7);
  expect_samples(1);
  EXPECT_GE(slot().turnaround_sum_ns, 1'000'000'000U);
  EXPECT_LE(slot().turnaround_sum_ns, 1'000'000'000U + (now_ns() - before) + 1'000'000'000U);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 2U);
  EXPECT_EQ(pending(), 0U);
}

TEST_P(TurnaroundByRule, EndsWithAnEchoOfATokenThatFoundNoPlace) {
  for (std::uint32_t token = 1; token <= TW_TOKENS + 2; ++token) receive(token);
  EXPECT_EQ(echo_slot().tokens_in, TW_TOKENS + 2U);
  EXPECT_EQ(pending(), std::uint64_t{TW_TOKENS});
  send(TW_TOKENS + 2);
  expect_samples(1);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), TW_TOKENS - 1U);
}

TEST_P(TurnaroundByRule, LeavesTokensPendingThatTheEchoDoesNotCover) {
  for (const std::uint32_t token : {5U, 6U, 7U}) receive(token);
  send(6);
  expect_samples(1);
  EXPECT_EQ(pending(), 1U);
  send(7);
  expect_samples(2);
}

TEST_P(TurnaroundByRule, IsNotMeasuredTwiceByARepeatedEcho) {
  receive(5);
  send(5);
  send(5);
  expect_samples(1);
  EXPECT_EQ(echo_slot().messages_out, 2U);
}

TEST_P(TurnaroundByRule, CountsFromTheFirstArrivalOfAToken) {
  receive(5);
  const std::uint64_t first_ns = echo_slot().arrived_ns[0];
  receive(5);
  EXPECT_EQ(echo_slot().arrived_ns[0], first_ns);
  EXPECT_EQ(pending(), 1U);
  EXPECT_EQ(echo_slot().tokens_in, 1U);
  EXPECT_EQ(echo_slot().messages_in, 2U);
}

TEST_P(TurnaroundByRule, GoesOnBehindTheLargestNumber) {
  receive(0xffff);
  receive(0);
  send(0);
  expect_samples(1);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 1U);
}

TEST_P(TurnaroundByRule, CountsAnAnswerThatComesTooLateAsALoss) {
  receive(5);
  change_echo_slot(path(), IPPROTO_UDP, [](tw_echo_slot& echo) { echo.arrived_ns[0] = too_long_ago_ns(); });
  send(5);
  EXPECT_EQ(slot().turnaround_samples, 0U);
  EXPECT_EQ(losses(TW_LOSS_STALE), 1U);
}

INSTANTIATE_TEST_SUITE_P(Programs, TurnaroundByRule,
                         testing::Combine(testing::Values(Program::kIngressXdp, Program::kIngressXdpFrags, Program::kIngressTc),
                                          testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + name_of(std::get<Family>(tested.param));
                         });

}  // namespace
}  // namespace tickwire::harness
