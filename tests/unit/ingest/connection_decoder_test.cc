// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "unit/ingest/fake_kernel.h"

namespace tickwire::ingest {
namespace {

using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

TEST(ConnectionDecoder, ReportsNothingForAnEmptyTable) {
  FakeKernel kernel(4);
  const model::Tick& tick = kernel.read();
  EXPECT_THAT(tick.connections, IsEmpty());
  EXPECT_EQ(tick.slots_used, 0U);
  EXPECT_EQ(tick.slots_capacity, 4U);
}

TEST(ConnectionDecoder, ReportsAFirstSightWithItsKeyInHostOrder) {
  FakeKernel kernel(4);
  tw_slot& slot = kernel.open(2, IPPROTO_TCP, 5'000);
  slot.service = 1;
  const model::Tick& tick = kernel.read();
  ASSERT_THAT(tick.connections, SizeIs(1));
  const model::ConnectionChange& change = tick.connections[0];
  EXPECT_TRUE(change.is_new);
  EXPECT_EQ(change.id, (model::ConnectionId{.slot = 2, .generation = 0}));
  EXPECT_EQ(change.service, 1);
  EXPECT_EQ(change.opened, nanoseconds(5'000));
  EXPECT_EQ(change.key.protocol, model::Protocol::kTcp);
  EXPECT_EQ(change.key.remote.port, 50000);
  EXPECT_EQ(change.key.local.port, 7777);
  EXPECT_EQ(tick.slots_used, 1U);
}

TEST(ConnectionDecoder, KeepsIpv4AsMappedAddress) {
  FakeKernel kernel(1);
  kernel.open(0, IPPROTO_UDP);
  const model::Tick& tick = kernel.read();
  ASSERT_THAT(tick.connections, SizeIs(1));
  using Bytes = std::array<std::uint8_t, 16>;
  EXPECT_EQ(tick.connections[0].key.remote.address.bytes, (Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 198, 51, 100, 7}));
  EXPECT_EQ(tick.connections[0].key.local.address.bytes, (Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 1}));
}

TEST(ConnectionDecoder, KeepsTheBytesOfAnIpv6AddressInTheirOrder) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_UDP);
  const std::array<std::uint8_t, 16> address{0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  std::memcpy(slot.key.remote_address, address.data(), address.size());
  const model::Tick& tick = kernel.read();
  ASSERT_THAT(tick.connections, SizeIs(1));
  EXPECT_EQ(tick.connections[0].key.remote.address.bytes, address);
}

TEST(ConnectionDecoder, LeavesOutASlotOfWhichNothingChanged) {
  FakeKernel kernel(2);
  FakeKernel::rtt(kernel.open(0, IPPROTO_TCP), 40, 1, 2'000'000);
  kernel.read();
  const model::Tick& tick = kernel.read();
  EXPECT_THAT(tick.connections, IsEmpty());
  EXPECT_THAT(tick.cells, IsEmpty());
  EXPECT_EQ(tick.slots_used, 1U);
}

TEST(ConnectionDecoder, CountsTrafficFromZeroAtFirstAndAsDifferenceLater) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_UDP);
  FakeKernel::packets(slot.packets_bytes_in, 3, 300);
  FakeKernel::packets(slot.packets_bytes_out, 2, 90);
  kernel.read();
  EXPECT_THAT(kernel.tick.connections.at(0).traffic,
              ElementsAre(model::Traffic{.packets = 3, .bytes = 300}, model::Traffic{.packets = 2, .bytes = 90}));
  FakeKernel::packets(slot.packets_bytes_in, 1, 50);
  kernel.read();
  EXPECT_THAT(kernel.tick.connections.at(0).traffic, ElementsAre(model::Traffic{.packets = 1, .bytes = 50}, model::Traffic{}));
  EXPECT_FALSE(kernel.tick.connections.at(0).is_new);
}

TEST(ConnectionDecoder, CountsTrafficExactlyThroughCarryAndWrap) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_UDP);
  FakeKernel::packets(slot.packets_bytes_in, TW_PACKETS_MASK, (1ULL << 40) - 10);
  kernel.read();
  FakeKernel::packets(slot.packets_bytes_in, 5, 1'500);
  kernel.read();
  EXPECT_EQ(kernel.tick.connections.at(0).traffic[0], (model::Traffic{.packets = 5, .bytes = 1'500}));
}

TEST(ConnectionDecoder, StartsAgainFromZeroWithANewGeneration) {
  FakeKernel kernel(1);
  tw_slot& first = kernel.open(0, IPPROTO_UDP);
  FakeKernel::packets(first.packets_bytes_in, 9, 900);
  FakeKernel::turnaround(first, 50, 3, 9'000'000);
  kernel.read();
  kernel.close(0);
  kernel.read();
  EXPECT_THAT(kernel.tick.connections, IsEmpty());
  EXPECT_EQ(kernel.tick.slots_used, 0U);

  tw_slot& second = kernel.open(0, IPPROTO_UDP, 2'000);
  FakeKernel::packets(second.packets_bytes_in, 4, 40);
  FakeKernel::turnaround(second, 50, 1, 3'000'000);
  kernel.read();
  const model::ConnectionChange& change = kernel.tick.connections.at(0);
  EXPECT_TRUE(change.is_new);
  EXPECT_EQ(change.id, (model::ConnectionId{.slot = 0, .generation = 1}));
  EXPECT_EQ(change.traffic[0], (model::Traffic{.packets = 4, .bytes = 40}));
  EXPECT_THAT(gained(kernel.tick, change.turnaround), ElementsAre(Pair(50, 1U)));
  EXPECT_EQ(change.turnaround.sum, nanoseconds(3'000'000));
}

TEST(ConnectionDecoder, SeesANewGenerationThatWasNeverSeenFree) {
  FakeKernel kernel(1);
  FakeKernel::packets(kernel.open(0, IPPROTO_UDP).packets_bytes_in, 9, 900);
  kernel.read();
  kernel.close(0);
  FakeKernel::packets(kernel.open(0, IPPROTO_UDP).packets_bytes_in, 9, 900);
  kernel.read();
  ASSERT_THAT(kernel.tick.connections, SizeIs(1));
  EXPECT_TRUE(kernel.tick.connections[0].is_new);
  EXPECT_EQ(kernel.tick.connections[0].traffic[0], (model::Traffic{.packets = 9, .bytes = 900}));
}

TEST(ConnectionDecoder, ReadsTheCellsOfBothHistograms) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_TCP);
  FakeKernel::rtt(slot, 0, 1, 500);
  FakeKernel::rtt(slot, 61, 2, 80'000'000);
  FakeKernel::turnaround(slot, 95, 7, 200'000'000'000);
  kernel.read();
  const model::ConnectionChange& change = kernel.tick.connections.at(0);
  EXPECT_THAT(gained(kernel.tick, change.rtt), ElementsAre(Pair(0, 1U), Pair(61, 2U)));
  EXPECT_EQ(change.rtt.samples, 3U);
  EXPECT_EQ(change.rtt.sum, nanoseconds(80'000'500));
  EXPECT_THAT(gained(kernel.tick, change.turnaround), ElementsAre(Pair(95, 7U)));
  EXPECT_EQ(change.turnaround.samples, 7U);
  EXPECT_EQ(change.turnaround.sum, nanoseconds(200'000'000'000));
}

TEST(ConnectionDecoder, ReportsWhatCellsGainedAndNotWhatTheyHold) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_TCP);
  FakeKernel::rtt(slot, 40, 10, 1'000);
  kernel.read();
  FakeKernel::rtt(slot, 40, 1, 70);
  FakeKernel::rtt(slot, 41, 2, 30);
  kernel.read();
  const model::ConnectionChange& change = kernel.tick.connections.at(0);
  EXPECT_THAT(gained(kernel.tick, change.rtt), ElementsAre(Pair(40, 1U), Pair(41, 2U)));
  EXPECT_EQ(change.rtt.sum, nanoseconds(100));
  EXPECT_THAT(gained(kernel.tick, change.turnaround), IsEmpty());
}

TEST(ConnectionDecoder, CountsCellsExactlyWhenOneWrapsIntoItsNeighbour) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_TCP);
  FakeKernel::rtt(slot, 4, 65'535, 1);
  FakeKernel::rtt(slot, 7, 65'535, 1);
  kernel.read();
  FakeKernel::rtt(slot, 4, 2, 1);
  FakeKernel::rtt(slot, 5, 65'535, 1);
  FakeKernel::rtt(slot, 7, 3, 1);
  kernel.read();
  EXPECT_THAT(gained(kernel.tick, kernel.tick.connections.at(0).rtt), ElementsAre(Pair(4, 2U), Pair(5, 65'535U), Pair(7, 3U)));
  FakeKernel::rtt(slot, 6, 1, 1);
  kernel.read();
  EXPECT_THAT(gained(kernel.tick, kernel.tick.connections.at(0).rtt), ElementsAre(Pair(6, 1U)));
}

TEST(ConnectionDecoder, TakesZeroForNotMeasured) {
  FakeKernel kernel(1);
  kernel.open(0, IPPROTO_TCP);
  kernel.read();
  const model::ConnectionChange& change = kernel.tick.connections.at(0);
  EXPECT_EQ(change.established, std::nullopt);
  EXPECT_EQ(change.closed, std::nullopt);
  EXPECT_EQ(change.handshake, std::nullopt);
  EXPECT_EQ(change.srtt, std::nullopt);
  EXPECT_EQ(change.rtt_min, std::nullopt);
  EXPECT_EQ(change.rtt_series, std::nullopt);
}

TEST(ConnectionDecoder, ReportsTimesInNanoseconds) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_TCP);
  slot.established_ns = 2'000;
  slot.closed_ns = 9'000;
  slot.handshake_ns = 400;
  slot.srtt_us = 21'500;
  slot.rtt_min_ns = 300;
  kernel.read();
  const model::ConnectionChange& change = kernel.tick.connections.at(0);
  EXPECT_EQ(change.established, nanoseconds(2'000));
  EXPECT_EQ(change.closed, nanoseconds(9'000));
  EXPECT_EQ(change.handshake, nanoseconds(400));
  EXPECT_EQ(change.srtt, nanoseconds(21'500'000));
  EXPECT_EQ(change.rtt_min, nanoseconds(300));
}

// Each of these alone makes a connection be reported.
class ConnectionDecoderField : public testing::TestWithParam<void (*)(tw_slot&)> {};

TEST_P(ConnectionDecoderField, IsReportedOnceWhenItAloneChanges) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_TCP);
  kernel.read();
  GetParam()(slot);
  EXPECT_THAT(kernel.read().connections, SizeIs(1));
  EXPECT_THAT(kernel.read().connections, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, ConnectionDecoderField,
    testing::Values([](tw_slot& slot) { slot.packets_bytes_in = 1; }, [](tw_slot& slot) { slot.packets_bytes_out = 1; },
                    [](tw_slot& slot) { slot.tcp_state = 4; }, [](tw_slot& slot) { slot.close_reason = TW_CLOSE_LOCAL_FIN; },
                    [](tw_slot& slot) { slot.established_ns = 7; }, [](tw_slot& slot) { slot.closed_ns = 7; },
                    [](tw_slot& slot) { slot.handshake_ns = 7; }, [](tw_slot& slot) { slot.flags = TW_SLOT_FIN_IN; },
                    [](tw_slot& slot) { slot.retransmissions = 1; }, [](tw_slot& slot) { slot.out_of_order = 1; },
                    [](tw_slot& slot) { slot.srtt_us = 1; }, [](tw_slot& slot) { slot.rtt_min_ns = 1; },
                    [](tw_slot& slot) { FakeKernel::rtt(slot, 3, 1, 9); },
                    [](tw_slot& slot) { FakeKernel::turnaround(slot, 3, 1, 9); }));

TEST(ConnectionDecoder, NamesTheTcpStateByItsNumber) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_TCP);
  slot.tcp_state = 8;
  EXPECT_EQ(kernel.read().connections.at(0).state, model::ConnectionState::kCloseWait);
  slot.tcp_state = 13;  // TCP_BOUND_INACTIVE of kernel 6.8 and later
  EXPECT_EQ(kernel.read().connections.at(0).state, model::ConnectionState::kNone);
}

TEST(ConnectionDecoder, GivesUdpNoState) {
  FakeKernel kernel(1);
  kernel.open(0, IPPROTO_UDP).tcp_state = 1;
  kernel.read();
  EXPECT_EQ(kernel.tick.connections.at(0).state, model::ConnectionState::kNone);
  EXPECT_EQ(kernel.tick.connections.at(0).key.protocol, model::Protocol::kUdp);
}

TEST(ConnectionDecoder, NamesTheSeriesOfTheRtt) {
  FakeKernel kernel(2);
  kernel.open(0, IPPROTO_TCP).rtt_method = TW_RTT_TIMESTAMP;
  kernel.open(1, IPPROTO_TCP).rtt_method = TW_RTT_SEQUENCE;
  kernel.read();
  EXPECT_EQ(kernel.tick.connections.at(0).rtt_series, model::Series::kRttTimestamp);
  EXPECT_EQ(kernel.tick.connections.at(1).rtt_series, model::Series::kRttSequence);
}

TEST(ConnectionDecoder, TakesACloseReasonThatItDoesNotKnowForNone) {
  FakeKernel kernel(2);
  kernel.open(0, IPPROTO_TCP).close_reason = TW_CLOSE_TIMEOUT;
  kernel.open(1, IPPROTO_TCP).close_reason = TW_CLOSE_TIMEOUT + 1;
  kernel.read();
  EXPECT_EQ(kernel.tick.connections.at(0).close_reason, model::CloseReason::kTimeout);
  EXPECT_EQ(kernel.tick.connections.at(1).close_reason, model::CloseReason::kNone);
}

TEST(ConnectionDecoder, TellsEachFlagApart) {
  FakeKernel kernel(6);
  const std::array flags{TW_SLOT_SEEDED, TW_SLOT_FIN_IN, TW_SLOT_FIN_OUT, TW_SLOT_RST_IN, TW_SLOT_RST_OUT, TW_SLOT_STATE_HOOK};
  for (std::size_t i = 0; i < flags.size(); ++i) kernel.open(i, IPPROTO_TCP).flags = flags[i];
  kernel.read();
  ASSERT_THAT(kernel.tick.connections, SizeIs(6));
  for (std::size_t i = 0; i < flags.size(); ++i) {
    const model::ConnectionChange& change = kernel.tick.connections[i];
    const std::array seen{change.seeded,   change.fin_in,    change.fin_out,
                          change.reset_in, change.reset_out, change.state_from_kernel};
    for (std::size_t j = 0; j < seen.size(); ++j) EXPECT_EQ(seen[j], i == j) << "flag " << flags[i] << " as " << j;
  }
}

}  // namespace
}  // namespace tickwire::ingest
