// What it owns: a latency histogram of either resolution, its sum, and what is read from it.
// Who may use it: ingest and State fill it, export reads it.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tickwire/settings.h"

namespace tickwire::model {

enum class Resolution : std::uint8_t {
  kConnection,  // TW_CONNECTION_CELLS cells, 4 an octave: a quantile is at most 12.5 % off
  kService,     // TW_SERVICE_CELLS cells, 8 an octave and cut at the decimal bounds: at most 6.25 % off
};

// Samples that one cell of a histogram gained.
struct CellGain {
  std::uint16_t cell = 0;
  std::uint32_t samples = 0;
};

class Histogram {
 public:
  using Nanoseconds = std::chrono::nanoseconds;
  // One cell: samples with from <= sample < to; only where an edge is a decimal bound, the bound itself counts below it, as in
  // Prometheus' "le". The first cell holds everything shorter as well, the last one everything longer.
  struct Cell {
    Nanoseconds from;
    Nanoseconds to;
    std::uint64_t samples;
  };

  explicit Histogram(Resolution resolution) : resolution_(resolution) {}

  // Adds samples to a cell, 0 .. cell count - 1 of the resolution; a cell beyond is ignored.
  void add(std::uint32_t cell, std::uint64_t samples);
  void add_sum(Nanoseconds sum) { sum_ += sum; }
  // Samples of which the sum alone is known: they count for samples() and mean(), and there are no quantiles of them.
  void add_without_cells(std::uint64_t samples) { samples_ += samples; }
  // Adds one duration, as the kernel would: for tests and for user space's own series.
  void record(Nanoseconds duration);
  // The other histogram's samples as well; one of another resolution is ignored.
  void merge(const Histogram& other);

  [[nodiscard]] Resolution resolution() const { return resolution_; }
  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  [[nodiscard]] Nanoseconds sum() const { return sum_; }
  // sum / samples; none without samples.
  [[nodiscard]] std::optional<Nanoseconds> mean() const;
  // The middle of the cell that holds the sample of rank ceil(q * samples); q in (0, 1]. None below the number of samples
  // from which that rank means something: 20 for q >= 0.95, 100 for q >= 0.99, 1000 for q >= 0.999, 1 otherwise.
  [[nodiscard]] std::optional<Nanoseconds> quantile(double q) const;
  // quantile() of each, by one pass; ascending.
  template <std::size_t kCount>
  [[nodiscard]] std::array<std::optional<Nanoseconds>, kCount> quantiles(const std::array<double, kCount>& ascending) const {
    std::array<std::optional<Nanoseconds>, kCount> result;
    Rank rank;
    for (std::size_t i = 0; i < kCount; ++i) result[i] = quantile(ascending[i], rank);
    return result;
  }
  // The upper edge of the highest cell with a sample; none without samples.
  [[nodiscard]] std::optional<Nanoseconds> max() const;
  // Samples <= bound, where the bound is one of decimal_bounds() (kService) or octave_bounds() (kConnection): exact. For another
  // bound, all samples of its cell as well.
  [[nodiscard]] std::uint64_t samples_up_to(Nanoseconds bound) const;
  // The cells that hold samples, ascending.
  [[nodiscard]] std::vector<Cell> filled() const;

  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  // How far quantiles() has counted.
  struct Rank {
    std::uint32_t cells = 0;
    std::uint64_t samples = 0;  // in them
  };
  [[nodiscard]] std::optional<Nanoseconds> quantile(double q, Rank& rank) const;
  [[nodiscard]] Cell cell(std::uint32_t index) const;

  Resolution resolution_;
  // From about the lowest cell with a sample to the highest: a connection's samples lie close together, and 100,000 connections
  // have two histograms each.
  std::uint32_t first_cell_ = 0;
  std::vector<std::uint64_t> cells_;
  std::uint64_t samples_ = 0;
  Nanoseconds sum_{0};
};

// Cells of a resolution.
[[nodiscard]] std::uint32_t cell_count(Resolution resolution);
// The shortest duration that a connection's cell counts; 0 for the first one.
[[nodiscard]] std::chrono::nanoseconds connection_cell_from(std::uint32_t cell);
// tw_settings.cut_ns: for each service part the decimal bound that falls into it, all ones for none.
[[nodiscard]] std::array<__u64, TW_SERVICE_PARTS> service_cuts();
// The `le` bounds of a service's Prometheus histogram: TW_BOUNDS_NS, ascending.
[[nodiscard]] std::span<const std::chrono::nanoseconds> decimal_bounds();
// The `le` bounds of a connection's Prometheus histogram: 2^11 .. 2^33 ns, less the one nanosecond that makes "<" "<=".
[[nodiscard]] std::span<const std::chrono::nanoseconds> octave_bounds();

}  // namespace tickwire::model
