// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <tuple>

#include "bpf/fixture.h"
#include "model/histogram.h"
#include "tickwire/settings.h"

namespace tickwire::harness {
namespace {

class Turnaround : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Family>> {
 protected:
  [[nodiscard]] Path tcp() const { return {.family = std::get<Family>(GetParam()), .local_port = kTcpPort}; }
  [[nodiscard]] Path udp() const { return {.family = std::get<Family>(GetParam()), .local_port = kUdpPort}; }
  void request(std::size_t bytes = 50) { pass(std::get<Program>(GetParam()), udp().datagram_in(bytes)); }
  void answer(std::size_t bytes = 50) { out(udp().datagram_out(bytes)); }
  void tcp_request(std::size_t bytes) { pass(std::get<Program>(GetParam()), tcp().in({.flags = {.ack = true}}, bytes)); }
  // The player's stream begins at 0.
  void open() {
    in(tcp().in({.sequence = 0xffffffff, .flags = {.syn = true}}, 0));
    out(tcp().out({.sequence = 4999, .flags = {.syn = true, .ack = true}}, 0));
  }
  void tcp_answer(std::uint32_t sequence, std::size_t bytes) {
    out(tcp().out({.sequence = sequence, .flags = {.ack = true}}, bytes));
  }
  [[nodiscard]] tw_slot udp_slot() const { return slot_of(udp(), IPPROTO_UDP); }
  [[nodiscard]] tw_slot tcp_slot() const { return slot_of(tcp(), IPPROTO_TCP); }
  void expect_samples(std::uint16_t service, const tw_slot& slot, std::uint64_t count) const {
    EXPECT_EQ(slot.turnaround_samples, count);
    EXPECT_EQ(samples_in(slot.turnaround_cells), count);
    EXPECT_EQ(samples_in(programs().service_histogram(service, TW_SERIES_TURNAROUND_NEXT)), count);
    EXPECT_EQ(samples_in(slot.rtt_cells), 0U);
  }
};

TEST_P(Turnaround, BeginsWithADatagramIn) {
  const std::uint64_t before = now_ns();
  request();
  const std::uint64_t after = now_ns();
  EXPECT_GE(udp_slot().request_ns, before);
  EXPECT_LE(udp_slot().request_ns, after);
  expect_samples(kUdpService, udp_slot(), 0);
}

TEST_P(Turnaround, EndsWithTheNextDatagramOut) {
  const std::uint64_t before = now_ns();
  request();
  answer();
  const std::uint64_t after = now_ns();
  EXPECT_EQ(udp_slot().request_ns, 0U);
  expect_samples(kUdpService, udp_slot(), 1);
  EXPECT_GT(udp_slot().turnaround_sum_ns, 0U);
  EXPECT_LE(udp_slot().turnaround_sum_ns, after - before);
}

TEST_P(Turnaround, CountsTheSampleInTheCellsOfItsDuration) {
  request();
  change_slot(udp(), IPPROTO_UDP, [](tw_slot& slot) { slot.request_ns = now_ns() - 20'000'000; });
  answer();
  const std::uint64_t elapsed_ns = udp_slot().turnaround_sum_ns;
  EXPECT_GE(elapsed_ns, 20'000'000U);
  const std::uint32_t cell = tw_cell(elapsed_ns, TW_CONNECTION_PARTS_LOG2);
  EXPECT_EQ(udp_slot().turnaround_cells[cell / 4], 1ULL << (cell % 4 * 16));
  const auto histogram = programs().service_histogram(kUdpService, TW_SERIES_TURNAROUND_NEXT);
  EXPECT_EQ(histogram.sum_ns, elapsed_ns);
  EXPECT_EQ(histogram.cells[tw_service_cell(model::service_cuts().data(), elapsed_ns)], 1U);
}

TEST_P(Turnaround, CountsFromTheFirstOfSeveralDatagramsIn) {
  request();
  const std::uint64_t first_ns = udp_slot().request_ns;
  request();
  EXPECT_EQ(udp_slot().request_ns, first_ns);
}

TEST_P(Turnaround, EndsOnceForSeveralDatagramsOut) {
  request();
  answer();
  answer();
  expect_samples(kUdpService, udp_slot(), 1);
}

TEST_P(Turnaround, BeginsAnewAfterItEnded) {
  for (int round = 0; round < 3; ++round) {
    request();
    answer();
  }
  expect_samples(kUdpService, udp_slot(), 3);
}

TEST_P(Turnaround, TakesAnEmptyDatagramForARequestAndForAnAnswer) {
  request(0);
  answer(0);
  expect_samples(kUdpService, udp_slot(), 1);
}

TEST_P(Turnaround, IsNotMeasuredWithoutARequest) {
  answer();
  expect_samples(kUdpService, udp_slot(), 0);
}

TEST_P(Turnaround, KeepsConnectionsApart) {
  Path other = udp();
  other.remote_port = 40001;
  request();
  out(other.datagram_out(50));
  expect_samples(kUdpService, udp_slot(), 0);
  EXPECT_NE(udp_slot().request_ns, 0U);
}

TEST_P(Turnaround, CountsAnAnswerThatComesTooLateAsALoss) {
  request();
  change_slot(udp(), IPPROTO_UDP, [](tw_slot& slot) { slot.request_ns = too_long_ago_ns(); });
  answer();
  EXPECT_EQ(udp_slot().request_ns, 0U);
  expect_samples(kUdpService, udp_slot(), 0);
  EXPECT_EQ(losses(TW_LOSS_STALE), 1U);
}

TEST_P(Turnaround, CountsANegativeDurationAsALoss) {
  request();
  change_slot(udp(), IPPROTO_UDP, [](tw_slot& slot) { slot.request_ns = now_ns() + 10'000'000'000; });
  answer();
  expect_samples(kUdpService, udp_slot(), 0);
  EXPECT_EQ(losses(TW_LOSS_NEGATIVE), 1U);
}

TEST_P(Turnaround, BeginsAndEndsWithTcpPayload) {
  open();
  tcp_request(10);
  EXPECT_NE(tcp_slot().request_ns, 0U);
  tcp_answer(5000, 10);
  EXPECT_EQ(tcp_slot().request_ns, 0U);
  expect_samples(kTcpService, tcp_slot(), 1);
}

TEST_P(Turnaround, DoesNotBeginWithATcpSegmentWithoutPayload) {
  open();
  tcp_request(0);
  EXPECT_EQ(tcp_slot().request_ns, 0U);
}

TEST_P(Turnaround, DoesNotEndWithATcpSegmentWithoutPayload) {
  open();
  tcp_request(10);
  tcp_answer(5000, 0);
  EXPECT_NE(tcp_slot().request_ns, 0U);
  expect_samples(kTcpService, tcp_slot(), 0);
}

TEST_P(Turnaround, DoesNotEndWithATcpRetransmission) {
  open();
  tcp_answer(5000, 10);
  tcp_request(10);
  tcp_answer(5000, 10);
  expect_samples(kTcpService, tcp_slot(), 0);
  tcp_answer(5010, 10);
  expect_samples(kTcpService, tcp_slot(), 1);
}

INSTANTIATE_TEST_SUITE_P(Programs, Turnaround,
                         testing::Combine(testing::Values(Program::kIngressXdp, Program::kIngressXdpFrags, Program::kIngressTc),
                                          testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + name_of(std::get<Family>(tested.param));
                         });

}  // namespace
}  // namespace tickwire::harness
