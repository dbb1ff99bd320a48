// SPDX-License-Identifier: Apache-2.0
// A player's TCP stream with holes: what lies behind one is in the kernel, but the game cannot read it until the hole is filled, so no
// request begins with it.
#include <gtest/gtest.h>

#include <tuple>

#include "bpf/fixture.h"
#include "bpf/rule_message.h"
#include "tickwire/settings.h"

namespace tickwire::harness {
namespace {

constexpr std::uint32_t kFirst = 1000;  // of the player's payload

class Stream : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Family>> {
 protected:
  static void SetUpTestSuite() { load({.features = TW_FEATURE_STAGES}); }

  [[nodiscard]] Path path() const { return {.family = std::get<Family>(GetParam()), .local_port = kTcpPort}; }
  void arrive(const Packet& packet) { pass(std::get<Program>(GetParam()), packet); }
  void open(std::uint32_t first = kFirst) {
    arrive(path().in({.sequence = first - 1, .flags = {.syn = true}}, 0));
    out(path().out({.sequence = 8999, .acknowledgement = first, .flags = {.syn = true, .ack = true}}, 0));
  }
  void segment(std::uint32_t sequence, std::size_t bytes = 50) {
    arrive(path().in({.sequence = sequence, .flags = {.ack = true}}, bytes));
  }
  void acknowledge(std::uint32_t acknowledged) {
    out(path().out({.sequence = 9000, .acknowledgement = acknowledged, .flags = {.ack = true}}, 0));
  }
  // Takes the request that waits.
  void answer(std::uint32_t acknowledged) {
    out(path().out({.sequence = answered_, .acknowledgement = acknowledged, .flags = {.ack = true}}, 10));
    answered_ += 10;
  }
  [[nodiscard]] tw_slot slot() const { return slot_of(path(), IPPROTO_TCP); }
  [[nodiscard]] std::uint64_t request_ns() const { return slot().request_ns; }
  void expect_out_of_order(std::uint32_t segments) const {
    EXPECT_EQ(slot().out_of_order, segments);
    EXPECT_EQ(programs().service(kTcpService).out_of_order, segments);
  }

 private:
  std::uint32_t answered_ = 9000;
};

TEST_P(Stream, BeginsARequestWithItsNextSegment) {
  open();
  segment(1000);
  EXPECT_NE(request_ns(), 0U);
  answer(1050);
  segment(1050);
  EXPECT_NE(request_ns(), 0U);
  expect_out_of_order(0);
}

TEST_P(Stream, BeginsNoneBehindAHole) {
  open();
  segment(1050);
  segment(1100);
  EXPECT_EQ(request_ns(), 0U);
  EXPECT_EQ(slot().turnaround_samples, 0U);
  EXPECT_EQ(stage_slot_of(path(), IPPROTO_TCP).followed, 0U);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 0U);  // it begins when the hole is filled
  expect_out_of_order(2);
}

TEST_P(Stream, BeginsTheRequestWithTheSegmentThatFillsTheHole) {
  open();
  segment(1050);
  const std::uint64_t before = now_ns();
  segment(1000);
  EXPECT_GE(request_ns(), before);
  const tw_stage_slot stage = stage_slot_of(path(), IPPROTO_TCP);
  EXPECT_EQ(stage.arrived_ns, request_ns());
  EXPECT_EQ(stage.tag, 1050U);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 0U);
  answer(1100);
  EXPECT_EQ(slot().turnaround_samples, 1U);
}

TEST_P(Stream, BeginsNoneWithWhatHasComeBefore) {
  open();
  segment(1000);
  answer(1050);
  segment(1000);
  segment(1020, 30);
  segment(999, 1);  // a keep-alive with its byte
  EXPECT_EQ(request_ns(), 0U);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 0U);
  expect_out_of_order(0);
}

TEST_P(Stream, BeginsOneWithWhatAddsToWhatHasComeBefore) {
  open();
  segment(1000);
  answer(1050);
  segment(1000, 51);
  EXPECT_NE(request_ns(), 0U);
  answer(1051);
  segment(1051);
  EXPECT_NE(request_ns(), 0U);
}

TEST_P(Stream, IsWholeAgainWhenTheKernelHasAcknowledgedWhatLayBehindTheHole) {
  open();
  segment(1050);
  segment(1000);
  answer(1100);
  segment(1100);
  EXPECT_NE(request_ns(), 0U);
  segment(1150);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 0U);
  expect_out_of_order(1);
}

TEST_P(Stream, IsNotKnownToBeWholeBetweenTheFillingAndItsAcknowledgement) {
  open();
  segment(1050);
  segment(1000);
  answer(1000);  // sent before the kernel saw the segment
  segment(1100);
  EXPECT_EQ(request_ns(), 0U);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 1U);
  expect_out_of_order(1);
  acknowledge(1150);
  segment(1150);
  EXPECT_NE(request_ns(), 0U);
}

TEST_P(Stream, IsWholeAtOnceWhenWhatFillsTheHoleCoversAllBehindIt) {
  open();
  segment(1050);
  segment(1000, 100);
  answer(1000);
  segment(1100);
  EXPECT_NE(request_ns(), 0U);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 0U);
}

// They may have been waiting for the segment.
TEST_P(Stream, GivesUpTheRequestThatWaitsWhenAHoleIsFilled) {
  open();
  segment(1000);
  segment(1100);
  const std::uint64_t before = now_ns();
  EXPECT_LT(request_ns(), before);
  segment(1050);
  EXPECT_GE(request_ns(), before);
  EXPECT_EQ(stage_slot_of(path(), IPPROTO_TCP).arrived_ns, request_ns());
  EXPECT_EQ(stage_slot_of(path(), IPPROTO_TCP).tag, 1100U);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 1U);
}

TEST_P(Stream, HasASecondHoleThatTheKernelsAcknowledgementTells) {
  open();
  segment(1050);
  segment(1150);
  segment(1000);
  acknowledge(1100);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 0U);
  const std::uint64_t before = now_ns();
  segment(1100);  // fills it
  EXPECT_GE(request_ns(), before);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 1U);
  answer(1200);
  segment(1200);
  segment(1250);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 1U);
  expect_out_of_order(2);
}

TEST_P(Stream, KeepsTheFirstRequestWhileItIsWhole) {
  open();
  segment(1000);
  const std::uint64_t first_ns = request_ns();
  segment(1050);
  segment(1000);
  EXPECT_EQ(request_ns(), first_ns);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 0U);
}

TEST_P(Stream, Wraps) {
  open(0xfffffff0);
  segment(0xfffffff0, 16);  // up to 0
  EXPECT_NE(request_ns(), 0U);
  answer(0);
  segment(0xfffffff0, 16);
  EXPECT_EQ(request_ns(), 0U);
  segment(50);
  EXPECT_EQ(request_ns(), 0U);
  segment(0);
  EXPECT_NE(request_ns(), 0U);
  expect_out_of_order(1);
}

TEST_P(Stream, HasAHoleAcrossTheWrap) {
  open(0xffffffe0);
  segment(0x10);
  EXPECT_EQ(request_ns(), 0U);
  segment(0xffffffe0, 0x30);
  EXPECT_NE(request_ns(), 0U);
  answer(0x42);
  segment(0x42);
  EXPECT_NE(request_ns(), 0U);
  expect_out_of_order(1);
}

TEST_P(Stream, ThatIsWatchedFromItsMiddleIsKnownByTheFirstPacketOut) {
  answer(777'000);
  segment(777'050);
  EXPECT_EQ(request_ns(), 0U);
  segment(777'000);
  EXPECT_NE(request_ns(), 0U);
}

TEST_P(Stream, ThatIsNotKnownBeginsNoRequest) {
  open();
  change_slot(path(), IPPROTO_TCP, [](tw_slot& slot) { slot.in_end = slot.in_ahead = 0; });
  segment(1000);
  EXPECT_EQ(request_ns(), 0U);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 1U);
  expect_out_of_order(0);
}

TEST_P(Stream, BeginsWhereTheSynAckSays) {
  arrive(path().in({.sequence = 100, .flags = {.syn = true}}, 0));
  arrive(path().in({.sequence = 4'000'000'000, .flags = {.syn = true}}, 0));  // another attempt from the same port
  out(path().out({.sequence = 8999, .acknowledgement = 4'000'000'001, .flags = {.syn = true, .ack = true}}, 0));
  segment(4'000'000'001);
  EXPECT_NE(request_ns(), 0U);
}

// RFC 7413: it may be refused, and comes again then.
TEST_P(Stream, BeginsNoneWithThePayloadOfASyn) {
  arrive(path().in({.sequence = 999, .flags = {.syn = true}}, 50));
  EXPECT_EQ(request_ns(), 0U);
  out(path().out({.sequence = 8999, .acknowledgement = 1000, .flags = {.syn = true, .ack = true}}, 0));
  segment(1000);
  EXPECT_NE(request_ns(), 0U);
}

TEST_P(Stream, CountsTheNumberOfAFinAsCome) {
  open();
  arrive(path().in({.sequence = 1000, .flags = {.fin = true, .ack = true}}, 50));
  EXPECT_NE(request_ns(), 0U);
  answer(1051);
  arrive(path().in({.sequence = 1000, .flags = {.fin = true, .ack = true}}, 50));
  EXPECT_EQ(request_ns(), 0U);
  expect_out_of_order(0);
}

TEST_P(Stream, IsNotMovedByAResetThatAcknowledgesNothing) {
  open();
  out(path().out({.sequence = 9000, .acknowledgement = 0x90000000, .flags = {.rst = true}}, 0));
  segment(1000);
  EXPECT_NE(request_ns(), 0U);
}

TEST_P(Stream, IsNotMovedBackByAnAcknowledgementThatLags) {
  open();
  segment(1000);
  segment(1050);
  answer(1050);
  segment(1050);
  EXPECT_EQ(request_ns(), 0U);
  segment(1100);
  EXPECT_NE(request_ns(), 0U);
}

TEST_P(Stream, IsMovedOnByTheAcknowledgementOfWhatWentAnotherWay) {
  open();
  acknowledge(2000);
  segment(2000);
  EXPECT_NE(request_ns(), 0U);
  expect_out_of_order(0);
}

TEST_P(Stream, HasNothingFurtherAheadThanAWindow) {
  open();
  segment(1000 + TW_STREAM_AHEAD_MAX);
  segment(1000);
  const std::uint64_t first_ns = request_ns();
  segment(1050);
  EXPECT_EQ(request_ns(), first_ns);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 0U);
}

INSTANTIATE_TEST_SUITE_P(Programs, Stream,
                         testing::Combine(testing::Values(Program::kIngressXdp, Program::kIngressXdpFrags, Program::kIngressTc),
                                          testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + name_of(std::get<Family>(tested.param));
                         });

// The same by a rule, where each message has its token.
class RuledStream : public Stream {
 protected:
  void SetUp() override {
    Stream::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    programs().watch(kTcpPort, kTcpService, std::nullopt, rule_);
    open();
  }
  // A message of 24 bytes.
  void request(std::uint32_t sequence, std::uint32_t token) {
    arrive(
        path().in({.sequence = sequence, .flags = {.ack = true}}, frame_of(rule_, message(rule_, TW_INGRESS, {.token = token}))));
  }
  void echo(std::uint32_t acknowledged, std::uint32_t token) {
    out(path().out({.sequence = sequence_, .acknowledgement = acknowledged, .flags = {.ack = true}},
                   frame_of(rule_, message(rule_, TW_EGRESS, {.token = 1, .echo = token}))));
    sequence_ += 24;
  }
  [[nodiscard]] tw_echo_slot tokens() const { return echo_slot_of(path(), IPPROTO_TCP); }

 private:
  tw_rule rule_ = framed(rule_of());
  std::uint32_t sequence_ = 9000;
};

TEST_P(RuledStream, MeasuresTheTokenOfItsNextSegment) {
  request(1000, 7);
  EXPECT_EQ(tokens().tokens_in, 1U);
  echo(1024, 7);
  EXPECT_EQ(slot().turnaround_samples, 1U);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 0U);
}

TEST_P(RuledStream, MeasuresNoTokenBehindAHoleAndCountsIt) {
  request(1024, 8);
  EXPECT_EQ(tokens().messages_in, 1U);
  EXPECT_EQ(tokens().tokens_in, 0U);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 1U);
  request(1000, 7);
  echo(1048, 8);
  EXPECT_EQ(slot().turnaround_samples, 0U);
  request(1048, 9);
  echo(1072, 9);
  EXPECT_EQ(slot().turnaround_samples, 1U);
}

TEST_P(RuledStream, GivesUpTheTokensThatWaitWhenAHoleIsFilled) {
  request(1000, 7);
  request(1048, 9);
  EXPECT_NE(stage_slot_of(path(), IPPROTO_TCP).arrived_ns, 0U);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 1U);
  request(1024, 8);
  EXPECT_EQ(losses(TW_LOSS_HOLE), 2U);
  EXPECT_EQ(stage_slot_of(path(), IPPROTO_TCP).arrived_ns, 0U);
  echo(1072, 9);
  EXPECT_EQ(slot().turnaround_samples, 0U);
}

INSTANTIATE_TEST_SUITE_P(Programs, RuledStream,
                         testing::Combine(testing::Values(Program::kIngressXdp, Program::kIngressTc),
                                          testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + name_of(std::get<Family>(tested.param));
                         });

}  // namespace
}  // namespace tickwire::harness
