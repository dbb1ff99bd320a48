// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <tuple>

#include "bpf/fixture.h"
#include "bpf/rule_message.h"

namespace tickwire::harness {
namespace {

using Series = std::map<int, std::uint64_t>;

// What a TCP connection is measured by when its service has a rule.
class TcpByRule : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Family>> {
 protected:
  void SetUp() override {
    BpfTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) programs().watch(kTcpPort, kTcpService, std::nullopt, rule_);
  }
  [[nodiscard]] Path path() const { return {.family = std::get<Family>(GetParam()), .local_port = kTcpPort}; }
  void open() {
    in(path().in({.sequence = 999, .flags = {.syn = true}}, 0));
    out(path().out({.sequence = 5000, .acknowledgement = 1000, .flags = {.ack = true}}, 0));
  }
  void send(std::uint32_t sequence, const Numbers& numbers) {
    const Tcp tcp{.sequence = sequence, .flags = {.ack = true}, .timestamps = Timestamps{sequence, 0}};
    out(path().out(tcp, frame_of(rule_, message(rule_, TW_EGRESS, numbers))));
  }
  void receive(std::uint32_t sequence, const Numbers& numbers, std::uint32_t tsecr = 0) {
    const Tcp tcp{.sequence = sequence, .flags = {.ack = true}, .timestamps = Timestamps{sequence, tsecr}};
    pass(std::get<Program>(GetParam()), path().in(tcp, frame_of(rule_, message(rule_, TW_INGRESS, numbers))));
  }
  [[nodiscard]] tw_slot slot() const { return slot_of(path(), IPPROTO_TCP); }

  tw_rule rule_ = framed(rule_of());
};

TEST_P(TcpByRule, IsMeasuredByTheTokensInItsMessages) {
  open();
  receive(1000, {.token = 1, .echo = 0xfff0});
  send(5000, {.token = 7, .echo = 1});
  receive(1024, {.token = 2, .echo = 7, .delay = 0});
  EXPECT_EQ(totals(kTcpService).series,
            (Series{{TW_SERIES_RTT_RULE, 1}, {TW_SERIES_RTT_RULE_NETWORK, 1}, {TW_SERIES_TURNAROUND_RULE, 1}}));
  EXPECT_EQ(slot().rtt_method, TW_RTT_RULE);
  EXPECT_EQ(slot().request_ns, 0U);
}

TEST_P(TcpByRule, IsNotMeasuredByTimestamps) {
  open();
  send(5000, {.token = 7});
  receive(1000, {.token = 1, .echo = 6}, 5000);
  EXPECT_EQ(totals(kTcpService).series, Series{});
}

TEST_P(TcpByRule, IsNotMeasuredByARetransmission) {
  open();
  receive(1000, {.token = 1, .echo = 0xfff0});
  send(5000, {.token = 7});
  const std::uint64_t first_ns = slot().sent_ns[0];
  send(5000, {.token = 7});
  EXPECT_EQ(slot().sent_ns[0], first_ns);
  EXPECT_EQ(echo_slot_of(path(), IPPROTO_TCP).messages_out, 1U);
}

// Found in the kernel's socket table, and heard before it sends: any sequence number may be its next.
TEST_P(TcpByRule, BeginsWithWhateverSequenceNumberComesFirst) {
  for (const std::uint32_t sequence : {5000U, 0x80000000U, 0xfffffff0U}) {
    start_over();
    programs().watch(kTcpPort, kTcpService, std::nullopt, rule_);
    programs().insert(key_of(path(), IPPROTO_TCP), 0);
    change_slot(path(), IPPROTO_TCP, [&](tw_slot& slot) {
      slot.key = key_of(path(), IPPROTO_TCP);
      slot.service = kTcpService;
      slot.flags = TW_SLOT_SEEDED;
      slot.opened_ns = now_ns();
    });
    receive(1000, {.token = 1, .echo = 0xfff0});
    send(sequence, {.token = 7});
    EXPECT_EQ(echo_slot_of(path(), IPPROTO_TCP).tokens_out, 1U) << sequence;
  }
}

INSTANTIATE_TEST_SUITE_P(Programs, TcpByRule,
                         testing::Combine(testing::Values(Program::kIngressXdp, Program::kIngressXdpFrags, Program::kIngressTc),
                                          testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + name_of(std::get<Family>(tested.param));
                         });

// Datagrams that travel as one packet: merged on the way in, not cut yet on the way out. XDP sees none.
class MergedDatagrams : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Family>> {
 protected:
  void SetUp() override {
    BpfTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) programs().watch(kUdpPort, std::nullopt, kUdpService, rule_);
  }
  [[nodiscard]] Program program() const { return std::get<Program>(GetParam()); }
  [[nodiscard]] tw_direction direction() const { return is_ingress(program()) ? TW_INGRESS : TW_EGRESS; }
  [[nodiscard]] Path path() const { return {.family = std::get<Family>(GetParam()), .local_port = kUdpPort}; }
  void run(const Bytes& payload, std::uint32_t segments, std::uint32_t segment_bytes) {
    pass(program(), is_ingress(program()) ? path().datagram_in(payload) : path().datagram_out(payload),
         {.segments = segments, .segment_bytes = segment_bytes});
  }
  [[nodiscard]] Bytes with_token(std::uint32_t token) const { return message(rule_, direction(), {.token = token}); }
  [[nodiscard]] tw_echo_slot echo_slot() const { return echo_slot_of(path(), IPPROTO_UDP); }
  [[nodiscard]] std::uint32_t tokens() const { return is_ingress(program()) ? echo_slot().tokens_in : echo_slot().tokens_out; }
  [[nodiscard]] std::uint32_t newest_token() const {
    return is_ingress(program()) ? echo_slot().last_token : echo_slot().last_sent;
  }

  tw_rule rule_ = rule_of();
};

TEST_P(MergedDatagrams, AreReadUpToTheFirstOnesEnd) {
  run(joined({with_token(1), with_token(2), with_token(3)}), 3, 20);
  EXPECT_EQ(tokens(), 1U);
  EXPECT_EQ(newest_token(), 1U);
  EXPECT_EQ(losses(TW_LOSS_SEGMENT), 2U);
}

TEST_P(MergedDatagrams, HaveAWholeFirstOneWhenTheLastIsShort) {
  run(joined({with_token(1), Bytes{0x54}}), 2, 20);
  EXPECT_EQ(tokens(), 1U);
}

TEST_P(MergedDatagrams, HaveNoFieldsOfTheSecondInTheFirst) {
  run(joined({Bytes{0x54, 0x57, 0, 0}, with_token(9)}), 6, 4);
  EXPECT_EQ(tokens(), 0U);
  EXPECT_EQ(echo_slot().strangers[direction()], 0U);
}

TEST_P(MergedDatagrams, AreNoLossWhenThereIsOne) {
  run(with_token(1), 1, 20);
  EXPECT_EQ(tokens(), 1U);
  EXPECT_EQ(losses(TW_LOSS_SEGMENT), 0U);
}

INSTANTIATE_TEST_SUITE_P(Programs, MergedDatagrams,
                         testing::Combine(testing::Values(Program::kIngressTc, Program::kEgressTc), testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + name_of(std::get<Family>(tested.param));
                         });

}  // namespace
}  // namespace tickwire::harness
