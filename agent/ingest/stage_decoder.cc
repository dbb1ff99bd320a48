// SPDX-License-Identifier: Apache-2.0
#include "ingest/stage_decoder.h"

#include <netinet/in.h>

#include <algorithm>
#include <bit>

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

// What stands before the cells of a stage slot, and with those of the stages.
constexpr int kLinesWithoutCells = offsetof(tw_stage_slot, stage_cells) / TW_CACHE_LINE;
constexpr int kLinesWithCells = offsetof(tw_stage_slot, delayed_cells) / TW_CACHE_LINE;

// Of a slot that may change once more.
constexpr std::uint8_t kUnsettled = 1;
constexpr std::uint8_t kHadSamples = 2;  // of stages, at the last look

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
  wide_.clear();
}

std::uint64_t& StageDecoder::word_at(std::uint32_t number, std::size_t place, bool held) {
  Memory& memory = memories_[number];
  if (memory.used + (held ? 0U : 1U) <= kPacked) {
    if (!held) {
      std::shift_right(memory.words.begin() + static_cast<std::ptrdiff_t>(place), memory.words.end(), 1);
      memory.words[place] = 0;
      ++memory.used;
    }
    return memory.words[place];
  }
  std::vector<std::uint64_t>& wide = wide_[number];
  if (wide.empty()) wide.assign(memory.words.begin(), memory.words.end());
  if (!held) {
    wide.insert(wide.begin() + static_cast<std::ptrdiff_t>(place), 0);
    ++memory.used;
  }
  return wide[place];
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

void StageDecoder::take_histograms(std::uint32_t number, const Reading& reading, model::DetailChange& detail,
                                   std::vector<model::CellGain>& cells) {
  Memory& memory = memories_[number];
  std::size_t place = 0;
  for (std::size_t i = 0; i < kHistograms; ++i) {
    if (!reading.moved[i]) {
      place += memory.count[i];
      continue;
    }
    // Words come in their order, as they are remembered.
    const auto word_of = [&](std::size_t word) -> std::uint64_t& {
      const bool held = (memory.held[i] & (Held{1} << word)) != 0;
      if (!held) ++memory.count[i];
      return word_at(number, place++, held);
    };
    (i == kDelayed ? detail.rtt_delayed : detail.stages[i]) =
        take_gain((*reading.histograms)[i], reading.counters[i], memory.sums[i], word_of, memory.held[i], memory.shown[i], cells);
  }
}

void StageDecoder::take(std::uint32_t number, const tw_slot& slot, const Reading& reading, model::ConnectionChange& change,
                        model::Tick& tick) {
  Memory& memory = memories_[number];
  if (change.is_new) {
    memory = Memory{};
    wide_.erase(number);
  }
  const bool moved = reading.values != memory.values || reading.counters != memory.shown;
  unsettled_[number] = reading.moved[0] ? kHadSamples : kUnsettled;
  if (!moved && change.rtt.samples == 0) return;

  change.detail = static_cast<std::uint32_t>(tick.details.size());
  model::DetailChange& detail = tick.details.emplace_back();
  const Values& now = reading.values;
  take_histograms(number, reading, detail, tick.cells);
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
  if (has(number) && unsettled_[number] != 0) {
    const auto* memory = reinterpret_cast<const char*>(&memories_[number]);
    for (int line = 0; line < 5; ++line) __builtin_prefetch(memory + line * TW_CACHE_LINE);
  }
  // More of the kernel's memory than is read of other slots: nearer, so that it is not pushed out before it is needed.
  constexpr std::size_t kNearer = 4;
  if (number < kNearer || !has(number - kNearer) || unsettled_[number - kNearer] == 0) return;
  const int lines = unsettled_[number - kNearer] == kHadSamples ? kLinesWithCells : kLinesWithoutCells;
  const auto* stage = reinterpret_cast<const char*>(&slots_[number - kNearer]);
  for (int line = 0; line < lines; ++line) __builtin_prefetch(stage + line * TW_CACHE_LINE);
}

}  // namespace tickwire::ingest
