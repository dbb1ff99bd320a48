// What it owns: one histogram of a connection: reading it while the kernel counts, and what it gained since the look before.
// Who may use it: the decoders of this room.
// Thread: one (the loop).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/tick.h"
#include "tickwire/histogram.h"

namespace tickwire::ingest {

// Bit i: HistogramMemory::words[i] holds a value, kHeldSum: sum_ns and counter do. What is not held stood at zero, so a slot that is
// given to another connection is forgotten without touching its histograms' memory, and cells that never had a sample cost no
// memory access.
using Held = std::uint32_t;
inline constexpr Held kHeldSum = Held{1} << 31;
static_assert(TW_CONNECTION_WORDS < 31);

using ConnectionWords = std::array<std::uint64_t, TW_CONNECTION_WORDS>;

// One histogram at the last look that read it. Left without initialisers: it lives in memory from calloc.
struct HistogramMemory {
  std::uint64_t sum_ns;
  std::uint32_t counter;  // the slot's sample counter
  std::uint32_t pad;
  ConnectionWords words;
};

// One histogram as it was just read.
struct HistogramReading {
  std::uint64_t sum_ns;
  ConnectionWords words;
};

[[nodiscard]] HistogramReading read_histogram(const __u64& sum_ns, const __u64 (&words)[TW_CONNECTION_WORDS]);

// Appends to cells what the histogram gained, and remembers it. `counter` is the slot's sample counter, read before the cells;
// `shown` is the number of samples that the cells have shown: while the two differ, the histogram is to be read again.
[[nodiscard]] model::HistogramGain take_gain(const HistogramReading& reading, std::uint32_t counter, HistogramMemory& memory,
                                             Held& held, std::uint32_t& shown, std::vector<model::CellGain>& cells);

}  // namespace tickwire::ingest
