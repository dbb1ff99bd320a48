// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <tuple>

#include "bpf/fixture.h"

namespace tickwire::harness {
namespace {

constexpr Gso kThreeSegments{.segments = 3, .segment_bytes = 1000};

// Packets that stand for several: merged on the way in, not cut yet on the way out. XDP sees none.
class MergedPacket : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Family>> {
 protected:
  void SetUp() override {
    BpfTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    in(tcp().in({.flags = {.syn = true}}, 0));
  }
  [[nodiscard]] Program program() const { return std::get<Program>(GetParam()); }
  [[nodiscard]] Path tcp() const { return {.family = std::get<Family>(GetParam()), .local_port = kTcpPort}; }
  [[nodiscard]] Packet segment(std::size_t bytes) const {
    const Tcp header{.sequence = 5000, .flags = {.ack = true}, .timestamps = Timestamps{100, 0}};
    return is_ingress(program()) ? tcp().in(header, bytes) : tcp().out(header, bytes);
  }
  // Of the connection, in the program's direction, without the SYN.
  [[nodiscard]] std::uint64_t packets_bytes() const {
    const tw_slot slot = slot_of(tcp(), IPPROTO_TCP);
    return is_ingress(program()) ? slot.packets_bytes_in - 1 : slot.packets_bytes_out;
  }
};

TEST_P(MergedPacket, CountsAsTheSegmentsItWasMadeOf) {
  pass(program(), segment(2900), kThreeSegments);
  EXPECT_EQ(packets_bytes(), 2900ULL << TW_PACKETS_BITS | 3);
}

TEST_P(MergedPacket, CountsAsOneWithoutASegmentCount) {
  pass(program(), segment(2900));
  EXPECT_EQ(packets_bytes(), 2900ULL << TW_PACKETS_BITS | 1);
}

TEST_P(MergedPacket, IsOneForTheInterface) {
  pass(program(), segment(2900), kThreeSegments);
  const auto interface = programs().interface(kLoopback);
  EXPECT_EQ(interface.packets[TW_INGRESS], is_ingress(program()) ? 2U : 1U);
  EXPECT_EQ(interface.packets[TW_EGRESS], is_ingress(program()) ? 0U : 1U);
}

// Packets above 64 KiB have an IP length of 0 (BIG TCP).
TEST_P(MergedPacket, HasItsLengthFromTheFrameAndNotFromTheIpHeader) {
  Packet packet = segment(2900);
  if (auto* ip = std::get_if<Ipv4>(&packet.network)) ip->total_length = 0;
  if (auto* ip = std::get_if<Ipv6>(&packet.network)) ip->payload_length = 0;
  pass(program(), packet, kThreeSegments);
  EXPECT_EQ(packets_bytes(), 2900ULL << TW_PACKETS_BITS | 3);
}

TEST_P(MergedPacket, HasItsLengthFromTheFrameBehindATagToo) {
  Packet packet = segment(2900);
  packet.ethernet.tags = {{}};
  if (auto* ip = std::get_if<Ipv4>(&packet.network)) ip->total_length = 0;
  if (auto* ip = std::get_if<Ipv6>(&packet.network)) ip->payload_length = 0;
  pass(program(), packet, kThreeSegments);
  EXPECT_EQ(packets_bytes(), 2900ULL << TW_PACKETS_BITS | 3);
}

TEST_P(MergedPacket, CountsTheSegmentsOfAnUnknownConnectionForItsService) {
  start_over();
  Packet packet = segment(2900);
  if (is_ingress(program())) {
    pass(program(), packet, kThreeSegments);
    EXPECT_EQ(totals(kTcpService).unslotted_packets_in, 3U);
    EXPECT_EQ(totals(kTcpService).unslotted_bytes_in, 2900U);
  } else {
    pass(program(), packet, kThreeSegments);
    EXPECT_EQ(totals(kTcpService).packets_out, 3U);
    EXPECT_EQ(totals(kTcpService).bytes_out, 2900U);
  }
}

INSTANTIATE_TEST_SUITE_P(Programs, MergedPacket,
                         testing::Combine(testing::Values(Program::kIngressTc, Program::kEgressTc), testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + name_of(std::get<Family>(tested.param));
                         });

}  // namespace
}  // namespace tickwire::harness
