// What it owns: the records of the ring buffer, and how many samples over a threshold were suppressed before each that is told.
// Who may use it: Decoder.
// Thread: one (the loop).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "ingest/source.h"
#include "model/tick.h"

namespace tickwire::ingest {

class EventDecoder {
 public:
  // Appends raw.events to tick.events, in their order. A record of a kind or a series that this agent does not know is left out.
  void decode(const RawTick& raw, model::Tick& tick);
  // The number's thresholds begin anew.
  void forget(std::uint16_t number);

 private:
  [[nodiscard]] model::OverThreshold over(const tw_event& event);

  std::vector<std::uint64_t> suppressed_;  // by service number: at the last one that was told
};

}  // namespace tickwire::ingest
