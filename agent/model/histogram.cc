// SPDX-License-Identifier: Apache-2.0
#include "model/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace tickwire::model {
namespace {

using std::chrono::nanoseconds;

constexpr std::array<std::uint64_t, TW_BOUND_COUNT> kBoundsNs TW_BOUNDS_NS;
// Cells are kept in whole blocks of so many: histograms that are copied at each tick then have few sizes, which costs the
// allocator a fifth less, and a new cell seldom moves the others.
constexpr std::uint32_t kBlock = 16;
constexpr __u64 kNoCut = std::numeric_limits<__u64>::max();

constexpr std::array<__u64, TW_SERVICE_PARTS> kCutsNs = [] {
  std::array<__u64, TW_SERVICE_PARTS> cuts{};
  cuts.fill(kNoCut);
  for (const std::uint64_t bound : kBoundsNs) cuts.at(tw_cell(bound, TW_SERVICE_PARTS_LOG2)) = bound;
  return cuts;
}();

constexpr std::array<nanoseconds, TW_BOUND_COUNT> kDecimalBounds = [] {
  std::array<nanoseconds, TW_BOUND_COUNT> bounds{};
  std::ranges::transform(kBoundsNs, bounds.begin(), [](std::uint64_t ns) { return nanoseconds(ns); });
  return bounds;
}();

constexpr std::array<nanoseconds, TW_OCTAVES - 1> kOctaveBounds = [] {
  std::array<nanoseconds, TW_OCTAVES - 1> bounds{};
  for (std::size_t i = 0; i < bounds.size(); ++i) bounds.at(i) = nanoseconds((1LL << (TW_OCTAVE_MIN + 1 + i)) - 1);
  return bounds;
}();

std::uint32_t cell_of(Resolution resolution, nanoseconds duration) {
  const auto ns = static_cast<std::uint64_t>(std::max(duration, nanoseconds{0}).count());
  return resolution == Resolution::kConnection ? tw_cell(ns, TW_CONNECTION_PARTS_LOG2) : tw_service_cell(kCutsNs.data(), ns);
}

// Edges of a log-linear cell; the first one begins at 0.
std::uint64_t lower_edge_ns(std::uint32_t cell, std::uint32_t parts_log2) {
  return cell == 0 ? 0 : tw_cell_edge_ns(cell, parts_log2);
}

// Below so many samples the quantile's rank is the highest sample's, and says no more than max().
std::uint64_t least_samples(double q) {
  if (q >= 0.999) return 1000;
  if (q >= 0.99) return 100;
  return q >= 0.95 ? 20 : 1;
}

}  // namespace

void Histogram::add(std::uint32_t cell, std::uint64_t samples) {
  if (samples == 0 || cell >= cell_count(resolution_)) return;
  const std::uint32_t block = cell - cell % kBlock;
  if (cells_.empty()) first_cell_ = block;
  if (block < first_cell_) {
    cells_.insert(cells_.begin(), first_cell_ - block, 0);
    first_cell_ = block;
  }
  if (block - first_cell_ >= cells_.size()) cells_.resize(block - first_cell_ + kBlock, 0);
  cells_[cell - first_cell_] += samples;
  samples_ += samples;
}

void Histogram::record(Nanoseconds duration) {
  add(cell_of(resolution_, duration), 1);
  add_sum(std::max(duration, Nanoseconds{0}));
}

void Histogram::merge(const Histogram& other) {
  if (other.resolution_ != resolution_) return;
  for (std::uint32_t i = 0; i < other.cells_.size(); ++i) add(other.first_cell_ + i, other.cells_[i]);
  add_sum(other.sum_);
}

std::optional<Histogram::Nanoseconds> Histogram::mean() const {
  if (samples_ == 0) return std::nullopt;
  return Nanoseconds(sum_.count() / static_cast<std::int64_t>(samples_));
}

std::optional<Histogram::Nanoseconds> Histogram::quantile(double q) const {
  Rank rank;
  return quantile(q, rank);
}

std::optional<Histogram::Nanoseconds> Histogram::quantile(double q, Rank& rank) const {
  if (!(q > 0.0 && q <= 1.0) || samples_ < least_samples(q)) return std::nullopt;
  // A product that rounding alone lifted above a whole number must not become the next rank: 0.95 * 20 is rank 19.
  const double exact = q * static_cast<double>(samples_);
  const double nearest = std::round(exact);
  const double ceiled = std::abs(exact - nearest) < 1e-9 * nearest ? nearest : std::ceil(exact);
  const std::uint64_t wanted = std::min(static_cast<std::uint64_t>(ceiled), samples_);
  while (rank.samples < wanted && rank.cells < cells_.size()) rank.samples += cells_[rank.cells++];
  if (rank.cells == 0) return std::nullopt;
  const Cell found = cell(first_cell_ + rank.cells - 1);
  return found.from + (found.to - found.from) / 2;
}

std::optional<Histogram::Nanoseconds> Histogram::max() const {
  for (std::size_t i = cells_.size(); i-- > 0;) {
    if (cells_[i] > 0) return cell(first_cell_ + static_cast<std::uint32_t>(i)).to;
  }
  return std::nullopt;
}

std::uint64_t Histogram::samples_up_to(Nanoseconds bound) const {
  const std::uint32_t last = cell_of(resolution_, bound);
  if (bound < Nanoseconds{0} || cells_.empty() || last < first_cell_) return 0;
  const std::size_t count = std::min<std::size_t>(last - first_cell_ + 1, cells_.size());
  return std::accumulate(cells_.begin(), cells_.begin() + static_cast<std::ptrdiff_t>(count), std::uint64_t{0});
}

std::vector<Histogram::Cell> Histogram::filled() const {
  std::vector<Cell> filled;
  for (std::uint32_t i = 0; i < cells_.size(); ++i) {
    if (cells_[i] > 0) filled.push_back(cell(first_cell_ + i));
  }
  return filled;
}

Histogram::Cell Histogram::cell(std::uint32_t index) const {
  const std::uint64_t samples = cells_[index - first_cell_];
  const bool service = resolution_ == Resolution::kService;
  const std::uint32_t parts_log2 = service ? TW_SERVICE_PARTS_LOG2 : TW_CONNECTION_PARTS_LOG2;
  const std::uint32_t part = service ? index / 2 : index;
  std::uint64_t from = lower_edge_ns(part, parts_log2);
  std::uint64_t to = lower_edge_ns(part + 1, parts_log2);
  if (service && kCutsNs[part] != kNoCut) (index % 2 == 0 ? to : from) = kCutsNs[part];
  return {Nanoseconds(from), Nanoseconds(to), samples};
}

std::uint32_t cell_count(Resolution resolution) {
  return resolution == Resolution::kConnection ? TW_CONNECTION_CELLS : TW_SERVICE_CELLS;
}

nanoseconds connection_cell_from(std::uint32_t cell) { return nanoseconds(lower_edge_ns(cell, TW_CONNECTION_PARTS_LOG2)); }

std::array<__u64, TW_SERVICE_PARTS> service_cuts() { return kCutsNs; }

std::span<const nanoseconds> decimal_bounds() { return kDecimalBounds; }

std::span<const nanoseconds> octave_bounds() { return kOctaveBounds; }

}  // namespace tickwire::model
