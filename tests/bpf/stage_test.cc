// SPDX-License-Identifier: Apache-2.0
// The packet programs' part of the stages: what arrives is followed, what departs completes. What the socket's programs stamp in between
// is written into the slot by the test; on real sockets they are tried in tests/e2e.
#include <gtest/gtest.h>

#include <array>
#include <tuple>

#include "bpf/fixture.h"
#include "tickwire/settings.h"
#include "tickwire/stage.h"

namespace tickwire::harness {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;

class Stages : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Family>> {
 protected:
  static void SetUpTestSuite() { load({.features = TW_FEATURE_STAGES}); }

  [[nodiscard]] Path tcp() const { return {.family = std::get<Family>(GetParam()), .local_port = kTcpPort}; }
  [[nodiscard]] Path udp() const { return {.family = std::get<Family>(GetParam()), .local_port = kUdpPort}; }
  void arrive(const Packet& packet) { pass(std::get<Program>(GetParam()), packet); }
  void request() { arrive(udp().datagram_in(50)); }
  void answer() { out(udp().datagram_out(60)); }
  void tcp_request(std::uint32_t sequence, std::size_t bytes) {
    arrive(tcp().in({.sequence = sequence, .flags = {.ack = true}}, bytes));
  }
  void tcp_answer(std::uint32_t sequence, std::size_t bytes) {
    out(tcp().out({.sequence = sequence, .acknowledgement = 1000, .flags = {.ack = true}}, bytes));
  }
  [[nodiscard]] tw_stage_slot stages() const { return stage_slot_of(udp(), IPPROTO_UDP); }
  [[nodiscard]] tw_stage_slot tcp_stages() const { return stage_slot_of(tcp(), IPPROTO_TCP); }

  // As if the request had arrived 20 ms ago, been delivered 1 ms, been read 8 ms and been answered 13 ms later.
  static void stamp(tw_slot& slot, tw_stage_slot& stage) {
    const std::uint64_t arrived = now_ns() - 20 * kMillisecond;
    slot.request_ns = arrived;
    stage.arrived_ns = arrived;
    stage.delivered_ns = arrived + 1 * kMillisecond;
    stage.read_ns = arrived + 8 * kMillisecond;
    stage.written_ns = arrived + 13 * kMillisecond;
  }
  void stamp(const Path& path, std::uint8_t protocol) {
    change_slot(path, protocol,
                [&](tw_slot& slot) { change_stage_slot(path, protocol, [&](tw_stage_slot& stage) { stamp(slot, stage); }); });
  }
  [[nodiscard]] std::uint64_t service_samples(std::uint16_t service, int stage) const {
    return samples_in(programs().service_histogram(service, static_cast<tw_series>(TW_SERIES_STAGE_NIC_TO_SOCKET + stage)));
  }
  void expect_samples(std::uint16_t service, const tw_stage_slot& slot, std::uint64_t count) const {
    EXPECT_EQ(slot.completed, count);
    for (int stage = 0; stage < TW_STAGES_ADDED; ++stage) {
      EXPECT_EQ(samples_in(slot.stage_cells[stage]), count) << stage;
      EXPECT_EQ(service_samples(service, stage), count) << stage;
    }
  }
};

TEST_P(Stages, FollowTheFirstRequestSinceTheLastAnswer) {
  request();
  const tw_stage_slot first = stages();
  EXPECT_EQ(first.arrived_ns, slot_of(udp(), IPPROTO_UDP).request_ns);
  EXPECT_NE(first.arrived_ns, 0U);
  EXPECT_EQ(first.followed, 1U);
  request();
  EXPECT_EQ(stages().arrived_ns, first.arrived_ns);
  EXPECT_EQ(stages().followed, 1U);
}

TEST_P(Stages, KnowADatagramByItsLengthAndChecksum) {
  request();
  EXPECT_EQ(stages().tag, static_cast<std::uint32_t>(htons(8 + 50)));
}

TEST_P(Stages, KnowASegmentByTheEndOfItsRange) {
  tcp_answer(5000, 10);
  tcp_request(1000, 50);
  EXPECT_EQ(tcp_stages().tag, 1050U);
}

TEST_P(Stages, AddUpToTheTurnaround) {
  request();
  stamp(udp(), IPPROTO_UDP);
  answer();
  const tw_stage_slot slot = stages();
  expect_samples(kUdpService, slot, 1);
  EXPECT_EQ(slot.stage_sum_ns[TW_STAGE_NIC_TO_SOCKET], 1 * kMillisecond);
  EXPECT_EQ(slot.stage_sum_ns[TW_STAGE_SOCKET_TO_APP], 7 * kMillisecond);
  EXPECT_EQ(slot.stage_sum_ns[TW_STAGE_APP], 5 * kMillisecond);
  EXPECT_EQ(slot.stage_sum_ns[0] + slot.stage_sum_ns[1] + slot.stage_sum_ns[2] + slot.stage_sum_ns[3],
            slot_of(udp(), IPPROTO_UDP).turnaround_sum_ns);
  EXPECT_EQ(slot.arrived_ns, 0U);
}

TEST_P(Stages, CountInTheCellsOfTheirDurations) {
  request();
  stamp(udp(), IPPROTO_UDP);
  answer();
  const std::uint32_t cell = tw_cell(7 * kMillisecond, TW_CONNECTION_PARTS_LOG2);
  EXPECT_EQ(stages().stage_cells[TW_STAGE_SOCKET_TO_APP][cell / 4], 1ULL << (cell % 4 * 16));
  const auto service = programs().service_histogram(kUdpService, TW_SERIES_STAGE_SOCKET_TO_APP);
  EXPECT_EQ(service.sum_ns, 7 * kMillisecond);
}

TEST_P(Stages, BeginAnewWithTheNextRequest) {
  request();
  stamp(udp(), IPPROTO_UDP);
  answer();
  request();
  const tw_stage_slot slot = stages();
  EXPECT_EQ(slot.followed, 2U);
  EXPECT_NE(slot.arrived_ns, 0U);
  EXPECT_EQ(slot.delivered_ns, 0U);
  EXPECT_EQ(slot.read_ns, 0U);
  EXPECT_EQ(slot.written_ns, 0U);
}

TEST_P(Stages, AreMissedAndCountedWhenNoHookSawTheRead) {
  request();
  stamp(udp(), IPPROTO_UDP);
  change_stage_slot(udp(), IPPROTO_UDP, [](tw_stage_slot& stage) { stage.read_ns = 0; });
  answer();
  expect_samples(kUdpService, stages(), 0);
  EXPECT_EQ(losses(TW_LOSS_STAGE_UNSEEN), 1U);
  EXPECT_EQ(slot_of(udp(), IPPROTO_UDP).turnaround_samples, 1U);  // measured all the same
}

TEST_P(Stages, AreNegativeAndCountedWhenTheClockSaysSo) {
  request();
  stamp(udp(), IPPROTO_UDP);
  change_stage_slot(udp(), IPPROTO_UDP, [](tw_stage_slot& stage) { stage.read_ns = stage.delivered_ns - 1; });
  answer();
  expect_samples(kUdpService, stages(), 0);
  EXPECT_EQ(losses(TW_LOSS_NEGATIVE), 1U);
}

TEST_P(Stages, LetAPacketPassThatLeavesBeforeTheGameReadTheRequest) {
  request();
  stamp(udp(), IPPROTO_UDP);
  answer();
  request();
  change_stage_slot(udp(), IPPROTO_UDP, [](tw_stage_slot& stage) { stage.delivered_ns = stage.arrived_ns; });
  answer();  // to something else: the request lies in the queue
  EXPECT_EQ(slot_of(udp(), IPPROTO_UDP).turnaround_samples, 1U);
  EXPECT_NE(slot_of(udp(), IPPROTO_UDP).request_ns, 0U);
  stamp(udp(), IPPROTO_UDP);
  answer();
  EXPECT_EQ(slot_of(udp(), IPPROTO_UDP).turnaround_samples, 2U);
  expect_samples(kUdpService, stages(), 2);
}

TEST_P(Stages, TakeTheNextPacketForTheAnswerWhereNoRequestWasEverSeenRead) {
  request();
  change_stage_slot(udp(), IPPROTO_UDP, [](tw_stage_slot& stage) { stage.delivered_ns = stage.arrived_ns; });
  answer();
  EXPECT_EQ(slot_of(udp(), IPPROTO_UDP).turnaround_samples, 1U);
}

TEST_P(Stages, TakeTheNextPacketForTheAnswerWhenTheRequestNeverReachedTheSocket) {
  request();
  stamp(udp(), IPPROTO_UDP);
  answer();
  request();
  answer();
  EXPECT_EQ(slot_of(udp(), IPPROTO_UDP).turnaround_samples, 2U);
  expect_samples(kUdpService, stages(), 1);
  EXPECT_EQ(losses(TW_LOSS_STAGE_UNSEEN), 1U);
}

TEST_P(Stages, DoNotWaitForAWriteThatNoHookSees) {
  request();
  stamp(udp(), IPPROTO_UDP);
  answer();
  request();
  stamp(udp(), IPPROTO_UDP);
  change_stage_slot(udp(), IPPROTO_UDP, [](tw_stage_slot& stage) { stage.written_ns = 0; });
  answer();  // the game has read 12 ms ago: its write may still come
  EXPECT_EQ(slot_of(udp(), IPPROTO_UDP).turnaround_samples, 1U);
  change_slot(udp(), IPPROTO_UDP, [](tw_slot& slot) { slot.request_ns -= 2000 * kMillisecond; });
  change_stage_slot(udp(), IPPROTO_UDP, [](tw_stage_slot& stage) {
    stage.arrived_ns -= 2000 * kMillisecond;
    stage.read_ns -= 2000 * kMillisecond;
  });
  answer();
  EXPECT_EQ(slot_of(udp(), IPPROTO_UDP).turnaround_samples, 2U);
  EXPECT_EQ(losses(TW_LOSS_STAGE_UNSEEN), 1U);
}

TEST_P(Stages, OfTcpEndWithThePacketThatCarriesTheAnswersFirstByte) {
  tcp_answer(5000, 10);
  tcp_request(1000, 50);
  stamp(tcp(), IPPROTO_TCP);
  change_stage_slot(tcp(), IPPROTO_TCP, [](tw_stage_slot& stage) {
    stage.completed = 1;  // stages have been seen to work
    stage.write_sequence = 5030;
  });
  tcp_answer(5010, 20);  // written before the request was read
  EXPECT_EQ(tcp_stages().completed, 1U);
  EXPECT_EQ(slot_of(tcp(), IPPROTO_TCP).turnaround_samples, 0U);
  tcp_answer(5030, 1);
  EXPECT_EQ(tcp_stages().completed, 2U);
  EXPECT_EQ(slot_of(tcp(), IPPROTO_TCP).turnaround_samples, 1U);
}

TEST_P(Stages, GoOnIntoTheQdiscWithTheAnswer) {
  request();
  stamp(udp(), IPPROTO_UDP);
  const std::uint64_t before = now_ns();
  out(udp().datagram_out(Bytes{1, 0, 0, 0, 2, 0, 0, 0}));
  EXPECT_GE(stages().departed_ns, before);
  EXPECT_EQ(stages().departed_tag, 31U ^ 2U);
}

TEST_P(Stages, LeaveDatagramsOutThatAreTooShortToBeKnownAgain) {
  request();
  stamp(udp(), IPPROTO_UDP);
  out(udp().datagram_out(Bytes{1, 0, 0, 0, 2, 0, 0}));
  EXPECT_EQ(stages().completed, 1U);
  EXPECT_EQ(stages().departed_ns, 0U);
}

TEST_P(Stages, OfTcpGoOnIntoTheQdiscByTheirSequenceNumber) {
  tcp_answer(5000, 10);
  tcp_request(1000, 50);
  stamp(tcp(), IPPROTO_TCP);
  change_stage_slot(tcp(), IPPROTO_TCP, [](tw_stage_slot& stage) { stage.write_sequence = 5010; });
  tcp_answer(5010, 1);
  EXPECT_NE(tcp_stages().departed_ns, 0U);
  EXPECT_EQ(tcp_stages().departed_tag, 5010U);
}

TEST_P(Stages, CountAPlayerStarvedOfWhomNothingWasReadBetweenTwoPackets) {
  request();
  answer();  // no hook has seen a read yet: nothing can be said
  change_stage_slot(udp(), IPPROTO_UDP, [](tw_stage_slot& stage) { stage.read = 1; });
  answer();
  EXPECT_EQ(stages().starved, 0U);
  answer();
  EXPECT_EQ(stages().starved, 1U);
  change_stage_slot(udp(), IPPROTO_UDP, [](tw_stage_slot& stage) { stage.read = 2; });
  answer();
  EXPECT_EQ(stages().starved, 1U);
}

INSTANTIATE_TEST_SUITE_P(Programs, Stages,
                         testing::Combine(testing::Values(Program::kIngressXdp, Program::kIngressXdpFrags, Program::kIngressTc),
                                          testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<0>(tested.param)) + name_of(std::get<1>(tested.param));
                         });

class NoStages : public BpfTest {};

TEST_F(NoStages, LeaveNoTrace) {
  const Path path{.local_port = kUdpPort};
  in(path.datagram_in(50));
  out(path.datagram_out(50));
  in(path.datagram_in(50));
  const tw_stage_slot stage = stage_slot_of(path, IPPROTO_UDP);
  EXPECT_EQ(stage.followed, 0U);
  EXPECT_EQ(stage.last_in_ns, 0U);
  EXPECT_EQ(stage.pace_in.last_ns, 0U);
  EXPECT_EQ(stage.pace_out.last_ns, 0U);
  EXPECT_EQ(slot_of(path, IPPROTO_UDP).turnaround_samples, 1U);
}

}  // namespace
}  // namespace tickwire::harness
