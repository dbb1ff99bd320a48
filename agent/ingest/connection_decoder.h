// What it owns: the slots of connections: what the reading before said of each, and what has changed since.
// Who may use it: Decoder.
// Thread: one (the loop).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "model/tick.h"
#include "tickwire/connection.h"

namespace tickwire::ingest {

class ConnectionDecoder {
 public:
  // Appends what changed to tick.connections and tick.cells, and sets tick.slots_used and tick.slots_capacity. Slots keep their
  // place and number from one call to the next; if their number differs, all of them count as never seen.
  void decode(std::span<const tw_slot> slots, model::Tick& tick);

 private:
  // One slot's hot values as they stood at a look: what an idle connection is compared by.
  struct Values {
    std::array<std::uint64_t, TW_DIRECTIONS> packets_bytes{};
    std::uint64_t rtt_min_ns = 0;
    std::uint32_t generation = 0;
    std::uint32_t flags = 0;
    std::uint32_t retransmissions = 0;
    std::uint32_t srtt_us = 0;
    std::uint32_t rtt_samples = 0;         // in memory: samples that the cells have shown so far, which the slot's counter,
    std::uint32_t turnaround_samples = 0;  // added to in a step of its own, may be ahead of or behind
    std::uint8_t tcp_state = 0;
    std::uint8_t close_reason = 0;
    std::uint8_t times_set = 0;  // which of the times that are set once are set
    bool seen = false;

    friend bool operator==(const Values&, const Values&) = default;
  };

  // Bit i: HistogramMemory::words[i] holds a value, kHeldSum: sum_ns and counter do. What is not held stood at zero, so a slot
  // that is given to another connection is forgotten without touching its histograms' memory, and cells that never had a
  // sample cost no memory access.
  using Held = std::uint32_t;
  static constexpr Held kHeldSum = Held{1} << 31;
  static_assert(TW_CONNECTION_WORDS < 31);

  // One cache line, so that an idle slot costs four lines of the kernel's memory and one of ours.
  struct alignas(TW_CACHE_LINE) SlotMemory {
    Values values;
    std::array<Held, 2> held{};  // rtt, turnaround
  };
  static_assert(sizeof(SlotMemory) == TW_CACHE_LINE);

  using Words = std::array<std::uint64_t, TW_CONNECTION_WORDS>;
  // One histogram at the last look that read it.
  struct HistogramMemory {
    std::uint64_t sum_ns;
    std::uint32_t counter;  // the slot's sample counter
    std::uint32_t pad;
    Words words;
  };
  // One histogram as it was just read.
  struct HistogramReading {
    std::uint64_t sum_ns;
    Words words;
  };

  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  void resize(std::size_t slots);
  void look(const tw_slot& slot, std::uint64_t opened_ns, std::uint32_t number, model::Tick& tick);
  static Values read_values(const tw_slot& slot);
  static void describe(const tw_slot& slot, const Values& now, const Values& last, model::ConnectionChange& change);
  static HistogramReading read_histogram(const __u64& sum_ns, const __u64 (&words)[TW_CONNECTION_WORDS]);
  // Appends to cells what the histogram gained, and remembers it. `shown` is the number of samples that its cells have shown.
  static model::HistogramGain take(const HistogramReading& reading, std::uint32_t counter, HistogramMemory& memory, Held& held,
                                   std::uint32_t& shown, std::vector<model::CellGain>& cells);

  std::vector<SlotMemory> memories_;
  // [2 * slot] rtt, [2 * slot + 1] turnaround. From calloc: pages of slots that never had a sample are never touched.
  std::unique_ptr<HistogramMemory[], Free> histograms_;
};

}  // namespace tickwire::ingest
