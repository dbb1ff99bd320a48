// SPDX-License-Identifier: Apache-2.0
// Which round trips of TCP count, and which are kept apart because the player's side may have delayed its acknowledgement (RFC 1122
// 4.2.3.2).
#include <gtest/gtest.h>

#include "bpf/fixture.h"
#include "tickwire/settings.h"
#include "tickwire/stage.h"

namespace tickwire::harness {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint32_t kMss = 1000;

class DelayedAck : public BpfTest, public testing::WithParamInterface<bool> {
 protected:
  static void SetUpTestSuite() { load({.features = TW_FEATURE_STAGES}); }
  Path path_{.local_port = kTcpPort};
  bool timestamps_ = GetParam();

  [[nodiscard]] Tcp header(std::uint32_t sequence, std::uint32_t acknowledgement, std::uint32_t value, std::uint32_t echo) const {
    Tcp tcp{.sequence = sequence, .acknowledgement = acknowledgement, .flags = {.ack = true}};
    if (timestamps_) tcp.timestamps = Timestamps{.value = value, .echo = echo};
    return tcp;
  }
  void send(std::uint32_t sequence, std::size_t bytes, std::uint32_t value) {
    out(path_.out(header(sequence, 1, value, 0), bytes));
  }
  void acknowledge(std::uint32_t acknowledgement, std::uint32_t echo, std::size_t bytes = 0) {
    in(path_.in(header(1, acknowledgement, 7, echo), bytes));
  }
  [[nodiscard]] tw_stage_slot stage() const { return stage_slot_of(path_, IPPROTO_TCP); }
  [[nodiscard]] tw_slot slot() const { return slot_of(path_, IPPROTO_TCP); }
  // As if everything pending had left 80 ms ago, and the player's newest packet had come so long ago.
  void age(std::uint64_t since_packet_ns) {
    change_slot(path_, IPPROTO_TCP, [](tw_slot& slot) {
      for (auto& sent_ns : slot.sent_ns) sent_ns = sent_ns != 0 ? now_ns() - 80 * kMillisecond : 0;
    });
    change_stage_slot(path_, IPPROTO_TCP, [&](tw_stage_slot& stage) {
      stage.last_in_ns = now_ns() - since_packet_ns;
      stage.acknowledged = 5000;
      stage.mss = kMss;
    });
  }
  void expect(std::uint64_t prompt, std::uint64_t delayed) const {
    EXPECT_EQ(slot().rtt_samples, prompt);
    EXPECT_EQ(samples_in(slot().rtt_cells), prompt);
    EXPECT_EQ(stage().delayed_samples, delayed);
    EXPECT_EQ(samples_in(stage().delayed_cells), delayed);
    const auto series = timestamps_ ? TW_SERIES_RTT_TIMESTAMP : TW_SERIES_RTT_SEQUENCE;
    const auto apart = timestamps_ ? TW_SERIES_RTT_TIMESTAMP_DELAYED : TW_SERIES_RTT_SEQUENCE_DELAYED;
    EXPECT_EQ(samples_in(programs().service_histogram(kTcpService, series)), prompt);
    EXPECT_EQ(samples_in(programs().service_histogram(kTcpService, apart)), delayed);
  }
};

TEST_P(DelayedAck, MayHaveStretchedTheRoundTripOfOneSmallSegment) {
  send(5000, 100, 50);
  age(100 * kMillisecond);
  acknowledge(5100, 50);
  expect(0, 1);
}

TEST_P(DelayedAck, MayHaveWaitedForDataAfterAPause) {
  send(5000, 100, 50);
  age(20 * kMillisecond);
  acknowledge(5100, 50, 40);
  expect(0, 1);
}

TEST_P(DelayedAck, CannotHaveWaitedLongerThanSinceThePacketBefore) {
  send(5000, 100, 50);
  age(1 * kMillisecond);  // with the test's own time below 5 ms, a sixteenth of the 80 ms
  acknowledge(5100, 50, 40);
  expect(1, 0);
}

TEST_P(DelayedAck, IsNotUsedForTwoFullSegments) {
  send(5000, 2 * kMss, 50);
  age(100 * kMillisecond);
  acknowledge(5000 + 2 * kMss, 50);
  expect(1, 0);
}

TEST_P(DelayedAck, MayBeUsedForLessThanTwoFullSegments) {
  send(5000, 2 * kMss - 1, 50);
  age(100 * kMillisecond);
  acknowledge(5000 + 2 * kMss - 1, 50);
  expect(0, 1);
}

TEST_P(DelayedAck, MayHaveWaitedForTheSegmentBehindTheTokens) {
  send(5000, kMss, 50);
  if (!timestamps_) {
    // The places are taken, so that the second segment has no token of its own.
    change_slot(path_, IPPROTO_TCP, [](tw_slot& slot) {
      for (int place = 1; place < TW_TOKENS; ++place) {
        slot.sent_ns[place] = now_ns();
        slot.token[place] = 90'000;
      }
    });
  }
  send(5000 + kMss, kMss, 60);
  age(100 * kMillisecond);
  acknowledge(5000 + 2 * kMss, 50);
  // By sequence there is none at all: it would be the first one's, and was another's wait.
  expect(0, timestamps_ ? 1 : 0);
  EXPECT_EQ(losses(TW_LOSS_UNMATCHED), timestamps_ ? 0U : 1U);
}

TEST_P(DelayedAck, LeavesTheShortestRoundTripTrue) {
  send(5000, 100, 50);
  age(100 * kMillisecond);
  acknowledge(5100, 50);
  EXPECT_EQ(slot().rtt_min_ns, stage().delayed_sum_ns);
  const std::uint32_t epoch = tw_epoch(now_ns());
  const tw_stage_slot found = stage();
  EXPECT_TRUE(found.rtt_min_epoch[epoch & 1] == epoch || found.rtt_min_epoch[(epoch - 1) & 1] == epoch - 1);
  EXPECT_EQ(std::max(found.rtt_min_ns[0], found.rtt_min_ns[1]), stage().delayed_sum_ns);
}

TEST_P(DelayedAck, TellsNoJitter) {
  send(5000, 100, 50);
  age(100 * kMillisecond);
  acknowledge(5100, 50);
  EXPECT_EQ(stage().rtt_last_ns, 0U);
}

TEST_P(DelayedAck, IsNoMatterOfPromptSamplesJitter) {
  send(5000, 2 * kMss, 50);
  age(100 * kMillisecond);
  change_stage_slot(path_, IPPROTO_TCP, [](tw_stage_slot& stage) { stage.rtt_last_ns = 48 * kMillisecond; });
  acknowledge(5000 + 2 * kMss, 50);
  EXPECT_EQ(stage().rtt_last_ns, slot().rtt_sum_ns);
  EXPECT_EQ(stage().rtt_jitter_ns, (slot().rtt_sum_ns - 48 * kMillisecond) / 16);
}

INSTANTIATE_TEST_SUITE_P(Methods, DelayedAck, testing::Bool(),
                         [](const auto& tested) { return tested.param ? "ByTimestamp" : "BySequence"; });

}  // namespace
}  // namespace tickwire::harness
