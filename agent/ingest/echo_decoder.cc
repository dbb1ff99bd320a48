// SPDX-License-Identifier: Apache-2.0
#include "ingest/echo_decoder.h"

#include "ingest/mapped.h"

namespace tickwire::ingest {

namespace {

model::SequenceCounts counts_of(const tw_sequence& sequence) {
  model::SequenceCounts counts;
  // Before those that it is a part of.
  counts.reordered = load(sequence.reordered);
  counts.passed_over = load(sequence.passed_over);
  counts.messages = load(sequence.messages);
  counts.duplicated = load(sequence.duplicated);
  counts.jumps = load(sequence.jumps);
  return counts;
}

model::RuleCounts counts_of(const tw_echo_slot& slot) {
  model::RuleCounts counts;
  counts.messages = {load(slot.messages_in), load(slot.messages_out)};
  counts.tokens = {load(slot.tokens_in), load(slot.tokens_out)};
  counts.echoes = {load(slot.echoes_in), load(slot.echoes_out)};
  for (std::size_t i = 0; i < TW_DIRECTIONS; ++i) {
    counts.strangers[i] = load(slot.strangers[i]);
    counts.sequences[i] = counts_of(slot.sequence[i]);
  }
  return counts;
}

}  // namespace

void EchoDecoder::begin(const RawTick& raw) {
  ruled_.reset();
  for (const std::uint16_t service : raw.ruled_services) {
    if (service < ruled_.size()) ruled_.set(service);
  }
  slots_ = ruled_.any() ? raw.echo_slots : std::span<const tw_echo_slot>{};
  if (memories_.size() < slots_.size()) memories_.resize(slots_.size());
}

bool EchoDecoder::is_ruled(std::uint32_t number, std::uint16_t service) const {
  return number < slots_.size() && service < ruled_.size() && ruled_.test(service);
}

bool EchoDecoder::read(std::uint32_t number, std::uint16_t service, bool is_new, Reading& reading) const {
  if (!is_ruled(number, service)) return false;
  const tw_echo_slot& slot = slots_[number];
  reading.counts = counts_of(slot);
  reading.network_samples = load(slot.network_samples);
  reading.has_network = reading.network_samples != (is_new || !memories_[number] ? 0 : memories_[number]->network_shown);
  if (reading.has_network) reading.network = read_histogram(slot.network_sum_ns, slot.network_cells);
  return true;
}

bool EchoDecoder::changed(std::uint32_t number, std::uint16_t service) const {
  if (!is_ruled(number, service)) return false;
  static constexpr Memory kNothing{};
  const Memory& last = memories_[number] ? *memories_[number] : kNothing;
  return load(slots_[number].network_samples) != last.network_shown || counts_of(slots_[number]) != last.counts;
}

std::uint32_t EchoDecoder::take(std::uint32_t number, bool is_new, const Reading& reading, model::Tick& tick) {
  std::unique_ptr<Memory>& memory = memories_[number];
  if (!memory) memory = std::make_unique<Memory>();
  if (is_new) {
    memory->counts = {};
    memory->network_shown = 0;
    memory->network_held = 0;
  }
  model::RuleChange& change = tick.rules.emplace_back();
  change.counts = reading.counts;
  model::for_each_count(change.counts, memory->counts,
                        [](std::uint64_t& now, std::uint64_t before) { now = static_cast<std::uint32_t>(now - before); });
  memory->counts = reading.counts;
  if (reading.has_network) {
    change.rtt_network = take_gain(reading.network, reading.network_samples, memory->network, memory->network_held,
                                   memory->network_shown, tick.cells);
  }
  return static_cast<std::uint32_t>(tick.rules.size() - 1);
}

void EchoDecoder::prefetch(std::size_t number) const {
  // What is not read at every look lies behind the third line.
  if (number >= slots_.size() || !memories_[number]) return;
  const auto* lines = reinterpret_cast<const char*>(&slots_[number]);
  for (int line = 0; line < 3; ++line) __builtin_prefetch(lines + line * TW_CACHE_LINE);
}

}  // namespace tickwire::ingest
