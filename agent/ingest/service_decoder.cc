// SPDX-License-Identifier: Apache-2.0
#include "ingest/service_decoder.h"

#include <utility>

#include "ingest/mapped.h"

namespace tickwire::ingest {

namespace {

// What a counter gained, which is remembered as its last value.
std::uint64_t gained(const __u64& mapped, __u64& last) {
  const __u64 now = load(mapped);
  return now - std::exchange(last, now);
}

}  // namespace

void ServiceDecoder::decode(const RawTick& raw, model::Tick& tick) {
  if (counters_.size() < raw.service_counters.size()) counters_.resize(raw.service_counters.size());
  if (suppressed_.size() < raw.thresholds.size()) suppressed_.resize(raw.thresholds.size());
  if (shards_.size() < raw.service_cells.size()) shards_.resize(raw.service_cells.size());
  shards_per_series_ = raw.shard_mask + 1;
  for (const std::uint16_t number : raw.services) {
    if (number >= raw.service_counters.size()) continue;
    model::ServiceChange change{.service = number};
    bool changed = decode_counters(raw.service_counters[number], counters_[number], change);
    if (number < raw.thresholds.size()) change.suppressed = gained(raw.thresholds[number].suppressed, suppressed_[number]);
    changed |= change.suppressed != 0;
    for (std::uint32_t series = 0; series < TW_SERIES_MAX; ++series) {
      change.histograms[series] = decode_series(raw, number, series, tick);
      changed |= change.histograms[series].samples != 0 || change.histograms[series].sum.count() != 0;
    }
    if (changed) tick.services.push_back(change);
  }
}

void ServiceDecoder::forget(std::uint16_t number) {
  if (number < counters_.size()) counters_[number] = {};
  if (number < suppressed_.size()) suppressed_[number] = 0;
  const std::size_t first = tw_service_cells_index(number, 0, 0, shards_per_series_ - 1);
  const std::size_t end = first + std::size_t{TW_SERIES_MAX} * shards_per_series_;
  for (std::size_t i = first; i < end && i < shards_.size(); ++i) shards_[i].reset();
}

bool ServiceDecoder::decode_counters(const tw_service_counters& now, tw_service_counters& last, model::ServiceChange& change) {
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < TW_DIRECTIONS; ++i) {
    change.unslotted[i].packets = gained(now.unslotted_packets[i], last.unslotted_packets[i]);
    change.unslotted[i].bytes = gained(now.unslotted_bytes[i], last.unslotted_bytes[i]);
    any |= change.unslotted[i].packets | change.unslotted[i].bytes;
  }
  for (std::size_t i = 0; i < TW_TCP_STATES; ++i) {
    change.transitions[i] = gained(now.transitions[i], last.transitions[i]);
    any |= change.transitions[i];
  }
  change.opened = gained(now.opened, last.opened);
  change.retransmissions = gained(now.retransmissions, last.retransmissions);
  change.out_of_order = gained(now.out_of_order, last.out_of_order);
  return (any | change.opened | change.retransmissions | change.out_of_order) != 0;
}

model::HistogramGain ServiceDecoder::decode_series(const RawTick& raw, std::uint16_t number, std::uint32_t series,
                                                   model::Tick& tick) {
  model::HistogramGain gain{.first = static_cast<std::uint32_t>(tick.cells.size())};
  std::uint64_t sum_ns = 0;
  bool moved = false;
  for (std::uint32_t shard = 0; shard < shards_per_series_; ++shard) {
    const std::size_t index = tw_service_cells_index(number, series, shard, raw.shard_mask);
    if (index < raw.service_cells.size()) moved |= take(raw.service_cells[index], shards_[index], gains_, sum_ns);
  }
  if (!moved) return gain;
  for (std::uint32_t cell = 0; cell < TW_SERVICE_CELLS; ++cell) {
    const std::uint64_t samples = std::exchange(gains_[cell], 0);
    if (samples == 0) continue;
    tick.cells.push_back({.cell = static_cast<std::uint16_t>(cell), .samples = static_cast<std::uint32_t>(samples)});
    gain.samples += samples;
  }
  gain.count = static_cast<std::uint32_t>(tick.cells.size()) - gain.first;
  gain.sum = std::chrono::nanoseconds(sum_ns);
  return gain;
}

bool ServiceDecoder::take(const tw_service_histogram& now, std::unique_ptr<Shard>& memory, Gains& gains, std::uint64_t& sum_ns) {
  const std::uint64_t sum_now = load(now.sum_ns);
  if (!memory) {
    if (sum_now == 0) return false;
    memory = std::make_unique<Shard>();
  }
  if (sum_now == memory->sum_ns && !memory->look_again) return false;
  std::uint64_t samples = 0;
  for (std::size_t cell = 0; cell < TW_SERVICE_CELLS; ++cell) {
    const std::uint32_t cell_now = load(now.cells[cell]);
    const std::uint32_t gained = cell_now - std::exchange(memory->cells[cell], cell_now);  // modulo 2^32: cells wrap
    gains[cell] += gained;
    samples += gained;
  }
  const std::uint64_t sum_gained = sum_now - std::exchange(memory->sum_ns, sum_now);
  memory->look_again = samples != 0 || sum_gained != 0;
  sum_ns += sum_gained;
  return true;
}

}  // namespace tickwire::ingest
