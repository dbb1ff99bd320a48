// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "bpf/fixture.h"

namespace tickwire::harness {
namespace {

// Two free slots.
class Table : public BpfTest {
 protected:
  void SetUp() override {
    BpfTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    leave_free(2);
  }
  void leave_free(std::uint32_t slots) {
    programs().reset(slots);
    programs().watch(kTcpPort, kTcpService, std::nullopt);
    programs().watch(kUdpPort, std::nullopt, kUdpService);
  }
  [[nodiscard]] static Path udp(std::uint16_t remote_port) { return {.local_port = kUdpPort, .remote_port = remote_port}; }
};

TEST_F(Table, CountsForTheServiceWhatFindsNoFreeSlot) {
  in(udp(1).datagram_in(10));
  in(udp(2).datagram_in(10));
  in(udp(3).datagram_in(10));
  EXPECT_EQ(totals(kUdpService), (Totals{.interface_in = 3,
                                         .losses = {{TW_LOSS_TABLE_FULL, 1}},
                                         .opened = 2,
                                         .packets_in = 2,
                                         .bytes_in = 20,
                                         .unslotted_packets_in = 1,
                                         .unslotted_bytes_in = 10}));
}

TEST_F(Table, CountsEveryPacketExactlyOnceWhenItIsFull) {
  for (std::uint16_t port = 1; port <= 10; ++port) {
    for (int round = 0; round < 3; ++round) {
      in(udp(port).datagram_in(100));
      out(udp(port).datagram_out(200));
    }
  }
  EXPECT_EQ(totals(kUdpService), (Totals{.interface_in = 30,
                                         .interface_out = 30,
                                         .losses = {{TW_LOSS_TABLE_FULL, 48}},
                                         .opened = 2,
                                         .packets_in = 6,
                                         .bytes_in = 600,
                                         .packets_out = 6,
                                         .bytes_out = 1200,
                                         .unslotted_packets_in = 24,
                                         .unslotted_bytes_in = 2400,
                                         .unslotted_packets_out = 24,
                                         .unslotted_bytes_out = 4800,
                                         .turnaround_samples = 6,
                                         .series = {{TW_SERIES_TURNAROUND_NEXT, 6}}}));
}

TEST_F(Table, RefusesASynWhenItIsFull) {
  leave_free(0);
  in(Path{.local_port = kTcpPort}.in({.flags = {.syn = true}}, 0));
  EXPECT_EQ(totals(kTcpService), (Totals{.interface_in = 1, .losses = {{TW_LOSS_TABLE_FULL, 1}}, .unslotted_packets_in = 1}));
}

TEST_F(Table, RefusesPayloadOutInMidStreamWhenItIsFull) {
  leave_free(0);
  out(Path{.local_port = kTcpPort}.out({.flags = {.ack = true}}, 100));
  EXPECT_EQ(
      totals(kTcpService),
      (Totals{.interface_out = 1, .losses = {{TW_LOSS_TABLE_FULL, 1}}, .unslotted_packets_out = 1, .unslotted_bytes_out = 100}));
}

TEST_F(Table, TakesASlotThatWasGivenBack) {
  in(udp(1).datagram_in(10));
  in(udp(2).datagram_in(10));
  programs().give_back(key_of(udp(1), IPPROTO_UDP));
  in(udp(3).datagram_in(30));
  const tw_slot slot = slot_of(udp(3), IPPROTO_UDP);
  EXPECT_EQ(slot.packets_bytes_in, 30ULL << TW_PACKETS_BITS | 1);
  EXPECT_EQ(slot.generation, 1U);
  EXPECT_EQ(losses(TW_LOSS_TABLE_FULL), 0U);
}

TEST_F(Table, CountsAnotherRefusalOfTheHashAndKeepsTheSlotFree) {
  const auto connections = static_cast<std::uint16_t>(programs().sizes().connections);
  for (std::uint16_t port = 1; port <= connections; ++port) programs().insert(key_of(udp(port), IPPROTO_UDP), 0);
  in(udp(1000).datagram_in(10));
  EXPECT_EQ(
      totals(kUdpService),
      (Totals{.interface_in = 1, .losses = {{TW_LOSS_TABLE_ERROR, 1}}, .unslotted_packets_in = 1, .unslotted_bytes_in = 10}));
  EXPECT_EQ(programs().free_slots(), 2U);
}

}  // namespace
}  // namespace tickwire::harness
