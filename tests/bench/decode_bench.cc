// What a tick costs: decoding 100,000 used slots that are idle, have traffic, or have traffic and a sample of each kind; each without
// and with stages.
// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <netinet/in.h>

#include <cstdint>
#include <vector>

#include "ingest/decoder.h"

namespace tickwire::ingest {
namespace {

constexpr std::size_t kSlots = 100'000;

std::vector<tw_slot> used_slots() {
  std::vector<tw_slot> slots(kSlots);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    tw_slot& slot = slots[i];
    slot.key.protocol = i % 2 == 0 ? IPPROTO_TCP : IPPROTO_UDP;
    slot.key.remote_port = htons(static_cast<std::uint16_t>(i));
    slot.opened_ns = 1 + i;
    slot.rtt_method = TW_RTT_TIMESTAMP;
  }
  return slots;
}

void add_traffic(std::vector<tw_slot>& slots) {
  for (tw_slot& slot : slots) {
    slot.packets_bytes_in += (100ULL << TW_PACKETS_BITS) + 1;
    slot.packets_bytes_out += (200ULL << TW_PACKETS_BITS) + 1;
  }
}

// A sample every round, in one of the 20 cells that a connection's samples are spread over.
void add_samples(std::vector<tw_slot>& slots, std::uint64_t round) {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    tw_slot& slot = slots[i];
    const std::size_t cell = 40 + (i + round) % 20;
    const std::uint64_t one = 1ULL << (16 * (cell % 4));
    slot.rtt_cells[cell / 4] += one;
    slot.turnaround_cells[cell / 4] += one;
    slot.rtt_sum_ns += 20'000'000;
    slot.turnaround_sum_ns += 2'000'000;
    ++slot.rtt_samples;
    ++slot.turnaround_samples;
  }
}

// What packets leave behind beyond the slot: their pace, and a datagram that was taken and read.
void add_traffic(std::vector<tw_stage_slot>& stages) {
  for (tw_stage_slot& stage : stages) {
    ++stage.pace_in.spacings;
    ++stage.pace_out.spacings;
    ++stage.queued;
    ++stage.read;
  }
}

// A request that was followed through the socket.
void add_samples(std::vector<tw_stage_slot>& stages, std::uint64_t round) {
  for (std::size_t i = 0; i < stages.size(); ++i) {
    tw_stage_slot& stage = stages[i];
    ++stage.followed;
    ++stage.completed;
    for (std::size_t which = 0; which < TW_STAGES_ADDED; ++which) {
      const std::size_t cell = 10 + 20 * which + (i + round) % 10;
      stage.stage_cells[which][cell / 4] += 1ULL << (16 * (cell % 4));
      stage.stage_sum_ns[which] += 500'000;
    }
  }
}

struct Load {
  bool traffic = false;
  bool samples = false;
  bool stages = false;
};

// The slots are changed between two readings, with the clock stopped.
void decode(benchmark::State& state, Load load) {
  std::vector<tw_slot> slots = used_slots();
  std::vector<tw_stage_slot> stages(load.stages ? kSlots : 0);
  const RawTick raw{.slots = slots, .stage_slots = stages};
  Decoder decoder;
  model::Tick tick;
  std::uint64_t round = 0;
  decoder.decode(raw, tick);
  for (auto _ : state) {
    state.PauseTiming();
    if (load.traffic) add_traffic(slots);
    if (load.traffic) add_traffic(stages);
    if (load.samples) add_samples(slots, round);
    if (load.samples) add_samples(stages, round++);
    state.ResumeTiming();
    decoder.decode(raw, tick);
    benchmark::DoNotOptimize(tick.connections.data());
  }
  state.counters["changes"] = static_cast<double>(tick.connections.size());
  state.counters["cells"] = static_cast<double>(tick.cells.size());
}

BENCHMARK_CAPTURE(decode, idle, Load{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, idle_stages, Load{.stages = true})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, traffic, Load{.traffic = true})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, traffic_stages, Load{.traffic = true, .stages = true})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, traffic_and_samples, Load{.traffic = true, .samples = true})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, traffic_and_samples_stages, Load{.traffic = true, .samples = true, .stages = true})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tickwire::ingest

BENCHMARK_MAIN();
