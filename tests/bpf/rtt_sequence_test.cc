// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <tuple>

#include "bpf/fixture.h"

namespace tickwire::harness {
namespace {

// A connection whose segments carry no timestamps.
class RttBySequence : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Family>> {
 protected:
  using Tokens = std::vector<std::uint32_t>;

  void SetUp() override {
    BpfTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    in(path().in({.sequence = 1000, .flags = {.syn = true}}, 0));
  }
  [[nodiscard]] Path path() const { return {.family = std::get<Family>(GetParam()), .local_port = kTcpPort}; }
  [[nodiscard]] tw_slot slot() const { return slot_of(path(), IPPROTO_TCP); }
  void send(std::uint32_t sequence, std::size_t payload_bytes) {
    out(path().out({.sequence = sequence, .flags = {.ack = true}}, payload_bytes));
  }
  void acknowledge(std::uint32_t end) {
    pass(std::get<Program>(GetParam()), path().in({.acknowledgement = end, .flags = {.ack = true}}, 0));
  }
  [[nodiscard]] Tokens pending() const {
    Tokens tokens;
    const tw_slot now = slot();
    for (int place = 0; place < TW_TOKENS; ++place) {
      if (now.sent_ns[place] != 0) tokens.push_back(now.token[place]);
    }
    return tokens;
  }
  void expect_samples(std::uint64_t count) const {
    EXPECT_EQ(slot().rtt_samples, count);
    EXPECT_EQ(samples_in(slot().rtt_cells), count);
    EXPECT_EQ(samples_in(programs().service_histogram(kTcpService, TW_SERIES_RTT_SEQUENCE)), count);
    EXPECT_EQ(samples_in(programs().service_histogram(kTcpService, TW_SERIES_RTT_TIMESTAMP)), 0U);
  }
};

TEST_P(RttBySequence, StampsTheEndOfARangeThatLeaves) {
  const std::uint64_t before = now_ns();
  send(1001, 100);
  const std::uint64_t after = now_ns();
  EXPECT_EQ(pending(), Tokens{1101});
  EXPECT_GE(slot().sent_ns[0], before);
  EXPECT_LE(slot().sent_ns[0], after);
  EXPECT_EQ(slot().highest_seq, 1101U);
  EXPECT_EQ(slot().rtt_method, TW_RTT_SEQUENCE);
}

TEST_P(RttBySequence, StoresNoTokenForASegmentWithoutPayload) {
  send(1001, 0);
  EXPECT_EQ(pending(), Tokens{});
}

TEST_P(RttBySequence, TakesATokenWithTheAcknowledgementOfItsEnd) {
  const std::uint64_t before = now_ns();
  send(1001, 100);
  acknowledge(1101);
  const std::uint64_t after = now_ns();
  EXPECT_EQ(pending(), Tokens{});
  expect_samples(1);
  EXPECT_GT(slot().rtt_sum_ns, 0U);
  EXPECT_LE(slot().rtt_sum_ns, after - before);
}

TEST_P(RttBySequence, KeepsATokenWhoseEndIsNotAcknowledged) {
  send(1001, 100);
  acknowledge(1100);
  EXPECT_EQ(pending(), Tokens{1101});
  expect_samples(0);
}

TEST_P(RttBySequence, TakesATokenWithAnAcknowledgementBeyondItsEnd) {
  send(1001, 100);
  acknowledge(1500);
  expect_samples(1);
}

TEST_P(RttBySequence, GivesOneSampleForAnAcknowledgementThatIsRepeated) {
  send(1001, 100);
  acknowledge(1101);
  acknowledge(1101);
  expect_samples(1);
}

TEST_P(RttBySequence, SamplesTheNewestTokenThatIsCovered) {
  send(1001, 100);
  send(1101, 100);
  send(1201, 100);
  // Only the second one's sample is this long.
  change_slot(path(), IPPROTO_TCP, [](tw_slot& slot) { slot.sent_ns[1] -= 1'000'000'000; });
  acknowledge(1250);
  EXPECT_EQ(pending(), Tokens{1301});
  expect_samples(1);
  EXPECT_GE(slot().rtt_sum_ns, 1'000'000'000U);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 1U);
}

TEST_P(RttBySequence, LeavesOutATokenWhenAllPlacesArePending) {
  for (const std::uint32_t sequence : {1001, 1101, 1201, 1301, 1401}) send(sequence, 100);
  EXPECT_EQ(pending(), (Tokens{1101, 1201, 1301, 1401}));
}

// Its sample would be of the newest range that found a place, which left earlier than what is acknowledged.
TEST_P(RttBySequence, GivesNoSampleForAnAcknowledgementOfARangeThatFoundNoPlace) {
  for (const std::uint32_t sequence : {1001, 1101, 1201, 1301, 1401}) send(sequence, 100);
  acknowledge(1501);
  EXPECT_EQ(pending(), Tokens{});
  expect_samples(0);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 4U);
}

TEST_P(RttBySequence, GivesASampleForAnAcknowledgementBeforeARangeThatFoundNoPlace) {
  for (const std::uint32_t sequence : {1001, 1101, 1201, 1301, 1401}) send(sequence, 100);
  acknowledge(1401);
  expect_samples(1);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 3U);
}

TEST_P(RttBySequence, GivesASampleForARangeThatLeftAfterOneThatFoundNoPlace) {
  for (const std::uint32_t sequence : {1001, 1101, 1201, 1301, 1401}) send(sequence, 100);
  acknowledge(1101);
  send(1501, 100);
  acknowledge(1601);
  expect_samples(2);
}

TEST_P(RttBySequence, DiscardsARangeThatIsSentAgain) {
  send(1001, 100);
  send(1001, 100);
  EXPECT_EQ(pending(), Tokens{});
  EXPECT_EQ(losses(TW_LOSS_AMBIGUOUS), 1U);
  acknowledge(1101);
  expect_samples(0);
}

TEST_P(RttBySequence, KeepsWhatStandsBeforeARangeThatIsSentAgain) {
  send(1001, 100);
  send(1101, 100);
  send(1101, 100);
  EXPECT_EQ(pending(), Tokens{1101});
  EXPECT_EQ(losses(TW_LOSS_AMBIGUOUS), 1U);
}

// A cumulative acknowledgement of what follows a hole waits until the hole is filled: it tells of the loss, not of the line.
TEST_P(RttBySequence, DiscardsWhatFollowsARangeThatIsSentAgain) {
  send(1001, 100);
  send(1101, 100);
  send(1001, 100);
  EXPECT_EQ(pending(), Tokens{});
  EXPECT_EQ(losses(TW_LOSS_AMBIGUOUS), 2U);
}

TEST_P(RttBySequence, MeasuresNewPayloadAfterARetransmission) {
  send(1001, 100);
  send(1001, 100);
  send(1101, 100);
  acknowledge(1201);
  expect_samples(1);
}

TEST_P(RttBySequence, ComparesNumbersAcrossTheirWrap) {
  send(0xffffffc0, 100);
  EXPECT_EQ(pending(), Tokens{36});
  acknowledge(0xffffffff);
  expect_samples(0);
  acknowledge(36);
  expect_samples(1);
  send(0xffffffc0, 100);
  EXPECT_EQ(pending(), Tokens{});
}

TEST_P(RttBySequence, TakesNoAcknowledgementFromASegmentWithoutAck) {
  send(1001, 100);
  pass(std::get<Program>(GetParam()), path().in({.acknowledgement = 1101, .flags = {.rst = true}}, 0));
  EXPECT_EQ(pending(), Tokens{1101});
  expect_samples(0);
}

TEST_P(RttBySequence, IsNotMixedWithTimestamps) {
  out(path().out({.sequence = 1001, .flags = {.ack = true}, .timestamps = Timestamps{100, 0}}, 100));
  acknowledge(1101);
  EXPECT_EQ(slot().rtt_method, TW_RTT_TIMESTAMP);
  EXPECT_EQ(pending(), Tokens{100});
  expect_samples(0);
}

TEST_P(RttBySequence, CountsAnAcknowledgementThatComesTooLateAsALoss) {
  send(1001, 100);
  change_slot(path(), IPPROTO_TCP, [](tw_slot& slot) { slot.sent_ns[0] = too_long_ago_ns(); });
  acknowledge(1101);
  expect_samples(0);
  EXPECT_EQ(losses(TW_LOSS_STALE), 1U);
}

INSTANTIATE_TEST_SUITE_P(Programs, RttBySequence,
                         testing::Combine(testing::Values(Program::kIngressXdp, Program::kIngressXdpFrags, Program::kIngressTc),
                                          testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + name_of(std::get<Family>(tested.param));
                         });

}  // namespace
}  // namespace tickwire::harness
