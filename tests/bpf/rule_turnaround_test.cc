// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
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
  [[nodiscard]] std::set<std::uint32_t> pending_tokens() const {
    const tw_echo_slot found = echo_slot();
    std::set<std::uint32_t> tokens;
    for (std::size_t i = 0; i < TW_TOKENS; ++i) {
      if (found.arrived_ns[i] != 0) tokens.insert(found.token[i]);
    }
    return tokens;
  }
  [[nodiscard]] std::uint64_t pending() const { return pending_tokens().size(); }
  [[nodiscard]] std::uint64_t arrived_ns_of(std::uint32_t token) const {
    const tw_echo_slot found = echo_slot();
    return found.arrived_ns[std::ranges::find(found.token, token) - std::begin(found.token)];
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

TEST_P(TurnaroundByRule, IsThatOfTheFirstTokenThatTheEchoCovers) {
  for (const std::uint32_t token : {5U, 6U, 7U}) receive(token);
  change_echo_slot(path(), IPPROTO_UDP, [](tw_echo_slot& echo) {
    echo.arrived_ns[0] = now_ns() - 9'000'000'000;
    echo.arrived_ns[1] = now_ns() - 6'000'000'000;
    echo.arrived_ns[2] = now_ns() - 1'000'000'000;
  });
  const std::uint64_t before = now_ns();
  send(6);
  expect_samples(1);
  EXPECT_GE(slot().turnaround_sum_ns, 9'000'000'000U);
  EXPECT_LE(slot().turnaround_sum_ns, 9'000'000'000U + (now_ns() - before) + 1'000'000'000U);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 0U);
  EXPECT_EQ(pending_tokens(), (std::set<std::uint32_t>{7}));
}

// More inputs than there are places come before a tick that acknowledges all of them.
TEST_P(TurnaroundByRule, IsThatOfTheFirstTokenOfMoreThanThereArePlaces) {
  for (std::uint32_t token = 1; token <= 10; ++token) receive(token);
  EXPECT_EQ(echo_slot().tokens_in, 10U);
  EXPECT_EQ(pending_tokens(), (std::set<std::uint32_t>{1, 2, 3, 4}));
  const std::uint64_t arrived_ns = arrived_ns_of(1);
  const std::uint64_t before = now_ns();
  send(10);
  expect_samples(1);
  EXPECT_GE(slot().turnaround_sum_ns, before - arrived_ns);
  EXPECT_LE(slot().turnaround_sum_ns, now_ns() - arrived_ns);
  EXPECT_EQ(pending(), 0U);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 0U);
}

// A game that lags behind acknowledges what came long ago, and more is on its way than there are places.
TEST_P(TurnaroundByRule, IsMeasuredWhereTheGameLagsBehindByMoreThanThereArePlaces) {
  for (std::uint32_t token = 1; token <= 40; ++token) {
    receive(token);
    if (token > 8) send(token - 8);
  }
  EXPECT_GE(slot().turnaround_samples, 8U);
  EXPECT_EQ(slot().turnaround_samples, echo_slot().echoes_out);
}

TEST_P(TurnaroundByRule, GivesThePlaceOfATokenThatHasWaitedForTooLongAwayFirst) {
  for (std::uint32_t token = 1; token <= TW_TOKENS; ++token) receive(token);
  change_echo_slot(path(), IPPROTO_UDP, [](tw_echo_slot& echo) { echo.arrived_ns[1] = too_long_ago_ns(); });
  receive(TW_TOKENS + 1);
  EXPECT_EQ(pending_tokens(), (std::set<std::uint32_t>{1, 3, 4, 5}));
  EXPECT_EQ(losses(TW_LOSS_STALE), 1U);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 0U);
}

TEST_P(TurnaroundByRule, IsNotOfAnEchoThatIsAheadOfEveryTokenThatCame) {
  for (const std::uint32_t token : {5U, 6U}) receive(token);
  for (const std::uint32_t echo : {7U, 500U, 0x8005U}) send(echo);
  expect_samples(0);
  EXPECT_EQ(echo_slot().messages_out, 3U);
  EXPECT_EQ(pending_tokens(), (std::set<std::uint32_t>{5, 6}));
  send(6);
  expect_samples(1);
}

// A message that is too short for the token, as one that was merged into a super-packet: the newest token is not known.
TEST_P(TurnaroundByRule, MayBeOfATokenThatWasNotSeenIfOneCanHaveBeen) {
  receive(5);
  Bytes cut = message(rule_, TW_INGRESS, {.token = 6});
  cut.resize(9);
  pass(std::get<Program>(GetParam()), path().datagram_in(cut));
  send(5 + TW_SEQUENCE_JUMP);
  expect_samples(0);
  send(6);
  expect_samples(1);
}

TEST_P(TurnaroundByRule, BeginsAnewWithATokenThatFallsBackBy64) {
  for (const std::uint32_t token : {1000U, 1001U, 1001U - TW_SEQUENCE_JUMP}) receive(token);
  EXPECT_EQ(pending_tokens(), (std::set<std::uint32_t>{1001U - TW_SEQUENCE_JUMP}));
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 2U);
  EXPECT_EQ(echo_slot().tokens_in, 3U);
  send(1001);
  expect_samples(0);
  send(1001U - TW_SEQUENCE_JUMP);
  expect_samples(1);
}

TEST_P(TurnaroundByRule, DoesNotBeginAnewWithATokenThatFallsBackBy63) {
  for (const std::uint32_t token : {1000U, 1001U, 1002U - TW_SEQUENCE_JUMP}) receive(token);
  EXPECT_EQ(pending_tokens(), (std::set<std::uint32_t>{1000, 1001}));
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 0U);
  EXPECT_EQ(echo_slot().tokens_in, 2U);
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
  EXPECT_EQ(pending(), 0U);
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
