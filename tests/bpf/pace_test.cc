// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "bpf/fixture.h"
#include "tickwire/settings.h"
#include "tickwire/stage.h"

namespace tickwire::harness {
namespace {

constexpr std::uint32_t kMillisecond = 1'000'000;

class Pace : public BpfTest {
 protected:
  static void SetUpTestSuite() { load({.features = TW_FEATURE_STAGES}); }
  Path udp_{.local_port = kUdpPort};
  Path tcp_{.local_port = kTcpPort};

  [[nodiscard]] tw_pace pace_in() const { return stage_slot_of(udp_, IPPROTO_UDP).pace_in; }
  [[nodiscard]] tw_pace pace_out() const { return stage_slot_of(udp_, IPPROTO_UDP).pace_out; }
  // As if the newest packet in had come so long ago.
  void age(std::uint64_t ns) {
    change_stage_slot(udp_, IPPROTO_UDP, [&](tw_stage_slot& stage) { stage.pace_in.last_ns = now_ns() - ns; });
  }
};

TEST_F(Pace, BeginsWithTheSecondPacket) {
  in(udp_.datagram_in(50));
  EXPECT_NE(pace_in().last_ns, 0U);
  EXPECT_EQ(pace_in().mean_ns, 0U);
  age(20 * kMillisecond);
  in(udp_.datagram_in(50));
  EXPECT_GE(pace_in().mean_ns, 20 * kMillisecond);
  EXPECT_LT(pace_in().mean_ns, 25 * kMillisecond);
  EXPECT_EQ(pace_in().jitter_ns, 0U);
}

TEST_F(Pace, MovesByASixteenthOfTheDifference) {
  in(udp_.datagram_in(50));
  change_stage_slot(udp_, IPPROTO_UDP, [&](tw_stage_slot& stage) {
    stage.pace_in = {
        .last_ns = now_ns() - 36 * kMillisecond, .mean_ns = 20 * kMillisecond, .jitter_ns = 0, .spacings = 7, ._pad = 0};
  });
  in(udp_.datagram_in(50));
  const tw_pace pace = pace_in();
  EXPECT_EQ(pace.spacings, 8U);
  // 36 ms and the test's own time, which is below 4 ms: a sixteenth of 16 to 20 ms.
  EXPECT_GE(pace.mean_ns, 21 * kMillisecond);
  EXPECT_LT(pace.mean_ns, 21 * kMillisecond + kMillisecond / 4);
  EXPECT_GE(pace.jitter_ns, 1 * kMillisecond);
  EXPECT_EQ(pace.jitter_ns - 1 * kMillisecond, pace.mean_ns - 21 * kMillisecond);
}

TEST_F(Pace, LeavesPausesOut) {
  in(udp_.datagram_in(50));
  change_stage_slot(udp_, IPPROTO_UDP, [&](tw_stage_slot& stage) {
    stage.pace_in = {.last_ns = now_ns() - TW_PAUSE_NS, .mean_ns = 20 * kMillisecond, .jitter_ns = 5, .spacings = 7, ._pad = 0};
  });
  in(udp_.datagram_in(50));
  EXPECT_EQ(pace_in().mean_ns, 20 * kMillisecond);
  EXPECT_EQ(pace_in().jitter_ns, 5U);
  EXPECT_EQ(pace_in().spacings, 7U);
}

TEST_F(Pace, IsKeptForEachDirection) {
  in(udp_.datagram_in(50));
  EXPECT_EQ(pace_out().last_ns, 0U);
  out(udp_.datagram_out(50));
  out(udp_.datagram_out(50));
  EXPECT_NE(pace_out().mean_ns, 0U);
  EXPECT_EQ(pace_in().mean_ns, 0U);
}

TEST_F(Pace, IsOfPacketsWithPayload) {
  out(tcp_.out({.sequence = 5000, .flags = {.ack = true}}, 10));
  in(tcp_.in({.sequence = 1000, .acknowledgement = 5010, .flags = {.ack = true}}, 0));
  EXPECT_EQ(stage_slot_of(tcp_, IPPROTO_TCP).pace_in.last_ns, 0U);
  EXPECT_NE(stage_slot_of(tcp_, IPPROTO_TCP).last_in_ns, 0U);
  in(tcp_.in({.sequence = 1000, .acknowledgement = 5010, .flags = {.ack = true}}, 5));
  EXPECT_NE(stage_slot_of(tcp_, IPPROTO_TCP).pace_in.last_ns, 0U);
}

}  // namespace
}  // namespace tickwire::harness
