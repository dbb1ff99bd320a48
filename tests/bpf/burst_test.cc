// SPDX-License-Identifier: Apache-2.0
#include "tickwire/burst.h"

#include <gtest/gtest.h>

#include "bpf/fixture.h"
#include "tickwire/settings.h"

namespace tickwire::harness {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;

// Time is told by changing what the ring remembers of it: how long two packets of a test run lie apart is up to the machine.
class Burst : public BpfTest, public testing::WithParamInterface<Family> {
 protected:
  static void SetUpTestSuite() { load({.features = TW_FEATURE_TICKS}); }
  [[nodiscard]] static Path player(std::uint8_t host) {
    return {.family = GetParam(), .local_port = kUdpPort, .remote_host = host};
  }
  [[nodiscard]] static Path tcp() { return {.family = GetParam(), .local_port = kTcpPort}; }
  [[nodiscard]] static tw_burst_ring ring(std::uint16_t service = kUdpService) { return programs().burst_ring(service); }
  // The next packet out belongs to the burst, however late it is.
  static void go_on(std::uint16_t service = kUdpService) {
    tw_burst_ring changed = ring(service);
    changed.last_ns = now_ns() + 1'000 * kMillisecond;
    programs().store(service, changed);
  }
  // The next packet out is later than the gap.
  static void pause() {
    tw_burst_ring changed = ring();
    changed.last_ns = now_ns() - TW_BURST_GAP_NS - 1;
    programs().store(kUdpService, changed);
  }
  static void begin_at(std::uint64_t start_ns) {
    tw_burst_ring changed = ring();
    changed.bursts[0].start_ns = start_ns;
    programs().store(kUdpService, changed);
  }
  void send(std::uint8_t host = 7) { out(player(host).datagram_out(50)); }
};

TEST_P(Burst, BeginsWithTheFirstPacketOut) {
  const std::uint64_t before = now_ns();
  send();
  const std::uint64_t after = now_ns();
  const tw_burst_ring found = ring();
  EXPECT_EQ(found.head, 1U);
  EXPECT_GE(found.last_ns, before);
  EXPECT_LE(found.last_ns, after);
  EXPECT_EQ(found.bursts[0].start_ns, found.last_ns);
  EXPECT_EQ(found.bursts[0].span_ns, 0U);
  EXPECT_EQ(found.bursts[0].players, 1U);
  EXPECT_EQ(found.bursts[0].prompt, 0U);
}

TEST_P(Burst, LastsToItsLastPacket) {
  send();
  begin_at(now_ns() - 3 * kMillisecond);
  go_on();
  send();
  const tw_burst_ring found = ring();
  EXPECT_EQ(found.head, 1U);
  EXPECT_GE(found.bursts[0].span_ns, 3 * kMillisecond);
  EXPECT_EQ(found.bursts[0].span_ns, found.last_ns - found.bursts[0].start_ns);
}

TEST_P(Burst, EndsWhereNothingLeavesForLongerThanTheGap) {
  send();
  const tw_burst first = ring().bursts[0];
  pause();
  send();
  const tw_burst_ring found = ring();
  EXPECT_EQ(found.head, 2U);
  EXPECT_EQ(found.bursts[0].start_ns, first.start_ns);
  EXPECT_EQ(found.bursts[0].span_ns, 0U);
  EXPECT_EQ(found.bursts[1].start_ns, found.last_ns);
}

TEST_P(Burst, CountsAPlayerOnceForSeveralPacketsInARow) {
  for (const std::uint8_t host : {7, 7, 8, 8, 8, 9}) {
    send(host);
    go_on();
  }
  EXPECT_EQ(ring().head, 1U);
  EXPECT_EQ(ring().bursts[0].players, 3U);
}

TEST_P(Burst, TellsPlayersBehindOneAddressApartByTheirPorts) {
  Path other = player(7);
  other.remote_port = 40001;
  send();
  go_on();
  out(other.datagram_out(50));
  EXPECT_EQ(ring().bursts[0].players, 2U);
}

TEST_P(Burst, CountsThePlayersOfEachBurstAnew) {
  send(7);
  go_on();
  send(8);
  pause();
  send(8);
  EXPECT_EQ(ring().bursts[0].players, 2U);
  EXPECT_EQ(ring().bursts[1].players, 1U);
}

TEST_P(Burst, CountsAnswersThatLeaveAtOnce) {
  in(player(7).datagram_in(50));
  send(7);
  const bool prompt = slot_of(player(7), IPPROTO_UDP).turnaround_sum_ns < TW_BURST_PROMPT_NS;
  EXPECT_EQ(ring().bursts[0].prompt, prompt ? 1U : 0U);
  in(player(8).datagram_in(50));
  go_on();
  send(8);
  const bool second = slot_of(player(8), IPPROTO_UDP).turnaround_sum_ns < TW_BURST_PROMPT_NS;
  EXPECT_EQ(ring().bursts[0].prompt, (prompt ? 1U : 0U) + (second ? 1U : 0U));
}

TEST_P(Burst, DoesNotCountAnswersThatWaited) {
  in(player(7).datagram_in(50));
  change_slot(player(7), IPPROTO_UDP, [](tw_slot& slot) { slot.request_ns = now_ns() - TW_BURST_PROMPT_NS; });
  send(7);
  EXPECT_EQ(slot_of(player(7), IPPROTO_UDP).turnaround_samples, 1U);
  EXPECT_EQ(ring().bursts[0].prompt, 0U);
}

TEST_P(Burst, CountsTcpPayloadThatIsNew) {
  in(tcp().in({.flags = {.syn = true}}, 0));
  out(tcp().out({.sequence = 5000, .flags = {.syn = true, .ack = true}}, 0));
  out(tcp().out({.sequence = 5001, .flags = {.ack = true}}, 0));
  EXPECT_EQ(ring(kTcpService).head, 0U);
  out(tcp().out({.sequence = 5001, .flags = {.ack = true}}, 100));
  const tw_burst_ring found = ring(kTcpService);
  EXPECT_EQ(found.head, 1U);
  EXPECT_EQ(found.bursts[0].players, 1U);
  EXPECT_EQ(ring(kUdpService).head, 0U);
  go_on(kTcpService);
  out(tcp().out({.sequence = 5001, .flags = {.ack = true}}, 100));  // once more
  EXPECT_GT(ring(kTcpService).last_ns, now_ns());
}

TEST_P(Burst, IsNotMadeOfPacketsIn) {
  in(player(7).datagram_in(50));
  EXPECT_EQ(ring().head, 0U);
}

TEST_P(Burst, IsNotMadeOfPacketsOfConnectionsWithoutASlot) {
  programs().reset(0);
  programs().watch(kUdpPort, std::nullopt, kUdpService);
  send();
  EXPECT_EQ(losses(TW_LOSS_TABLE_FULL), 1U);
  EXPECT_EQ(ring().head, 0U);
}

TEST_P(Burst, TakesTheOldestOnesPlace) {
  tw_burst_ring full{};
  full.head = TW_BURSTS;
  full.bursts[0] = {.start_ns = 1, .span_ns = 2, .players = 3, .prompt = 4};
  full.bursts[1] = {.start_ns = 5, .span_ns = 6, .players = 7, .prompt = 8};
  programs().store(kUdpService, full);
  send();
  const tw_burst_ring found = ring();
  EXPECT_EQ(found.head, TW_BURSTS + 1U);
  EXPECT_EQ(found.bursts[0].start_ns, found.last_ns);
  EXPECT_EQ(found.bursts[0].span_ns, 0U);
  EXPECT_EQ(found.bursts[0].players, 1U);
  EXPECT_EQ(found.bursts[0].prompt, 0U);
  EXPECT_EQ(found.bursts[1].start_ns, 5U);
}

TEST_P(Burst, CountsNoFurtherThanItsFieldsReach) {
  send(7);
  tw_burst_ring changed = ring();
  changed.bursts[0] = {.start_ns = now_ns() - 5'000 * kMillisecond, .span_ns = 0, .players = 0xffff, .prompt = 0xffff};
  programs().store(kUdpService, changed);
  in(player(8).datagram_in(50));
  go_on();
  send(8);
  EXPECT_EQ(ring().bursts[0].players, 0xffffU);
  EXPECT_EQ(ring().bursts[0].prompt, 0xffffU);
  EXPECT_EQ(ring().bursts[0].span_ns, 0xffffffffU);
}

TEST_P(Burst, IsNotShortenedByAProcessorThatReadItsClockEarlier) {
  send();
  begin_at(now_ns() + 1'000 * kMillisecond);
  go_on();
  send();
  EXPECT_EQ(ring().head, 1U);
  EXPECT_EQ(ring().bursts[0].span_ns, 0U);
}

INSTANTIATE_TEST_SUITE_P(Families, Burst, testing::ValuesIn(kFamilies), [](const auto& tested) { return name_of(tested.param); });

class WithoutTicks : public BpfTest {};

TEST_F(WithoutTicks, NoBurstIsKept) {
  out(Path{.local_port = kUdpPort}.datagram_out(50));
  EXPECT_EQ(slot_of({.local_port = kUdpPort}, IPPROTO_UDP).packets_bytes_out & TW_PACKETS_MASK, 1U);
  EXPECT_EQ(programs().burst_ring(kUdpService).head, 0U);
  EXPECT_EQ(programs().burst_ring(kUdpService).last_ns, 0U);
}

}  // namespace
}  // namespace tickwire::harness
