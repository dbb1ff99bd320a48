// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <tuple>

#include "bpf/fixture.h"
#include "model/histogram.h"
#include "tickwire/settings.h"

namespace tickwire::harness {
namespace {

constexpr std::uint32_t kFirstSequence = 5000;

// A connection whose segments carry timestamps. Each segment out carries 100 bytes of new payload.
class RttByTimestamp : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Family>> {
 protected:
  void SetUp() override {
    BpfTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    in(path().in({.sequence = 1000, .flags = {.syn = true}}, 0));
  }
  [[nodiscard]] Path path() const { return {.family = std::get<Family>(GetParam()), .local_port = kTcpPort}; }
  [[nodiscard]] tw_slot slot() const { return slot_of(path(), IPPROTO_TCP); }
  void send_from(std::uint32_t sequence, std::uint32_t value, std::size_t payload_bytes = 100) {
    out(path().out({.sequence = sequence, .flags = {.ack = true}, .timestamps = Timestamps{value, 0}}, payload_bytes));
  }
  void send(std::uint32_t value) {
    send_from(next_sequence_, value);
    next_sequence_ += 100;
  }
  void echo(std::uint32_t value, TcpFlags flags = {.ack = true}) {
    pass(std::get<Program>(GetParam()), path().in({.flags = flags, .timestamps = Timestamps{1, value}}, 0));
  }
  [[nodiscard]] std::vector<std::uint32_t> pending() const {
    std::vector<std::uint32_t> tokens;
    const tw_slot now = slot();
    for (int place = 0; place < TW_TOKENS; ++place) {
      if (now.sent_ns[place] != 0) tokens.push_back(now.token[place]);
    }
    return tokens;
  }
  void expect_samples(std::uint64_t count) const {
    EXPECT_EQ(slot().rtt_samples, count);
    EXPECT_EQ(samples_in(slot().rtt_cells), count);
    EXPECT_EQ(samples_in(programs().service_histogram(kTcpService, TW_SERIES_RTT_TIMESTAMP)), count);
    EXPECT_EQ(samples_in(programs().service_histogram(kTcpService, TW_SERIES_RTT_SEQUENCE)), 0U);
  }
  using Tokens = std::vector<std::uint32_t>;

 private:
  std::uint32_t next_sequence_ = kFirstSequence;
};

TEST_P(RttByTimestamp, StampsATokenThatLeaves) {
  const std::uint64_t before = now_ns();
  send(100);
  const std::uint64_t after = now_ns();
  EXPECT_EQ(pending(), Tokens{100});
  EXPECT_GE(slot().sent_ns[0], before);
  EXPECT_LE(slot().sent_ns[0], after);
  EXPECT_EQ(slot().rtt_method, TW_RTT_TIMESTAMP);
}

TEST_P(RttByTimestamp, StoresNoTokenForASegmentWithoutPayload) {
  send_from(kFirstSequence, 100, 0);
  EXPECT_EQ(pending(), Tokens{});
}

TEST_P(RttByTimestamp, TakesATokenWithItsEcho) {
  const std::uint64_t before = now_ns();
  send(100);
  echo(100);
  const std::uint64_t after = now_ns();
  EXPECT_EQ(pending(), Tokens{});
  expect_samples(1);
  EXPECT_GT(slot().rtt_sum_ns, 0U);
  EXPECT_LE(slot().rtt_sum_ns, after - before);
  EXPECT_EQ(slot().rtt_min_ns, slot().rtt_sum_ns);
}

TEST_P(RttByTimestamp, CountsTheSampleInTheCellsOfItsDuration) {
  send(100);
  change_slot(path(), IPPROTO_TCP, [](tw_slot& slot) { slot.sent_ns[0] = now_ns() - 80'000'000; });
  echo(100);
  const std::uint64_t elapsed_ns = slot().rtt_sum_ns;
  EXPECT_GE(elapsed_ns, 80'000'000U);
  const std::uint32_t cell = tw_cell(elapsed_ns, TW_CONNECTION_PARTS_LOG2);
  EXPECT_EQ(slot().rtt_cells[cell / 4], 1ULL << (cell % 4 * 16));
  const auto histogram = programs().service_histogram(kTcpService, TW_SERIES_RTT_TIMESTAMP);
  EXPECT_EQ(histogram.sum_ns, elapsed_ns);
  EXPECT_EQ(histogram.cells[tw_service_cell(model::service_cuts().data(), elapsed_ns)], 1U);
}

TEST_P(RttByTimestamp, GivesOneSampleForAnEchoThatIsRepeated) {
  send(100);
  echo(100);
  echo(100);
  expect_samples(1);
}

TEST_P(RttByTimestamp, KeepsTheTimeOfTheFirstSegmentWithAValue) {
  send(100);
  const std::uint64_t first_ns = slot().sent_ns[0];
  send(100);
  EXPECT_EQ(pending(), Tokens{100});
  EXPECT_EQ(slot().sent_ns[0], first_ns);
}

TEST_P(RttByTimestamp, StoresAValueOnceEvenWhenItsEchoCameAlready) {
  send(100);
  echo(100);
  send(100);
  EXPECT_EQ(pending(), Tokens{});
}

TEST_P(RttByTimestamp, StoresNoValueOlderThanTheNewest) {
  send(100);
  send(99);
  EXPECT_EQ(pending(), Tokens{100});
}

TEST_P(RttByTimestamp, IgnoresAnOlderEcho) {
  send(100);
  echo(99);
  EXPECT_EQ(pending(), Tokens{100});
  expect_samples(0);
}

TEST_P(RttByTimestamp, DropsATokenThatANewerEchoPassedOver) {
  send(100);
  echo(101);
  EXPECT_EQ(pending(), Tokens{});
  expect_samples(0);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 1U);
}

TEST_P(RttByTimestamp, SamplesTheEchoedTokenAndDropsTheOlderOnes) {
  for (const std::uint32_t value : {1, 2, 3, 4}) send(value);
  echo(3);
  EXPECT_EQ(pending(), Tokens{4});
  expect_samples(1);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 2U);
}

TEST_P(RttByTimestamp, LeavesOutATokenWhenAllPlacesArePending) {
  for (const std::uint32_t value : {1, 2, 3, 4, 5}) send(value);
  EXPECT_EQ(pending(), (Tokens{1, 2, 3, 4}));
  echo(1);
  expect_samples(1);
  send(6);
  EXPECT_EQ(pending(), (Tokens{6, 2, 3, 4}));
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 0U);
}

TEST_P(RttByTimestamp, ComparesValuesAcrossTheirWrap) {
  for (const std::uint32_t value : {0xfffffffeU, 0xffffffffU, 0U, 1U}) send(value);
  EXPECT_EQ(pending(), (Tokens{0xfffffffe, 0xffffffff, 0, 1}));
  echo(0);
  EXPECT_EQ(pending(), Tokens{1});
  expect_samples(1);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), 2U);
}

TEST_P(RttByTimestamp, TakesZeroForAValueLikeAnyOther) {
  send(0);
  EXPECT_EQ(pending(), Tokens{0});
  echo(0);
  expect_samples(1);
}

TEST_P(RttByTimestamp, StoresNoTokenForARetransmission) {
  send_from(kFirstSequence, 100);
  send_from(kFirstSequence, 101);
  EXPECT_EQ(pending(), Tokens{100});
}

TEST_P(RttByTimestamp, TakesNoEchoFromASegmentWithoutAck) {
  send(100);
  echo(100, {.psh = true});
  echo(100, {.rst = true});
  EXPECT_EQ(pending(), Tokens{100});
  expect_samples(0);
}

TEST_P(RttByTimestamp, TakesAnEchoThatComesWithPayload) {
  send(100);
  pass(std::get<Program>(GetParam()), path().in({.flags = {.ack = true}, .timestamps = Timestamps{1, 100}}, 500));
  expect_samples(1);
}

TEST_P(RttByTimestamp, FindsTimestampsBehindOtherOptions) {
  const Bytes others{5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1};  // SACK of one block, no-operation: the timestamps are not aligned
  out(path().out({.sequence = kFirstSequence, .flags = {.ack = true}, .options_before = others, .timestamps = Timestamps{100, 0}},
                 100));
  EXPECT_EQ(pending(), Tokens{100});
  pass(std::get<Program>(GetParam()),
       path().in({.flags = {.ack = true}, .options_before = others, .timestamps = Timestamps{1, 100}}, 0));
  expect_samples(1);
}

TEST_P(RttByTimestamp, ReadsNoTimestampsBehindTheEndOfTheOptions) {
  send(100);
  pass(std::get<Program>(GetParam()),
       path().in({.flags = {.ack = true}, .options_before = {0}, .timestamps = Timestamps{1, 100}}, 0));
  expect_samples(0);
}

TEST_P(RttByTimestamp, CountsAnEchoThatComesTooLateAsALoss) {
  send(100);
  change_slot(path(), IPPROTO_TCP, [](tw_slot& slot) { slot.sent_ns[0] = too_long_ago_ns(); });
  echo(100);
  EXPECT_EQ(pending(), Tokens{});
  expect_samples(0);
  EXPECT_EQ(losses(TW_LOSS_STALE), 1U);
}

TEST_P(RttByTimestamp, CountsANegativeDurationAsALoss) {
  send(100);
  change_slot(path(), IPPROTO_TCP, [](tw_slot& slot) { slot.sent_ns[0] = now_ns() + 10'000'000'000; });
  echo(100);
  expect_samples(0);
  EXPECT_EQ(losses(TW_LOSS_NEGATIVE), 1U);
}

INSTANTIATE_TEST_SUITE_P(Programs, RttByTimestamp,
                         testing::Combine(testing::Values(Program::kIngressXdp, Program::kIngressXdpFrags, Program::kIngressTc),
                                          testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + name_of(std::get<Family>(tested.param));
                         });

}  // namespace
}  // namespace tickwire::harness
