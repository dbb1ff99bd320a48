// SPDX-License-Identifier: Apache-2.0
#include "ingest/echo_decoder.h"

#include "ingest/mapped.h"

namespace tickwire::ingest {

namespace {

constexpr auto kIn = static_cast<std::size_t>(TW_INGRESS);
constexpr auto kOut = static_cast<std::size_t>(TW_EGRESS);

// Follows a 32-bit counter that wraps, and that may step back a little: lost numbers that came late.
void follow(const __u32& mapped, std::uint64_t& total) {
  const std::uint32_t now = load(mapped);
  const auto stepped = static_cast<std::int32_t>(now - static_cast<std::uint32_t>(total));
  const std::int64_t moved = static_cast<std::int64_t>(total) + stepped;
  total = moved < 0 ? now : static_cast<std::uint64_t>(moved);  // beyond half its range at the first look: all of it
}

void follow(const tw_sequence& mapped, model::SequenceCounts& counts) {
  follow(mapped.messages, counts.messages);
  follow(mapped.lost, counts.lost);
  follow(mapped.reordered, counts.reordered);
  follow(mapped.duplicated, counts.duplicated);
  follow(mapped.jumps, counts.jumps);
}

void follow(const tw_echo_slot& slot, model::RuleCounts& counts) {
  follow(slot.tokens_in, counts.tokens[kIn]);
  follow(slot.echoes_in, counts.echoes[kIn]);
  follow(slot.messages_in, counts.messages[kIn]);
  follow(slot.tokens_out, counts.tokens[kOut]);
  follow(slot.echoes_out, counts.echoes[kOut]);
  follow(slot.messages_out, counts.messages[kOut]);
  for (std::size_t i = 0; i < TW_DIRECTIONS; ++i) {
    follow(slot.strangers[i], counts.strangers[i]);
    follow(slot.sequence[i], counts.sequences[i]);
  }
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

std::optional<EchoDecoder::Reading> EchoDecoder::read(std::uint32_t number, std::uint16_t service, bool is_new) const {
  if (number >= slots_.size() || service >= ruled_.size() || !ruled_.test(service)) return std::nullopt;
  static constexpr Memory kNothing{};
  const tw_echo_slot& slot = slots_[number];
  const Memory& last = is_new || !memories_[number] ? kNothing : *memories_[number];
  Reading reading{.counts = last.counts};
  follow(slot, reading.counts);
  reading.network_samples = load(slot.network_samples);
  if (reading.network_samples != last.network_shown) {
    reading.network = read_histogram(slot.network_sum_ns, slot.network_cells);
  }
  return reading;
}

bool EchoDecoder::changed(std::uint32_t number, std::uint16_t service) const {
  const std::optional<Reading> reading = read(number, service, false);
  if (!reading) return false;
  const model::RuleCounts before = memories_[number] ? memories_[number]->counts : model::RuleCounts{};
  return reading->network || reading->counts != before;
}

void EchoDecoder::take(std::uint32_t number, bool is_new, const Reading& reading, model::ConnectionChange& change,
                       std::vector<model::CellGain>& cells) {
  std::unique_ptr<Memory>& memory = memories_[number];
  if (!memory) memory = std::make_unique<Memory>();
  if (is_new) {
    memory->network_shown = 0;
    memory->network_held = 0;
  }
  memory->counts = reading.counts;
  change.rule = reading.counts;
  if (!reading.network) return;
  change.rtt_network =
      take_gain(*reading.network, reading.network_samples, memory->network, memory->network_held, memory->network_shown, cells);
}

void EchoDecoder::prefetch(std::size_t number) const {
  // What is not read at every look lies behind the third line.
  if (number >= slots_.size() || !memories_[number]) return;
  const auto* lines = reinterpret_cast<const char*>(&slots_[number]);
  for (int line = 0; line < 3; ++line) __builtin_prefetch(lines + line * TW_CACHE_LINE);
}

}  // namespace tickwire::ingest
