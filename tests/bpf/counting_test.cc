// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>
#include <tuple>

#include "bpf/fixture.h"

namespace tickwire::harness {
namespace {

const Tcp kSyn{.sequence = 1000, .flags = {.syn = true}};
const Tcp kSynAck{.sequence = 9000, .acknowledgement = 1001, .flags = {.syn = true, .ack = true}};
const Tcp kAck{.sequence = 1001, .acknowledgement = 9001, .flags = {.ack = true}};

class Counting : public BpfTest, public testing::WithParamInterface<std::tuple<Program, Family>> {
 protected:
  [[nodiscard]] Program program() const { return std::get<Program>(GetParam()); }
  [[nodiscard]] bool ingress() const { return is_ingress(program()); }
  [[nodiscard]] Path tcp() const { return {.family = std::get<Family>(GetParam()), .local_port = kTcpPort}; }
  [[nodiscard]] Path udp() const { return {.family = std::get<Family>(GetParam()), .local_port = kUdpPort}; }
  [[nodiscard]] Packet segment(const Path& path, const Tcp& header, std::size_t payload_bytes) const {
    return ingress() ? path.in(header, payload_bytes) : path.out(header, payload_bytes);
  }
  [[nodiscard]] Packet datagram(const Path& path, std::size_t payload_bytes) const {
    return ingress() ? path.datagram_in(payload_bytes) : path.datagram_out(payload_bytes);
  }
  // So many packets of this program's direction, as the interface counts them.
  [[nodiscard]] Totals seen(std::uint64_t packets) const {
    return ingress() ? Totals{.interface_in = packets} : Totals{.interface_out = packets};
  }
  // Payload in that begins no request: nothing has left, so where the stream stands is not known.
  [[nodiscard]] std::map<int, std::uint64_t> unknown(std::uint64_t segments) const {
    return ingress() ? std::map<int, std::uint64_t>{{TW_LOSS_HOLE, segments}} : std::map<int, std::uint64_t>{};
  }
  void count(Totals& totals, std::uint64_t packets, std::uint64_t bytes) const {
    (ingress() ? totals.packets_in : totals.packets_out) += packets;
    (ingress() ? totals.bytes_in : totals.bytes_out) += bytes;
  }
};

TEST_P(Counting, CountsADatagramForItsConnection) {
  pass(program(), datagram(udp(), 100));
  Totals expected = seen(1);
  expected.opened = 1;
  count(expected, 1, 100);
  EXPECT_EQ(totals(kUdpService), expected);
  EXPECT_EQ(totals(kTcpService), seen(1));
}

TEST_P(Counting, CountsADatagramWithoutPayload) {
  pass(program(), datagram(udp(), 0));
  Totals expected = seen(1);
  expected.opened = 1;
  count(expected, 1, 0);
  EXPECT_EQ(totals(kUdpService), expected);
}

TEST_P(Counting, CountsASegmentForItsConnection) {
  in(tcp().in(kSyn, 0));
  pass(program(), segment(tcp(), kAck, 100));
  Totals expected{.interface_in = 1, .losses = unknown(1), .opened = 1, .packets_in = 1};
  (ingress() ? expected.interface_in : expected.interface_out) += 1;
  count(expected, 1, 100);
  EXPECT_EQ(totals(kTcpService), expected);
  EXPECT_EQ(totals(kUdpService),
            (Totals{.interface_in = expected.interface_in, .interface_out = expected.interface_out, .losses = expected.losses}));
}

TEST_P(Counting, AddsUpTheSegmentsOfAConnection) {
  in(tcp().in(kSyn, 0));
  for (const std::size_t bytes : {0U, 1U, 1000U, 1400U}) pass(program(), segment(tcp(), kAck, bytes));
  Totals expected{.interface_in = 1, .losses = unknown(3), .opened = 1, .packets_in = 1};
  (ingress() ? expected.interface_in : expected.interface_out) += 4;
  count(expected, 4, 2401);
  EXPECT_EQ(totals(kTcpService), expected);
}

TEST_P(Counting, KeepsConnectionsApart) {
  Path other = udp();
  other.remote_port = 40001;
  Path third = udp();
  third.remote_host = 8;
  pass(program(), datagram(udp(), 10));
  pass(program(), datagram(other, 20));
  pass(program(), datagram(third, 30));
  const auto bytes = [&](const Path& path) {
    const tw_slot slot = slot_of(path, IPPROTO_UDP);
    return (ingress() ? slot.packets_bytes_in : slot.packets_bytes_out) >> TW_PACKETS_BITS;
  };
  EXPECT_EQ(bytes(udp()), 10U);
  EXPECT_EQ(bytes(other), 20U);
  EXPECT_EQ(bytes(third), 30U);
}

TEST_P(Counting, CountsOnlyTheInterfaceForAnUnwatchedPort) {
  Path path = tcp();
  path.local_port = kUnwatchedPort;
  pass(program(), segment(path, kSyn, 0));
  pass(program(), segment(path, kAck, 100));
  pass(program(), datagram(path, 100));
  EXPECT_EQ(totals(kTcpService), seen(3));
  EXPECT_EQ(totals(kUdpService), seen(3));
  EXPECT_EQ(totals(0), seen(3));
}

TEST_P(Counting, CountsOnlyTheInterfaceForTheOtherProtocolOfAWatchedPort) {
  Path as_tcp = udp();
  Path as_udp = tcp();
  pass(program(), segment(as_tcp, kSyn, 0));
  pass(program(), segment(as_tcp, kAck, 100));
  pass(program(), datagram(as_udp, 100));
  EXPECT_EQ(totals(kTcpService), seen(3));
  EXPECT_EQ(totals(kUdpService), seen(3));
}

TEST_P(Counting, LooksAtTheLocalPortOnly) {
  // The watched number is the remote side's port here.
  Path path = udp();
  path.local_port = kUnwatchedPort;
  path.remote_port = kUdpPort;
  pass(program(), datagram(path, 100));
  EXPECT_EQ(totals(kUdpService), seen(1));
}

TEST_P(Counting, WatchesBothProtocolsOfOnePort) {
  programs().watch(kUnwatchedPort, 3, 0);
  Path path = tcp();
  path.local_port = kUnwatchedPort;
  in(path.in(kSyn, 0));
  pass(program(), datagram(path, 5));
  EXPECT_EQ(totals(3).opened, 1U);
  EXPECT_EQ(totals(3).packets_in, 1U);
  EXPECT_EQ(totals(0).opened, 1U);
  EXPECT_EQ(totals(0).bytes_in + totals(0).bytes_out, 5U);
}

INSTANTIATE_TEST_SUITE_P(Programs, Counting, testing::Combine(testing::ValuesIn(kPrograms), testing::ValuesIn(kFamilies)),
                         [](const auto& tested) {
                           return name_of(std::get<Program>(tested.param)) + name_of(std::get<Family>(tested.param));
                         });

class Opening : public BpfTest {
 protected:
  const Path tcp_{.local_port = kTcpPort};
};

TEST_F(Opening, FillsTheSlotOfASynIn) {
  const auto before = now_ns();
  in(tcp_.in(kSyn, 0));
  const auto after = now_ns();
  const tw_slot slot = slot_of(tcp_, IPPROTO_TCP);
  const tw_connection_key key = key_of(tcp_, IPPROTO_TCP);
  EXPECT_EQ(std::memcmp(&slot.key, &key, sizeof(key)), 0);
  EXPECT_EQ(slot.service, kTcpService);
  EXPECT_EQ(slot.flags, 0U);
  EXPECT_EQ(slot.generation, 0U);
  EXPECT_GE(slot.opened_ns, before);
  EXPECT_LE(slot.opened_ns, after);
}

TEST_F(Opening, TakesOneSlotForARepeatedSyn) {
  in(tcp_.in(kSyn, 0));
  in(tcp_.in(kSyn, 0));
  EXPECT_EQ(totals(kTcpService), (Totals{.interface_in = 2, .opened = 1, .packets_in = 2}));
}

TEST_F(Opening, SeedsAConnectionFromPayloadOutInMidStream) {
  out(tcp_.out(kAck, 100));
  EXPECT_EQ(totals(kTcpService), (Totals{.interface_out = 1, .opened = 1, .packets_out = 1, .bytes_out = 100}));
  EXPECT_EQ(slot_of(tcp_, IPPROTO_TCP).flags & TW_SLOT_SEEDED, TW_SLOT_SEEDED);
}

TEST_F(Opening, CountsPayloadInOfAnUnknownConnectionForItsService) {
  in(tcp_.in(kAck, 100));
  EXPECT_EQ(totals(kTcpService), (Totals{.interface_in = 1, .unslotted_packets_in = 1, .unslotted_bytes_in = 100}));
}

TEST_F(Opening, CountsAnAckOutOfAnUnknownConnectionForItsService) {
  out(tcp_.out(kAck, 0));
  EXPECT_EQ(totals(kTcpService), (Totals{.interface_out = 1, .unslotted_packets_out = 1}));
}

TEST_F(Opening, CountsASynAckOutOfAnUnknownConnectionForItsService) {
  out(tcp_.out(kSynAck, 0));
  EXPECT_EQ(totals(kTcpService), (Totals{.interface_out = 1, .unslotted_packets_out = 1}));
}

TEST_F(Opening, CountsAResetOfAnUnknownConnectionForItsService) {
  in(tcp_.in({.flags = {.rst = true}}, 0));
  EXPECT_EQ(totals(kTcpService), (Totals{.interface_in = 1, .unslotted_packets_in = 1}));
}

TEST_F(Opening, NotesWhoSentFinAndReset) {
  in(tcp_.in(kSyn, 0));
  const auto flags = [&] { return slot_of(tcp_, IPPROTO_TCP).flags; };
  in(tcp_.in({.flags = {.fin = true, .ack = true}}, 0));
  EXPECT_EQ(flags(), TW_SLOT_FIN_IN);
  out(tcp_.out({.flags = {.fin = true, .ack = true}}, 0));
  EXPECT_EQ(flags(), TW_SLOT_FIN_IN | TW_SLOT_FIN_OUT);
  in(tcp_.in({.flags = {.rst = true}}, 0));
  EXPECT_EQ(flags(), TW_SLOT_FIN_IN | TW_SLOT_FIN_OUT | TW_SLOT_RST_IN);
  out(tcp_.out({.flags = {.rst = true}}, 0));
  EXPECT_EQ(flags(), TW_SLOT_FIN_IN | TW_SLOT_FIN_OUT | TW_SLOT_RST_IN | TW_SLOT_RST_OUT);
}

TEST_F(Opening, GivesANewSlotToASynAfterTheEnd) {
  in(tcp_.in(kSyn, 0));
  const auto first = programs().slot_number(key_of(tcp_, IPPROTO_TCP));
  change_slot(tcp_, IPPROTO_TCP, [](tw_slot& slot) { slot.closed_ns = now_ns(); });
  in(tcp_.in(kSyn, 0));
  const auto second = programs().slot_number(key_of(tcp_, IPPROTO_TCP));
  EXPECT_NE(first, second);
  EXPECT_EQ(totals(kTcpService), (Totals{.interface_in = 2, .opened = 2, .packets_in = 2}));
  EXPECT_EQ(slot_of(tcp_, IPPROTO_TCP).packets_bytes_in, 1U);
}

TEST_F(Opening, GivesANewSlotToASynAfterAReset) {
  in(tcp_.in(kSyn, 0));
  in(tcp_.in({.flags = {.rst = true}}, 0));
  in(tcp_.in(kSyn, 0));
  EXPECT_EQ(totals(kTcpService), (Totals{.interface_in = 3, .opened = 2, .packets_in = 3}));
  EXPECT_EQ(slot_of(tcp_, IPPROTO_TCP).flags, 0U);
}

}  // namespace
}  // namespace tickwire::harness
