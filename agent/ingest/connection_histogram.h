// What it owns: one histogram of a connection: reading it while the kernel counts, and what it gained since the look before.
// Who may use it: the decoders of this room.
// Thread: one (the loop).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
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

// One histogram at the last look that read it, without its cells. Left without initialisers: it lives in memory from calloc.
struct SumMemory {
  std::uint64_t sum_ns;
  std::uint32_t counter;  // the slot's sample counter
  std::uint32_t pad;
};

struct HistogramMemory {
  SumMemory sum;
  ConnectionWords words;
};

// One histogram as it was just read.
struct HistogramReading {
  std::uint64_t sum_ns;
  Held filled;  // words that are not 0
  ConnectionWords words;
};

[[nodiscard]] HistogramReading read_histogram(const __u64& sum_ns, const __u64 (&words)[TW_CONNECTION_WORDS]);

// Appends to cells what a word of the histogram gained.
void append_gain(std::size_t word, std::uint64_t gained, model::HistogramGain& gain, std::vector<model::CellGain>& cells);
// Completes a gain whose cells are known, and remembers it; `shown` as below.
void settle_gain(const HistogramReading& reading, std::uint32_t counter, SumMemory& memory, Held& held, std::uint32_t& shown,
                 model::HistogramGain& gain);

// Appends to cells what the histogram gained, and remembers it: word_of(i) is where word i is remembered, 0 if it was not held. `counter` is the slot's sample counter, read before the cells;
// `shown` is the number of samples that the cells have shown: while the two differ, the histogram is to be read again.
template <typename WordOf>
[[nodiscard]] model::HistogramGain take_gain(const HistogramReading& reading, std::uint32_t counter, SumMemory& memory,
                                             WordOf&& word_of, Held& held, std::uint32_t& shown,
                                             std::vector<model::CellGain>& cells) {
  model::HistogramGain gain{.first = static_cast<std::uint32_t>(cells.size())};
  for (Held left = reading.filled | (held & ~kHeldSum); left != 0; left &= left - 1) {
    const auto word = static_cast<std::size_t>(std::countr_zero(left));
    std::uint64_t& before = word_of(word);
    held |= Held{1} << word;
    if (before == reading.words[word]) continue;
    append_gain(word, reading.words[word] - before, gain, cells);
    before = reading.words[word];
  }
  settle_gain(reading, counter, memory, held, shown, gain);
  return gain;
}

[[nodiscard]] inline model::HistogramGain take_gain(const HistogramReading& reading, std::uint32_t counter,
                                                    HistogramMemory& memory, Held& held, std::uint32_t& shown,
                                                    std::vector<model::CellGain>& cells) {
  const auto word_of = [&](std::size_t word) -> std::uint64_t& {
    if ((held & (Held{1} << word)) == 0) memory.words[word] = 0;
    return memory.words[word];
  };
  return take_gain(reading, counter, memory.sum, word_of, held, shown, cells);
}

}  // namespace tickwire::ingest
