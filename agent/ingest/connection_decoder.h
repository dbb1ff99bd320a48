// What it owns: the slots of connections: what the reading before said of each, and what has changed since.
// Who may use it: Decoder.
// Thread: one (the loop).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "ingest/connection_histogram.h"
#include "ingest/echo_decoder.h"
#include "ingest/source.h"
#include "ingest/stage_decoder.h"
#include "model/tick.h"
#include "tickwire/connection.h"

namespace tickwire::ingest {

class ConnectionDecoder {
 public:
  // Appends what changed to tick.connections, tick.rules, tick.details and tick.cells, and sets tick.slots_used and
  // tick.slots_capacity. Slots keep their place and number from one call to the next; if their number differs, all of them count as
  // never seen.
  void decode(const RawTick& raw, model::Tick& tick);

 private:
  // One slot's hot values as they stood at a look: what an idle connection is compared by.
  struct Values {
    std::array<std::uint64_t, TW_DIRECTIONS> packets_bytes{};
    std::uint64_t rtt_min_ns = 0;
    std::uint32_t generation = 0;
    std::uint32_t flags = 0;
    std::uint32_t retransmissions = 0;
    std::uint32_t out_of_order = 0;
    std::uint32_t srtt_us = 0;
    std::uint32_t rtt_samples = 0;         // in memory: samples that the cells have shown so far, which the slot's counter,
    std::uint32_t turnaround_samples = 0;  // added to in a step of its own, may be ahead of or behind
    std::uint8_t tcp_state = 0;
    std::uint8_t close_reason = 0;
    std::uint8_t times_set = 0;  // which of the times that are set once are set
    bool seen = false;

    friend bool operator==(const Values&, const Values&) = default;
  };

  // One cache line, so that an idle slot costs four lines of the kernel's memory and one of ours.
  struct alignas(TW_CACHE_LINE) SlotMemory {
    Values values;
    std::array<Held, 2> held{};  // rtt, turnaround
  };
  static_assert(sizeof(SlotMemory) == TW_CACHE_LINE);

  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  void resize(std::size_t slots);
  void look(const tw_slot& slot, std::uint64_t opened_ns, std::uint32_t number, model::Tick& tick);
  // Out of the way of idle slots, which are the most.
  [[gnu::noinline]] void report(const tw_slot& slot, Values& now, std::uint64_t opened_ns, std::uint32_t number,
                                model::Tick& tick);
  static Values read_values(const tw_slot& slot);
  static void describe(const tw_slot& slot, const Values& now, const Values& last, model::ConnectionChange& change);

  std::vector<SlotMemory> memories_;
  // [2 * slot] rtt, [2 * slot + 1] turnaround. From calloc: pages of slots that never had a sample are never touched.
  std::unique_ptr<HistogramMemory[], Free> histograms_;
  EchoDecoder echoes_;
  StageDecoder stages_;
  // Of the slot that is looked at. Not on the stack, as optionals: those are zeroed for every change, a third of what it costs.
  HistogramReading rtt_{}, turnaround_{};
  EchoDecoder::Reading echo_;
  StageDecoder::Reading stage_;
};

}  // namespace tickwire::ingest
