// SPDX-License-Identifier: Apache-2.0
#include "ingest/connection_histogram.h"

#include <chrono>

#include "ingest/mapped.h"

namespace tickwire::ingest {

using std::chrono::nanoseconds;

HistogramReading read_histogram(const __u64& sum_ns, const __u64 (&words)[TW_CONNECTION_WORDS]) {
  HistogramReading reading;
  reading.sum_ns = load(sum_ns);
  for (std::size_t i = 0; i < reading.words.size(); ++i) reading.words[i] = load(words[i]);
  return reading;
}

model::HistogramGain take_gain(const HistogramReading& reading, std::uint32_t counter, HistogramMemory& memory, Held& held,
                               std::uint32_t& shown, std::vector<model::CellGain>& cells) {
  model::HistogramGain gain{.first = static_cast<std::uint32_t>(cells.size())};
  for (std::size_t word = 0; word < reading.words.size(); ++word) {
    const Held bit = Held{1} << word;
    const std::uint64_t before = (held & bit) != 0 ? memory.words[word] : 0;
    std::uint64_t gained = reading.words[word] - before;
    if (gained == 0) continue;
    memory.words[word] = reading.words[word];
    held |= bit;
    // The word is linear in its cells, so the difference has each cell's gain in its place, whatever wrapped or was carried.
    for (std::size_t cell = 4 * word; gained != 0; ++cell, gained >>= 16) {
      const std::uint32_t samples = gained & 0xFFFF;
      if (samples == 0) continue;
      cells.push_back({.cell = static_cast<std::uint16_t>(cell), .samples = samples});
      gain.samples += samples;
    }
  }
  gain.count = static_cast<std::uint32_t>(cells.size()) - gain.first;

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
  return gain;
}

}  // namespace tickwire::ingest
