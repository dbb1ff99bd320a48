// What the kernel may have half done while a reading is taken, and a reading taken while it writes.
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "unit/ingest/fake_kernel.h"

namespace tickwire::ingest {
namespace {

using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

TEST(DecoderRace, FindsNextTimeACellThatCameAfterItsCounter) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_TCP);
  slot.rtt_samples = 1;
  slot.rtt_sum_ns = 700;
  kernel.read();
  EXPECT_EQ(kernel.tick.connections.at(0).rtt.samples, 0U);
  EXPECT_EQ(kernel.tick.connections.at(0).rtt.sum, nanoseconds(0));
  FakeKernel::cell(slot.rtt_cells, 9, 1);
  kernel.read();
  ASSERT_THAT(kernel.tick.connections, SizeIs(1));
  EXPECT_THAT(gained(kernel.tick, kernel.tick.connections[0].rtt), ElementsAre(Pair(9, 1U)));
  EXPECT_EQ(kernel.tick.connections[0].rtt.sum, nanoseconds(700));
  EXPECT_THAT(kernel.read().connections, IsEmpty());
}

TEST(DecoderRace, FindsACellThatIsLateWhileOtherSamplesComeIn) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_TCP);
  slot.rtt_samples = 1;
  kernel.read();
  FakeKernel::cell(slot.rtt_cells, 9, 1);
  slot.rtt_samples = 2;  // the cell of this one is the late one now
  kernel.read();
  EXPECT_EQ(kernel.tick.connections.at(0).rtt.samples, 1U);
  FakeKernel::cell(slot.rtt_cells, 20, 1);
  kernel.read();
  EXPECT_THAT(gained(kernel.tick, kernel.tick.connections.at(0).rtt), ElementsAre(Pair(20, 1U)));
}

TEST(DecoderRace, CountsACellThatCameBeforeItsCounterOnce) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_TCP);
  FakeKernel::cell(slot.turnaround_cells, 9, 1);
  slot.turnaround_samples = 0;
  kernel.read();
  EXPECT_EQ(kernel.tick.connections.at(0).turnaround.samples, 0U);
  slot.turnaround_samples = 1;
  kernel.read();
  EXPECT_EQ(kernel.tick.connections.at(0).turnaround.samples, 1U);
  EXPECT_THAT(kernel.read().connections, IsEmpty());
}

TEST(DecoderRace, CountsSamplesByCellsWhenTheCounterIsBehind) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_TCP);
  FakeKernel::cell(slot.rtt_cells, 9, 3);
  slot.rtt_samples = 1;
  kernel.read();
  EXPECT_EQ(kernel.tick.connections.at(0).rtt.samples, 3U);
  slot.rtt_samples = 3;
  EXPECT_THAT(kernel.read().connections, IsEmpty());
}

TEST(DecoderRace, StopsWaitingForACellThatNeverComes) {
  FakeKernel kernel(1);
  kernel.open(0, IPPROTO_TCP).rtt_samples = 1;
  kernel.read();
  kernel.read();
  EXPECT_THAT(kernel.read().connections, IsEmpty());
}

TEST(DecoderRace, StillCountsByCellsAfterCounterAndCellsFellOutOfStep) {
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_TCP);
  slot.rtt_samples = 5;
  for (int i = 0; i < 3; ++i) kernel.read();
  FakeKernel::rtt(slot, 30, 2, 60);
  kernel.read();
  EXPECT_THAT(gained(kernel.tick, kernel.tick.connections.at(0).rtt), ElementsAre(Pair(30, 2U)));
  EXPECT_THAT(kernel.read().connections, IsEmpty());
}

// One thread writes as the programs do, this one reads: nothing is lost, nothing is counted twice, whatever a reading meets.
TEST(DecoderRace, AddsUpToWhatAConcurrentWriterWrote) {
  constexpr std::uint64_t kRounds = 200'000;
  FakeKernel kernel(1);
  tw_slot& slot = kernel.open(0, IPPROTO_UDP);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    const auto add = [](auto& field, auto value) {
      std::atomic_ref(field).fetch_add(static_cast<std::remove_reference_t<decltype(field)>>(value), std::memory_order_relaxed);
    };
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      const std::uint64_t cell = i % 7;
      add(slot.packets_bytes_in, (100ULL << TW_PACKETS_BITS) + 1);
      add(slot.turnaround_samples, 1);
      add(slot.turnaround_cells[cell / 4], 1ULL << (16 * (cell % 4)));
      add(slot.turnaround_sum_ns, 10);
    }
    done = true;
  });
  model::Traffic traffic;
  std::map<int, std::uint64_t> cells;
  nanoseconds sum{0};
  const auto take = [&] {
    for (const model::ConnectionChange& change : kernel.read().connections) {
      traffic.packets += change.traffic[0].packets;
      traffic.bytes += change.traffic[0].bytes;
      sum += change.turnaround.sum;
      for (const auto& [cell, samples] : gained(kernel.tick, change.turnaround)) cells[cell] += samples;
    }
  };
  while (!done) take();
  writer.join();
  for (int i = 0; i < 3; ++i) take();
  EXPECT_EQ(traffic, (model::Traffic{.packets = kRounds, .bytes = 100 * kRounds}));
  ASSERT_THAT(cells, SizeIs(7));
  for (const auto& [cell, samples] : cells) EXPECT_EQ(samples, (kRounds + 6 - static_cast<std::uint64_t>(cell)) / 7);
  EXPECT_LE(sum, nanoseconds(10 * kRounds));
}

// A writer that frees the slot and takes it again all the time, each time with as many packets as its generation says.
TEST(DecoderRace, NeverMixesTwoGenerationsOfASlot) {
  constexpr std::uint32_t kGenerations = 50'000;
  FakeKernel kernel(1);
  tw_slot& slot = kernel.slots[0];
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (std::uint32_t generation = 1; generation <= kGenerations; ++generation) {
      std::atomic_ref(slot.opened_ns).store(0, std::memory_order_seq_cst);
      std::atomic_ref(slot.generation).store(generation, std::memory_order_seq_cst);
      std::atomic_ref(slot.packets_bytes_in).store(generation, std::memory_order_seq_cst);
      std::atomic_ref(slot.opened_ns).store(generation, std::memory_order_seq_cst);
    }
    done = true;
  });
  std::uint32_t wrong = 0;
  std::uint32_t last = 0;
  const auto take = [&] {
    for (const model::ConnectionChange& change : kernel.read().connections) {
      const bool whole = change.is_new && change.traffic[0].packets == change.id.generation && change.id.generation > last;
      if (!whole) ++wrong;
      last = change.id.generation;
    }
  };
  while (!done) take();
  writer.join();
  take();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(last, kGenerations);
}

}  // namespace
}  // namespace tickwire::ingest
