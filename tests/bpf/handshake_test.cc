// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "bpf/fixture.h"

namespace tickwire::harness {
namespace {

const Tcp kSyn{.sequence = 1000, .flags = {.syn = true}};
const Tcp kSynAck{.sequence = 9000, .acknowledgement = 1001, .flags = {.syn = true, .ack = true}};
const Tcp kAck{.sequence = 1001, .acknowledgement = 9001, .flags = {.ack = true}};

class Handshake : public BpfTest, public testing::WithParamInterface<Family> {
 protected:
  [[nodiscard]] Path path() const { return {.family = GetParam(), .local_port = kTcpPort}; }
  [[nodiscard]] tw_slot slot() const { return slot_of(path(), IPPROTO_TCP); }
  [[nodiscard]] std::uint64_t samples() const {
    return samples_in(programs().service_histogram(kTcpService, TW_SERIES_RTT_HANDSHAKE));
  }
};

TEST_P(Handshake, StampsTheSynAck) {
  in(path().in(kSyn, 0));
  EXPECT_EQ(slot().awaits_handshake, 0);
  const std::uint64_t before = now_ns();
  out(path().out(kSynAck, 0));
  const std::uint64_t after = now_ns();
  EXPECT_GE(slot().synack_ns, before);
  EXPECT_LE(slot().synack_ns, after);
  EXPECT_EQ(slot().awaits_handshake, 1);
  EXPECT_EQ(slot().handshake_ns, 0U);
}

TEST_P(Handshake, EndsWithTheFirstAckIn) {
  in(path().in(kSyn, 0));
  const std::uint64_t before = now_ns();
  out(path().out(kSynAck, 0));
  in(path().in(kAck, 0));
  const std::uint64_t after = now_ns();
  EXPECT_GT(slot().handshake_ns, 0U);
  EXPECT_LE(slot().handshake_ns, after - before);
  EXPECT_EQ(slot().awaits_handshake, 0);
  const auto histogram = programs().service_histogram(kTcpService, TW_SERIES_RTT_HANDSHAKE);
  EXPECT_EQ(samples_in(histogram), 1U);
  EXPECT_EQ(histogram.sum_ns, slot().handshake_ns);
}

TEST_P(Handshake, IsNoSampleOfTheConnectionsRtt) {
  in(path().in(kSyn, 0));
  out(path().out(kSynAck, 0));
  in(path().in(kAck, 0));
  EXPECT_EQ(totals(kTcpService), (Totals{.interface_in = 2,
                                         .interface_out = 1,
                                         .opened = 1,
                                         .packets_in = 2,
                                         .packets_out = 1,
                                         .series = {{TW_SERIES_RTT_HANDSHAKE, 1}}}));
}

TEST_P(Handshake, IsMeasuredOnce) {
  in(path().in(kSyn, 0));
  out(path().out(kSynAck, 0));
  in(path().in(kAck, 0));
  const std::uint64_t first = slot().handshake_ns;
  in(path().in(kAck, 0));
  in(path().in(kAck, 100));
  EXPECT_EQ(slot().handshake_ns, first);
  EXPECT_EQ(samples(), 1U);
}

TEST_P(Handshake, EndsWithAnAckThatCarriesPayload) {
  in(path().in(kSyn, 0));
  out(path().out(kSynAck, 0));
  in(path().in(kAck, 100));
  EXPECT_EQ(samples(), 1U);
}

TEST_P(Handshake, GivesNoSampleWhenTheSynAckWasSentTwice) {
  in(path().in(kSyn, 0));
  out(path().out(kSynAck, 0));
  out(path().out(kSynAck, 0));
  in(path().in(kAck, 0));
  EXPECT_EQ(slot().flags & TW_SLOT_SYNACK_TWICE, TW_SLOT_SYNACK_TWICE);
  EXPECT_EQ(slot().handshake_ns, 0U);
  EXPECT_EQ(samples(), 0U);
  EXPECT_EQ(losses(TW_LOSS_AMBIGUOUS), 1U);
}

TEST_P(Handshake, GivesNoSampleWithoutASynAck) {
  in(path().in(kSyn, 0));
  in(path().in(kAck, 0));
  EXPECT_EQ(slot().handshake_ns, 0U);
  EXPECT_EQ(samples(), 0U);
}

TEST_P(Handshake, GivesNoSampleForARepeatedSynOrAReset) {
  in(path().in(kSyn, 0));
  out(path().out(kSynAck, 0));
  in(path().in(kSyn, 0));
  in(path().in({.sequence = 1001, .flags = {.rst = true}}, 0));
  EXPECT_EQ(slot().awaits_handshake, 1);
  EXPECT_EQ(samples(), 0U);
}

TEST_P(Handshake, GivesNoSampleWhenTheAckComesTooLate) {
  in(path().in(kSyn, 0));
  out(path().out(kSynAck, 0));
  change_slot(path(), IPPROTO_TCP, [](tw_slot& slot) { slot.synack_ns = too_long_ago_ns(); });
  in(path().in(kAck, 0));
  EXPECT_EQ(slot().handshake_ns, 0U);
  EXPECT_EQ(samples(), 0U);
  EXPECT_EQ(losses(TW_LOSS_STALE), 1U);
}

INSTANTIATE_TEST_SUITE_P(Families, Handshake, testing::ValuesIn(kFamilies),
                         [](const auto& tested) { return name_of(tested.param); });

}  // namespace
}  // namespace tickwire::harness
