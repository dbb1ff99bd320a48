// SPDX-License-Identifier: Apache-2.0
#include "ingest/stage_decoder.h"

#include <netinet/in.h>

#include <algorithm>
#include <new>

#include "ingest/mapped.h"

namespace tickwire::ingest {

namespace {

using std::chrono::nanoseconds;

// Below so many differences a sixteenth of each has not yet forgotten where it began.
constexpr std::uint32_t kSmoothed = 1U << TW_JITTER_SHIFT;

// Follows a counter of 32 bits that wraps, and that may step back by little: a datagram that is refused was counted as taken first.
std::uint64_t followed(std::uint64_t total, const __u32& mapped) {
  const std::uint32_t now = load(mapped);
  const auto stepped = static_cast<std::int32_t>(now - static_cast<std::uint32_t>(total));
  const std::int64_t moved = static_cast<std::int64_t>(total) + stepped;
  return moved < 0 ? now : static_cast<std::uint64_t>(moved);  // beyond half its range at the first look: all of it
}

model::Pace pace_of(const tw_pace& pace) {
  if (load(pace.spacings) < kSmoothed) return {};
  return {.spacing = nanoseconds(load(pace.mean_ns)), .jitter = nanoseconds(load(pace.jitter_ns))};
}

std::optional<model::Series> delayed_series_of(std::uint8_t method) {
  if (method == TW_RTT_TIMESTAMP) return model::Series::kRttTimestampDelayed;
  if (method == TW_RTT_SEQUENCE) return model::Series::kRttSequenceDelayed;
  return std::nullopt;
}

}  // namespace

void StageDecoder::begin(const RawTick& raw) {
  slots_ = raw.stage_slots;
  if (memories_.size() != slots_.size()) resize(slots_.size());
  epoch_before_ = epoch_;
  epoch_ = tw_epoch(static_cast<__u64>(raw.monotonic.count()));
}

void StageDecoder::resize(std::size_t slots) {
  memories_.assign(slots, Memory{});
  unsettled_.assign(slots, 0);
  histograms_.reset(
      static_cast<HistogramMemory*>(std::calloc(std::max<std::size_t>(slots, 1), kHistograms * sizeof(HistogramMemory))));
  if (!histograms_) throw std::bad_alloc();
}

StageDecoder::Values StageDecoder::read_values(const tw_stage_slot& stage, const Values& before) {
  return {.taken = followed(before.taken, stage.queued),
          .read = followed(before.read, stage.read),
          .refused = followed(before.refused, stage.refused),
          .starved = followed(before.starved, stage.starved),
          .followed = followed(before.followed, stage.followed),
          .completed = followed(before.completed, stage.completed),
          .resyncs = followed(before.resyncs, stage.resyncs),
          .waiting_sum = load(stage.waiting_sum),
          .qdisc_sum_ns = load(stage.qdisc_sum_ns),
          .qdisc_samples = load(stage.qdisc_samples),
          .waiting_max = load(stage.waiting_max),
          .paced = load(stage.pace_in.spacings) + load(stage.pace_out.spacings) + load(stage.rtt_jitter_ns)};
}

StageDecoder::Counters StageDecoder::read_counters(const tw_stage_slot& stage) {
  Counters counters;
  counters.fill(load(stage.completed));
  counters[kDelayed] = load(stage.delayed_samples);
  return counters;
}

// Of TCP no datagrams are queued.
bool StageDecoder::is_pending(const tw_stage_slot& stage) {
  const std::uint32_t queued = load(stage.queued);
  return load(stage.arrived_ns) != 0 || load(stage.departed_ns) != 0 || (queued != 0 && queued != load(stage.read));
}

// The shortest rtt since the epoch `since`, which is that of the reading before: some of its samples may have been told by that one
// already, so this looks back by as much as an epoch more than the reading does; which of them are new, the slot does not tell. None
// if it does not hold all epochs since: of the even ones, and of the odd ones, it keeps the newest.
std::optional<nanoseconds> StageDecoder::shortest(const tw_stage_slot& stage, std::uint32_t since) {
  std::optional<nanoseconds> least;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::uint32_t epoch = load(stage.rtt_min_epoch[i]);  // before the value: a new epoch's is written first
    const nanoseconds rtt(load(stage.rtt_min_ns[i]));
    if (epoch == 0 || epoch < since) continue;
    if (epoch >= since + 2) return std::nullopt;
    least = std::min(least.value_or(rtt), rtt);
  }
  return least;
}

bool StageDecoder::changed(std::uint32_t number) {
  if (!has(number) || unsettled_[number] == 0) return false;
  const tw_stage_slot& stage = slots_[number];
  const Memory& memory = memories_[number];
  const bool pending = is_pending(stage);  // before the rest, which it may change
  if (read_values(stage, memory.values) != memory.values || read_counters(stage) != memory.shown) return true;
  if (!pending) unsettled_[number] = 0;
  return false;
}

StageDecoder::Reading StageDecoder::read(std::uint32_t number, bool is_new, std::uint64_t opened_ns) {
  static constexpr Memory kNothing{};
  const tw_stage_slot& stage = slots_[number];
  const Memory& last = is_new ? kNothing : memories_[number];
  Reading reading{.values = {}, .counters = read_counters(stage), .histograms = &readings_};
  for (std::size_t i = 0; i < kHistograms; ++i) {
    reading.moved[i] = reading.counters[i] != last.shown[i];
    if (!reading.moved[i]) continue;
    readings_[i] = i == kDelayed ? read_histogram(stage.delayed_sum_ns, stage.delayed_cells)
                                 : read_histogram(stage.stage_sum_ns[i], stage.stage_cells[i]);
  }
  reading.values = read_values(stage, last.values);
  reading.pace = {pace_of(stage.pace_in), pace_of(stage.pace_out)};
  reading.rtt_jitter_ns = load(stage.rtt_jitter_ns);
  reading.rtt_min = shortest(stage, is_new ? tw_epoch(opened_ns) : epoch_before_);
  return reading;
}

void StageDecoder::take(std::uint32_t number, const tw_slot& slot, const Reading& reading, model::ConnectionChange& change,
                        model::Tick& tick) {
  Memory& memory = memories_[number];
  if (change.is_new) memory = Memory{};
  const bool moved = reading.values != memory.values || reading.counters != memory.shown;
  unsettled_[number] = 1;
  if (!moved && change.rtt.samples == 0) return;

  change.detail = static_cast<std::uint32_t>(tick.details.size());
  model::DetailChange& detail = tick.details.emplace_back();
  const Values& now = reading.values;
  HistogramMemory* histograms = &histograms_[kHistograms * std::size_t{number}];
  for (std::size_t i = 0; i < kHistograms; ++i) {
    if (!reading.moved[i]) continue;
    (i == kDelayed ? detail.rtt_delayed : detail.stages[i]) =
        take_gain((*reading.histograms)[i], reading.counters[i], histograms[i], memory.held[i], memory.shown[i], tick.cells);
  }
  detail.stages[TW_STAGE_QDISC].samples = now.qdisc_samples - memory.values.qdisc_samples;
  detail.stages[TW_STAGE_QDISC].sum = nanoseconds(now.qdisc_sum_ns - memory.values.qdisc_sum_ns);
  detail.delayed_series = delayed_series_of(load(slot.rtt_method));
  detail.pace = reading.pace;
  if (load(slot.rtt_samples) >= kSmoothed) detail.rtt_jitter = nanoseconds(reading.rtt_jitter_ns);
  if (load(slot.key.protocol) == IPPROTO_UDP) {
    detail.socket = {.taken = now.taken,
                     .read = now.read,
                     .refused = now.refused,
                     .waiting_sum = now.waiting_sum,
                     .waiting_max = now.waiting_max,
                     .starved = now.starved};
  }
  detail.followed = {.followed = now.followed, .completed = now.completed, .resyncs = now.resyncs};
  if (change.rtt.samples != 0 || detail.rtt_delayed.samples != 0) detail.rtt_min = reading.rtt_min;
  if (change.rtt.samples != 0) change.rtt_min_recent = reading.rtt_min;
  memory.values = now;
}

void StageDecoder::prefetch(std::size_t number) const {
  if (!has(number) || unsettled_[number] == 0) return;
  const auto* lines = reinterpret_cast<const char*>(&slots_[number]);
  for (int line = 0; line < 5; ++line) __builtin_prefetch(lines + line * TW_CACHE_LINE);
}

}  // namespace tickwire::ingest
