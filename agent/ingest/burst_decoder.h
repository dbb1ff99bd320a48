// What it owns: the services' rings of bursts: how far each was read, and what it has gained since.
// Who may use it: Decoder.
// Thread: one (the loop).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "ingest/source.h"
#include "model/tick.h"

namespace tickwire::ingest {

class BurstDecoder {
 public:
  // Sets tick.has_bursts; appends the bursts that are whole and were not told before to tick.bursts and tick.burst_gains, of raw.services that have some,
  // and adds those that were written over unread, of all readings so far, to tick.losses.
  void decode(const RawTick& raw, model::Tick& tick);
  // The number's ring begins anew.
  void forget(std::uint16_t number);

 private:
  struct Place {
    std::uint64_t next = 0;  // the first burst that was not told
    std::uint64_t newest_ns = 0;
  };
  static model::BurstGain read(const tw_burst_ring& ring, std::chrono::nanoseconds now, Place& place,
                               std::vector<model::Burst>& bursts);

  std::vector<Place> places_;  // by service number
  std::uint64_t missed_ = 0;
};

}  // namespace tickwire::ingest
