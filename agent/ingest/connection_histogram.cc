// SPDX-License-Identifier: Apache-2.0
#include "ingest/connection_histogram.h"

#include <chrono>

#include "ingest/mapped.h"

namespace tickwire::ingest {

using std::chrono::nanoseconds;

HistogramReading read_histogram(const __u64& sum_ns, const __u64 (&words)[TW_CONNECTION_WORDS]) {
  HistogramReading reading;
  reading.sum_ns = load(sum_ns);
  reading.filled = 0;
  for (std::size_t i = 0; i < reading.words.size(); ++i) {
    reading.words[i] = load(words[i]);
    reading.filled |= static_cast<Held>(reading.words[i] != 0) << i;
  }
  return reading;
}

void append_gain(std::size_t word, std::uint64_t gained, model::HistogramGain& gain, std::vector<model::CellGain>& cells) {
  // The word is linear in its cells, so the difference has each cell's gain in its place, whatever wrapped or was carried.
  for (std::size_t cell = 4 * word; gained != 0; ++cell, gained >>= 16) {
    const std::uint32_t samples = gained & 0xFFFF;
    if (samples == 0) continue;
    cells.push_back({.cell = static_cast<std::uint16_t>(cell), .samples = samples});
    gain.samples += samples;
    ++gain.count;
  }
}

void settle_gain(const HistogramReading& reading, std::uint32_t counter, SumMemory& memory, Held& held, std::uint32_t& shown,
                 model::HistogramGain& gain) {
  const bool remembered = (held & kHeldSum) != 0;
  if (gain.samples != 0) {
    gain.sum = nanoseconds(reading.sum_ns - (remembered ? memory.sum_ns : 0));
    memory.sum_ns = reading.sum_ns;
  } else if (!remembered) {
    memory.sum_ns = 0;
  }
  // Counter and cells that still differ although neither moved since the last look never will agree: stop waiting.
  const bool settled = gain.samples == 0 && remembered && memory.counter == counter;
  shown = settled ? counter : shown + static_cast<std::uint32_t>(gain.samples);
  memory.counter = counter;
  held |= kHeldSum;
}

}  // namespace tickwire::ingest
