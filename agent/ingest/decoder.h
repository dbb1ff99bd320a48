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

  // The difference to the reading before; to nothing for a slot's first reading in its generation. Packed words are compared
  // modulo 2^64, so carries between their parts do no harm (see include/tickwire/connection.h for the bounds).
  // CPU: reads 4 cache lines of each used slot, and the histograms of those that changed.
  void decode(const RawTick& raw, model::Tick& tick);  // clears the tick first, keeps its memory
  // A service number was given to another service: what is read of it next counts from the values that stand there now.
  void forget_service(std::uint16_t number);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tickwire::ingest
