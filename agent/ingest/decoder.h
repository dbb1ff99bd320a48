// What it owns: raw readings in, Ticks of differences out. Byte order, per-CPU sums, packed words and kernel ids end here.
// Who may use it: app's loop, tests, benchmarks.
// Thread: one (the loop).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "ingest/source.h"
#include "model/tick.h"

namespace tickwire::ingest {

class Decoder {
 public:
  Decoder();
  ~Decoder();

  // The difference to the reading before. A slot's first reading in its generation, and a service's first one, are compared
  // with zero. Packed words are compared modulo 2^64, so carries between their parts do no harm (see include/tickwire/ for the
  // bounds). Connections and services of which nothing changed are left out. The kernel writes while this reads: a histogram
  // gains the samples that its cells show, and what they do not show yet comes with the next reading. A connection's sum comes
  // with samples only; a service's sum may come a reading before or after its last samples. A slot that is freed or changes
  // hands during the look is left out this time. All readings are of one Source.
  // CPU: reads 4 cache lines of each used slot, 3 more of those whose service has a rule, and the histograms of those that changed.
  // Throws only std::bad_alloc.
  void decode(const RawTick& raw, model::Tick& tick);  // clears the tick first, keeps its memory
  // A service number goes to another service, after the kernel side has zeroed the number's counters and histograms: its next
  // reading is compared with zero, not with what was last read.
  void forget_service(std::uint16_t number);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tickwire::ingest
