// What it owns: the services' counters and histograms: what the reading before said of each, and what has changed since.
// Who may use it: Decoder.
// Thread: one (the loop).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "ingest/source.h"
#include "model/tick.h"

namespace tickwire::ingest {

class ServiceDecoder {
 public:
  // Appends the services of raw.services that changed to tick.services, and what their histograms gained to tick.cells.
  void decode(const RawTick& raw, model::Tick& tick);
  // The next reading of the number is compared with zero.
  void forget(std::uint16_t number);

 private:
  // One (service, series, shard) as it stood at the last look.
  struct Shard {
    std::uint64_t sum_ns = 0;
    // Something was gained at the last look: the kernel adds to the cells and to the sum in two steps, so what one of them did
    // not show yet is looked for once more.
    bool look_again = false;
    std::array<std::uint32_t, TW_SERVICE_CELLS> cells{};
  };
  using Gains = std::array<std::uint64_t, TW_SERVICE_CELLS>;

  bool decode_counters(const tw_service_counters& now, tw_service_counters& last, model::ServiceChange& change);
  model::HistogramGain decode_series(const RawTick& raw, std::uint16_t number, std::uint32_t series, model::Tick& tick);
  static bool take(const tw_service_histogram& now, std::unique_ptr<Shard>& memory, Gains& gains, std::uint64_t& sum_ns);

  std::vector<tw_service_counters> counters_;
  std::vector<__u64> suppressed_;               // by number: tw_thresholds.suppressed
  std::vector<std::unique_ptr<Shard>> shards_;  // by tw_service_cells_index; null = no sample yet
  std::uint32_t shards_per_series_ = 1;
  Gains gains_{};  // all zero between two calls
};

}  // namespace tickwire::ingest
