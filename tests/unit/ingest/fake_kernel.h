// What it owns: kernel memory made by hand: slots, counters and histograms that are written to as the programs write.
// Who may use it: tests of ingest.
// Thread: one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "ingest/decoder.h"

namespace tickwire::ingest {

struct FakeKernel {
  explicit FakeKernel(std::size_t slot_count, std::size_t service_count = 2, std::uint32_t shards = 1)
      : slots(slot_count),
        counters(service_count),
        cells(service_count * TW_SERIES_MAX * shards),
        raw{.slots = slots, .service_counters = counters, .service_cells = cells, .shard_mask = shards - 1} {
    for (std::size_t i = 0; i < service_count; ++i) raw.services.push_back(static_cast<std::uint16_t>(i));
  }

  // Takes a slot for 198.51.100.7:50000 talking to 192.0.2.1:7777.
  tw_slot& open(std::size_t number, std::uint8_t protocol, std::uint64_t opened_ns = 1'000) {
    tw_slot& slot = slots.at(number);
    slot.key = {.remote_port = htons(50000), .local_port = htons(7777), .protocol = protocol};
    set_v4(slot.key.remote_address, {198, 51, 100, 7});
    set_v4(slot.key.local_address, {192, 0, 2, 1});
    slot.opened_ns = opened_ns;
    return slot;
  }

  // Frees a slot as user space does: all zero, one generation further.
  void close(std::size_t number) {
    const std::uint32_t generation = slots.at(number).generation + 1;
    slots.at(number) = {};
    slots.at(number).generation = generation;
  }

  static void packets(__u64& packets_bytes, std::uint64_t packets, std::uint64_t bytes) {
    packets_bytes += (bytes << TW_PACKETS_BITS) + packets;
  }

  // Counts samples in the cells alone, as one program that has not come to the counter and the sum yet.
  static void cell(__u64 (&words)[TW_CONNECTION_WORDS], std::uint32_t cell, std::uint64_t samples) {
    words[cell / 4] += samples << (16 * (cell % 4));
  }
  static void rtt(tw_slot& slot, std::uint32_t cell_number, std::uint32_t samples, std::uint64_t sum_ns) {
    cell(slot.rtt_cells, cell_number, samples);
    slot.rtt_samples += samples;
    slot.rtt_sum_ns += sum_ns;
  }
  static void turnaround(tw_slot& slot, std::uint32_t cell_number, std::uint32_t samples, std::uint64_t sum_ns) {
    cell(slot.turnaround_cells, cell_number, samples);
    slot.turnaround_samples += samples;
    slot.turnaround_sum_ns += sum_ns;
  }

  tw_service_histogram& histogram(std::uint16_t service, tw_series series, std::uint32_t shard = 0) {
    return cells.at(tw_service_cells_index(service, series, shard, raw.shard_mask));
  }

  const model::Tick& read() {
    decoder.decode(raw, tick);
    return tick;
  }

  static void set_v4(__be32 (&address)[4], std::initializer_list<std::uint8_t> octets) {
    const std::uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    std::memcpy(&address[0], prefix, sizeof prefix);
    std::memcpy(&address[3], octets.begin(), 4);
  }

  std::vector<tw_slot> slots;
  std::vector<tw_service_counters> counters;
  std::vector<tw_service_histogram> cells;
  RawTick raw;
  Decoder decoder;
  model::Tick tick;
};

// What a gain points at, as (cell, samples).
inline std::vector<std::pair<int, std::uint32_t>> gained(const model::Tick& tick, const model::HistogramGain& gain) {
  std::vector<std::pair<int, std::uint32_t>> result;
  for (const model::CellGain& cell : tick.gains(gain)) result.emplace_back(cell.cell, cell.samples);
  return result;
}

}  // namespace tickwire::ingest
