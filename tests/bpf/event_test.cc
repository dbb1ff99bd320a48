// SPDX-License-Identifier: Apache-2.0
// Samples above a threshold: which are told, how often, and what is counted when they are not.
#include <gtest/gtest.h>

#include <cstring>
#include <tuple>

#include "bpf/fixture.h"
#include "tickwire/stage.h"

namespace tickwire::harness {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kTurnaroundOver = 20 * kMs;
constexpr std::uint64_t kRttOver = 50 * kMs;

template <std::uint64_t OverLeast, std::uint32_t EventBytes = TW_EVENTS_BYTES>
class OverTest : public BpfTest {
 protected:
  static void SetUpTestSuite() { load({.over_least_ns = OverLeast, .event_bytes = EventBytes}); }
  void SetUp() override {
    BpfTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    for (const std::uint16_t service : {kTcpService, kUdpService})
      programs().store(service, tw_thresholds{.rtt_over_ns = kRttOver, .turnaround_over_ns = kTurnaroundOver});
  }
  [[nodiscard]] static Path udp() { return {.family = Family::kIpv4, .local_port = kUdpPort}; }
  [[nodiscard]] static Path tcp() { return {.family = Family::kIpv6, .local_port = kTcpPort}; }
  // A request that came so long ago is answered now.
  void answer_after(std::uint64_t elapsed_ns) {
    in(udp().datagram_in(50));
    change_slot(udp(), IPPROTO_UDP, [&](tw_slot& slot) { slot.request_ns = now_ns() - elapsed_ns; });
    out(udp().datagram_out(50));
  }
  // So many such answers within one second of the programs' clock, each second with a limit of its own.
  void answer_within_a_second(int count) {
    for (int tries = 0; tries < 5; ++tries) {
      programs().store(kUdpService, tw_thresholds{.rtt_over_ns = kRttOver, .turnaround_over_ns = kTurnaroundOver});
      static_cast<void>(programs().take_events());
      const std::uint32_t epoch = tw_epoch(now_ns());
      for (int i = 0; i < count; ++i) answer_after(2 * kTurnaroundOver);
      if (tw_epoch(now_ns()) == epoch) return;
    }
    FAIL() << "each try took longer than a second";
  }
};

using Over = OverTest<kTurnaroundOver>;

TEST_F(Over, TellsATurnaroundAboveTheThresholdWithItsConnection) {
  const std::uint64_t before = now_ns();
  answer_after(kTurnaroundOver + 5 * kMs);
  const std::uint64_t after = now_ns();
  const auto events = programs().take_events();
  ASSERT_EQ(events.size(), 1U);
  const tw_event& event = events[0];
  EXPECT_EQ(event.kind, TW_EVENT_OVER);
  EXPECT_EQ(event.service, kUdpService);
  EXPECT_EQ(event.series, TW_SERIES_TURNAROUND_NEXT);
  EXPECT_EQ(event.value_ns, slot_of(udp(), IPPROTO_UDP).turnaround_sum_ns);
  EXPECT_EQ(event.over_ns, kTurnaroundOver);
  EXPECT_EQ(event.suppressed, 0U);
  EXPECT_GE(event.at_ns, before);
  EXPECT_LE(event.at_ns, after);
  const tw_connection_key key = key_of(udp(), IPPROTO_UDP);
  EXPECT_EQ(std::memcmp(&event.key, &key, sizeof key), 0);
  EXPECT_EQ(event.slot, programs().slot_number(key));
  EXPECT_EQ(event.generation, 0U);
}

TEST_F(Over, DoesNotTellATurnaroundBelowTheThreshold) {
  answer_after(kTurnaroundOver - 10 * kMs);
  EXPECT_TRUE(programs().take_events().empty());
  EXPECT_EQ(slot_of(udp(), IPPROTO_UDP).turnaround_samples, 1U);
}

TEST_F(Over, TellsARoundTripByTheThresholdOfRoundTrips) {
  const auto echo_after = [&](std::uint32_t value, std::uint64_t elapsed_ns) {
    out(tcp().out({.sequence = 5000 + 100 * value, .flags = {.ack = true}, .timestamps = Timestamps{value, 0}}, 100));
    change_slot(tcp(), IPPROTO_TCP, [&](tw_slot& slot) {
      for (auto& sent_ns : slot.sent_ns) sent_ns = sent_ns != 0 ? now_ns() - elapsed_ns : 0;
    });
    in(tcp().in({.flags = {.ack = true}, .timestamps = Timestamps{1, value}}, 0));
  };
  echo_after(1, kRttOver - 20 * kMs);
  EXPECT_TRUE(programs().take_events().empty());
  echo_after(2, kRttOver + 10 * kMs);
  const auto events = programs().take_events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].service, kTcpService);
  EXPECT_EQ(events[0].series, TW_SERIES_RTT_TIMESTAMP);
  EXPECT_EQ(events[0].over_ns, kRttOver);
  EXPECT_GE(events[0].value_ns, kRttOver + 10 * kMs);
  EXPECT_EQ(events[0].key.protocol, IPPROTO_TCP);
}

TEST_F(Over, TellsNothingOfAServiceWithoutAThreshold) {
  programs().store(kUdpService, tw_thresholds{.rtt_over_ns = 1});
  answer_after(3 * kTurnaroundOver);
  EXPECT_TRUE(programs().take_events().empty());
  EXPECT_EQ(programs().thresholds(kUdpService).in_epoch, 0U);
}

TEST_F(Over, TellsTenInASecondAndCountsTheOthers) {
  answer_within_a_second(TW_EVENTS_A_SECOND + 7);
  EXPECT_EQ(programs().take_events().size(), std::size_t{TW_EVENTS_A_SECOND});
  EXPECT_EQ(programs().thresholds(kUdpService).suppressed, 7U);
  EXPECT_EQ(programs().thresholds(kTcpService).suppressed, 0U);
}

TEST_F(Over, BeginsTheNextSecondAnewAndSaysHowManyWereSuppressed) {
  answer_within_a_second(TW_EVENTS_A_SECOND + 3);
  static_cast<void>(programs().take_events());
  tw_thresholds limits = programs().thresholds(kUdpService);
  limits.epoch -= 1;
  programs().store(kUdpService, limits);
  answer_after(2 * kTurnaroundOver);
  const auto events = programs().take_events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].suppressed, 3U);
  EXPECT_EQ(programs().thresholds(kUdpService).in_epoch, 1U);
}

using OverInASmallRing = OverTest<kTurnaroundOver, 4096>;

TEST_F(OverInASmallRing, CountsWhatFindsTheRingFull) {
  constexpr std::size_t kFit = 4096 / (sizeof(tw_event) + 8) - 1;  // the last one would touch its own begin
  constexpr std::size_t kSent = 60;
  for (std::size_t i = 0; i < kSent; ++i) {
    programs().store(kUdpService, tw_thresholds{.turnaround_over_ns = kTurnaroundOver});
    answer_after(2 * kTurnaroundOver);
  }
  const std::size_t told = programs().take_events().size();
  EXPECT_GE(told, kFit);
  EXPECT_LT(told, kSent);
  EXPECT_EQ(told + losses(TW_LOSS_EVENT), kSent);
  // Read, it takes events again.
  programs().store(kUdpService, tw_thresholds{.turnaround_over_ns = kTurnaroundOver});
  answer_after(2 * kTurnaroundOver);
  EXPECT_EQ(programs().take_events().size(), 1U);
  EXPECT_EQ(told + losses(TW_LOSS_EVENT), kSent);
}

using WithoutThresholds = OverTest<0>;

TEST_F(WithoutThresholds, TellsNothing) {
  answer_after(10 * kTurnaroundOver);
  EXPECT_TRUE(programs().take_events().empty());
  EXPECT_EQ(slot_of(udp(), IPPROTO_UDP).turnaround_samples, 1U);
}

}  // namespace
}  // namespace tickwire::harness
