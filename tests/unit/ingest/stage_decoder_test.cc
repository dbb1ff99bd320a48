// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "unit/ingest/fake_kernel.h"

namespace tickwire::ingest {
namespace {

using model::Direction;
using model::Series;
using model::Stage;
using std::chrono::nanoseconds;

constexpr std::uint64_t kEpochNs = 1ULL << TW_EPOCH_SHIFT;

// A kernel with stages, and one connection in slot 1.
struct StagedKernel : FakeKernel {
  explicit StagedKernel(std::uint8_t protocol = IPPROTO_UDP) : FakeKernel(2), stages(2) {
    raw.stage_slots = stages;
    open(1, protocol).rtt_method = TW_RTT_TIMESTAMP;
    stage = &stages[1];
    read();
  }
  // A packet in: what a connection's slot shows at least when its stage slot changes.
  void packet() { packets(slots[1].packets_bytes_in, 1, 10); }
  // A request that gave each stage a sample of this cell and length.
  void complete(std::uint32_t cell_number, std::uint64_t each_ns) {
    for (std::size_t i = 0; i < TW_STAGES_ADDED; ++i) {
      cell(stage->stage_cells[i], cell_number, 1);
      stage->stage_sum_ns[i] += each_ns;
    }
    ++stage->completed;
  }
  // What the next reading says of the connection beyond its slot; none: nothing.
  const model::DetailChange* detail() {
    read();
    if (tick.connections.empty() || !tick.connections[0].detail) return nullptr;
    return &tick.details.at(*tick.connections[0].detail);
  }

  std::vector<tw_stage_slot> stages;
  tw_stage_slot* stage;
};

TEST(StageDecoder, LeavesIdleConnectionsOut) {
  StagedKernel kernel;
  EXPECT_EQ(kernel.read().connections.size(), 0U);
  EXPECT_EQ(kernel.tick.details.size(), 0U);
}

TEST(StageDecoder, TellsNothingWithoutStages) {
  FakeKernel kernel(1);
  kernel.open(0, IPPROTO_UDP);
  EXPECT_EQ(kernel.read().connections.size(), 1U);
  EXPECT_EQ(kernel.tick.connections[0].detail, std::nullopt);
  EXPECT_EQ(kernel.tick.details.size(), 0U);
}

TEST(StageDecoder, TellsNothingOfAPacketThatChangesNothingBeyondTheSlot) {
  StagedKernel kernel;
  kernel.packet();
  EXPECT_EQ(kernel.detail(), nullptr);
  EXPECT_EQ(kernel.tick.connections.size(), 1U);
}

TEST(StageDecoder, TellsWhatEachStageGained) {
  StagedKernel kernel;
  kernel.packet();
  kernel.complete(40, 1'000'000);
  kernel.complete(41, 1'200'000);
  const model::DetailChange* detail = kernel.detail();
  ASSERT_NE(detail, nullptr);
  for (const Stage stage : {Stage::kNicToSocket, Stage::kSocketToApp, Stage::kApp, Stage::kAppToNic}) {
    const model::HistogramGain& gain = detail->stages[static_cast<std::size_t>(stage)];
    EXPECT_EQ(gained(kernel.tick, gain), (std::vector<std::pair<int, std::uint32_t>>{{40, 1}, {41, 1}}));
    EXPECT_EQ(gain.samples, 2U);
    EXPECT_EQ(gain.sum, nanoseconds(2'200'000));
  }
  EXPECT_EQ(detail->stages[TW_STAGE_QDISC].samples, 0U);
  EXPECT_EQ(detail->rtt_delayed.samples, 0U);
  EXPECT_EQ(detail->followed.completed, 2U);

  kernel.packet();
  kernel.complete(40, 1'000'000);
  detail = kernel.detail();
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(gained(kernel.tick, detail->stages[0]), (std::vector<std::pair<int, std::uint32_t>>{{40, 1}}));
  EXPECT_EQ(detail->stages[0].sum, nanoseconds(1'000'000));
  EXPECT_EQ(detail->followed.completed, 3U);
}

// Samples of each stage in an order that goes up and down, in more octaves than are remembered in one place.
TEST(StageDecoder, TellsSamplesApartInAllCells) {
  StagedKernel kernel;
  for (std::uint32_t round = 0; round < 400; ++round) {
    kernel.packet();
    std::array<int, TW_STAGES_ADDED> cells{};
    for (std::size_t i = 0; i < TW_STAGES_ADDED; ++i) {
      cells[i] = static_cast<int>((37 * round + 11 * i * round) % TW_CONNECTION_CELLS);
      FakeKernel::cell(kernel.stage->stage_cells[i], static_cast<std::uint32_t>(cells[i]), 1);
    }
    kernel.stage->completed += 1;
    const model::DetailChange* detail = kernel.detail();
    ASSERT_NE(detail, nullptr);
    for (std::size_t i = 0; i < TW_STAGES_ADDED; ++i) {
      EXPECT_EQ(gained(kernel.tick, detail->stages[i]), (std::vector<std::pair<int, std::uint32_t>>{{cells[i], 1}})) << round;
    }
  }
}

TEST(StageDecoder, BringsALateCellWithTheNextReading) {
  StagedKernel kernel;
  kernel.packet();
  ++kernel.stage->completed;  // the program has not come to the cells yet
  const model::DetailChange* detail = kernel.detail();
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->stages[2].samples, 0U);
  for (auto& cells : kernel.stage->stage_cells) FakeKernel::cell(cells, 30, 1);
  detail = kernel.detail();
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->stages[2].samples, 1U);
  EXPECT_EQ(kernel.detail(), nullptr);
}

TEST(StageDecoder, TellsTheWaitInTheQdiscBySumAndNumber) {
  StagedKernel kernel;
  kernel.packet();
  kernel.stage->qdisc_samples = 3;
  kernel.stage->qdisc_sum_ns = 900;
  const model::DetailChange* detail = kernel.detail();
  ASSERT_NE(detail, nullptr);
  const model::HistogramGain& qdisc = detail->stages[static_cast<std::size_t>(Stage::kQdisc)];
  EXPECT_EQ(qdisc.samples, 3U);
  EXPECT_EQ(qdisc.sum, nanoseconds(900));
  EXPECT_EQ(qdisc.count, 0U);
}

TEST(StageDecoder, TellsDelayedSamplesByTheConnectionsMethod) {
  StagedKernel kernel(IPPROTO_TCP);
  kernel.packet();
  FakeKernel::cell(kernel.stage->delayed_cells, 50, 1);
  kernel.stage->delayed_sum_ns = 40'000'000;
  kernel.stage->delayed_samples = 1;
  const model::DetailChange* detail = kernel.detail();
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(gained(kernel.tick, detail->rtt_delayed), (std::vector<std::pair<int, std::uint32_t>>{{50, 1}}));
  EXPECT_EQ(detail->delayed_series, Series::kRttTimestampDelayed);
  EXPECT_EQ(kernel.tick.connections[0].rtt.samples, 0U);

  kernel.slots[1].rtt_method = TW_RTT_SEQUENCE;
  FakeKernel::cell(kernel.stage->delayed_cells, 50, 1);
  kernel.stage->delayed_samples = 2;
  detail = kernel.detail();
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->delayed_series, Series::kRttSequenceDelayed);
}

TEST(StageDecoder, TellsThePaceFromSixteenSpacingsOn) {
  StagedKernel kernel;
  kernel.packet();
  kernel.stage->pace_in = {.last_ns = 9, .mean_ns = 16'000'000, .jitter_ns = 250'000, .spacings = 16};
  kernel.stage->pace_out = {.last_ns = 9, .mean_ns = 33'000'000, .jitter_ns = 500'000, .spacings = 15};
  const model::DetailChange* detail = kernel.detail();
  ASSERT_NE(detail, nullptr);
  const model::Pace& in = detail->pace[static_cast<std::size_t>(Direction::kIngress)];
  EXPECT_EQ(in.spacing, nanoseconds(16'000'000));
  EXPECT_EQ(in.jitter, nanoseconds(250'000));
  EXPECT_EQ(detail->pace[static_cast<std::size_t>(Direction::kEgress)], model::Pace{});
}

TEST(StageDecoder, TellsTheJitterOfRttFromSixteenSamplesOn) {
  StagedKernel kernel;
  FakeKernel::rtt(kernel.slots[1], 50, 15, 15);
  kernel.stage->rtt_jitter_ns = 70'000;
  const model::DetailChange* detail = kernel.detail();
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->rtt_jitter, std::nullopt);
  FakeKernel::rtt(kernel.slots[1], 50, 1, 1);
  detail = kernel.detail();
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->rtt_jitter, nanoseconds(70'000));
}

TEST(StageDecoder, TellsTheSocketOfUdpOnly) {
  for (const std::uint8_t protocol : {IPPROTO_UDP, IPPROTO_TCP}) {
    StagedKernel kernel(protocol);
    kernel.packet();
    kernel.stage->queued = 7;
    kernel.stage->read = 5;
    kernel.stage->refused = 2;
    kernel.stage->waiting_sum = 11;
    kernel.stage->waiting_max = 3;
    kernel.stage->starved = 4;
    const model::DetailChange* detail = kernel.detail();
    ASSERT_NE(detail, nullptr);
    const model::SocketCounts counts{.taken = 7, .read = 5, .refused = 2, .waiting_sum = 11, .waiting_max = 3, .starved = 4};
    EXPECT_EQ(detail->socket, protocol == IPPROTO_UDP ? std::optional(counts) : std::nullopt);
  }
}

TEST(StageDecoder, FollowsCountersThatWrapOrStepBack) {
  StagedKernel kernel;
  for (std::uint32_t i = 1; i <= 8; ++i) {  // so fast that no step is half of the counter's range
    kernel.packet();
    kernel.stage->queued = i << 30;
    kernel.stage->refused = i;
    kernel.read();
  }
  kernel.packet();
  kernel.stage->queued -= 1;  // counted as taken, then refused
  kernel.stage->refused += 1;
  const model::DetailChange* detail = kernel.detail();
  ASSERT_NE(detail, nullptr);
  ASSERT_TRUE(detail->socket);
  EXPECT_EQ(detail->socket->taken, (8ULL << 30) - 1);
  EXPECT_EQ(detail->socket->refused, 9U);
}

TEST(StageDecoder, SeesAReadThatComesWithoutAPacket) {
  StagedKernel kernel;
  kernel.packet();
  kernel.stage->queued = 1;
  ASSERT_NE(kernel.detail(), nullptr);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(kernel.detail(), nullptr);
  kernel.stage->read = 1;
  const model::DetailChange* detail = kernel.detail();
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->socket->read, 1U);
  EXPECT_EQ(kernel.tick.connections[0].traffic[0].packets, 0U);
}

TEST(StageDecoder, SeesOnceMoreWhatAPacketsProgramWritesAfterItsCounter) {
  StagedKernel kernel;
  kernel.packet();
  EXPECT_EQ(kernel.detail(), nullptr);
  kernel.stage->followed = 1;
  ASSERT_NE(kernel.detail(), nullptr);
}

TEST(StageDecoder, ComparesANewConnectionInTheSlotWithZero) {
  StagedKernel kernel;
  kernel.packet();
  kernel.stage->queued = kernel.stage->read = 9;
  kernel.complete(40, 1'000);
  ASSERT_NE(kernel.detail(), nullptr);
  kernel.close(1);
  *kernel.stage = {};
  kernel.read();
  kernel.open(1, IPPROTO_UDP, 2'000);
  kernel.packet();
  kernel.stage->queued = 4;
  kernel.complete(40, 700);
  const model::DetailChange* detail = kernel.detail();
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->socket->taken, 4U);
  EXPECT_EQ(detail->socket->read, 0U);
  EXPECT_EQ(detail->stages[0].samples, 1U);
  EXPECT_EQ(detail->stages[0].sum, nanoseconds(700));
}

// The shortest rtt, by epochs.
struct Epochs : StagedKernel {
  // Reads in the middle of an epoch.
  const model::DetailChange* detail_in(std::uint32_t epoch) {
    raw.monotonic = nanoseconds(static_cast<std::int64_t>((epoch - 1) * kEpochNs + kEpochNs / 2));
    return detail();
  }
  void sample(std::uint32_t epoch, std::uint32_t rtt_ns) {
    rtt(slots[1], 50, 1, rtt_ns);
    const std::size_t place = epoch & 1;
    if (stage->rtt_min_epoch[place] != epoch || rtt_ns < stage->rtt_min_ns[place]) stage->rtt_min_ns[place] = rtt_ns;
    stage->rtt_min_epoch[place] = epoch;
  }
};

TEST(StageDecoder, TellsTheShortestRttOfTheEpochsSinceTheReadingBefore) {
  Epochs kernel;
  kernel.detail_in(10);
  kernel.sample(10, 30'000'000);
  kernel.sample(11, 20'000'000);
  const model::DetailChange* detail = kernel.detail_in(11);
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->rtt_min, nanoseconds(20'000'000));
  EXPECT_EQ(kernel.tick.connections[0].rtt_min_recent, nanoseconds(20'000'000));
  // The epoch of the reading before counts again: its newer samples are not told apart.
  kernel.sample(12, 25'000'000);
  detail = kernel.detail_in(12);
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->rtt_min, nanoseconds(20'000'000));
  kernel.sample(13, 26'000'000);
  detail = kernel.detail_in(13);
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->rtt_min, nanoseconds(25'000'000));
}

TEST(StageDecoder, TellsNoShortestRttWhereAnEpochMayBeMissing) {
  Epochs kernel;
  kernel.detail_in(10);
  kernel.sample(10, 30'000'000);
  kernel.sample(12, 40'000'000);  // in the place of epoch 10's, which had newer samples
  const model::DetailChange* detail = kernel.detail_in(12);
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->rtt_min, std::nullopt);
  EXPECT_EQ(kernel.tick.connections[0].rtt_min_recent, std::nullopt);
}

TEST(StageDecoder, TellsNoShortestRttWithoutANewSample) {
  Epochs kernel;
  kernel.detail_in(10);
  kernel.sample(10, 30'000'000);
  ASSERT_NE(kernel.detail_in(10), nullptr);
  kernel.packet();
  kernel.stage->followed = 1;
  const model::DetailChange* detail = kernel.detail_in(10);
  ASSERT_NE(detail, nullptr);
  EXPECT_EQ(detail->rtt_min, std::nullopt);
}

}  // namespace
}  // namespace tickwire::ingest
