// SPDX-License-Identifier: Apache-2.0
#include "ingest/connection_decoder.h"

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "ingest/identity.h"
#include "ingest/mapped.h"

namespace tickwire::ingest {

namespace {

using std::chrono::nanoseconds;

constexpr std::uint8_t kEstablishedSet = 1;
constexpr std::uint8_t kClosedSet = 2;
constexpr std::uint8_t kHandshakeSet = 4;

// A slot is ten cache lines, further apart than the hardware prefetches on its own; so many slots ahead the load is on its way
// when it is needed.
constexpr std::size_t kPrefetchSlots = 6;

std::optional<nanoseconds> measured(std::uint64_t ns) { return ns == 0 ? std::nullopt : std::optional(nanoseconds(ns)); }

std::optional<model::Series> rtt_series_of(std::uint8_t method) {
  switch (method) {
    case TW_RTT_TIMESTAMP:
      return model::Series::kRttTimestamp;
    case TW_RTT_SEQUENCE:
      return model::Series::kRttSequence;
    case TW_RTT_RULE:
      return model::Series::kRttRule;
    default:
      return std::nullopt;
  }
}

model::CloseReason close_reason_of(std::uint8_t reason) {
  return reason <= TW_CLOSE_TIMEOUT ? static_cast<model::CloseReason>(reason) : model::CloseReason::kNone;
}

model::Traffic traffic_of(std::uint64_t gained) {
  return {.packets = gained & TW_PACKETS_MASK, .bytes = gained >> TW_PACKETS_BITS};
}

void set_flags(std::uint32_t flags, model::ConnectionChange& change) {
  change.seeded = (flags & TW_SLOT_SEEDED) != 0;
  change.fin_in = (flags & TW_SLOT_FIN_IN) != 0;
  change.fin_out = (flags & TW_SLOT_FIN_OUT) != 0;
  change.reset_in = (flags & TW_SLOT_RST_IN) != 0;
  change.reset_out = (flags & TW_SLOT_RST_OUT) != 0;
  change.state_from_kernel = (flags & TW_SLOT_STATE_HOOK) != 0;
}

void prefetch(const tw_slot& slot) {
  const auto* lines = reinterpret_cast<const char*>(&slot);
  for (int line = 0; line < 4; ++line) __builtin_prefetch(lines + line * TW_CACHE_LINE);
}

}  // namespace

void ConnectionDecoder::decode(const RawTick& raw, model::Tick& tick) {
  const std::span<const tw_slot> slots = raw.slots;
  if (slots.size() != memories_.size()) resize(slots.size());
  tick.slots_capacity = static_cast<std::uint32_t>(slots.size());
  tick.slots_used = 0;
  echoes_.begin(raw);
  stages_.begin(raw);
  const bool has_rules = echoes_.has_rules();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (i + kPrefetchSlots < slots.size()) prefetch(slots[i + kPrefetchSlots]);
    if (has_rules) echoes_.prefetch(i + kPrefetchSlots);
    stages_.prefetch(i + kPrefetchSlots);
    const std::uint64_t opened_ns = load(slots[i].opened_ns);
    if (opened_ns == 0) continue;
    ++tick.slots_used;
    look(slots[i], opened_ns, static_cast<std::uint32_t>(i), tick);
  }
}

void ConnectionDecoder::resize(std::size_t slots) {
  memories_.assign(slots, SlotMemory{});
  histograms_.reset(static_cast<HistogramMemory*>(std::calloc(std::max<std::size_t>(slots, 1), 2 * sizeof(HistogramMemory))));
  if (!histograms_) throw std::bad_alloc();
}

ConnectionDecoder::Values ConnectionDecoder::read_values(const tw_slot& slot) {
  Values now;
  now.packets_bytes = {load(slot.packets_bytes_in), load(slot.packets_bytes_out)};
  now.rtt_min_ns = load(slot.rtt_min_ns);
  now.generation = load(slot.generation);
  now.flags = load(slot.flags);
  now.retransmissions = load(slot.retransmissions);
  now.out_of_order = load(slot.out_of_order);
  now.srtt_us = load(slot.srtt_us);
  now.rtt_samples = load(slot.rtt_samples);
  now.turnaround_samples = load(slot.turnaround_samples);
  now.tcp_state = load(slot.tcp_state);
  now.close_reason = load(slot.close_reason);
  now.times_set = static_cast<std::uint8_t>((load(slot.established_ns) != 0 ? kEstablishedSet : 0) |
                                            (load(slot.closed_ns) != 0 ? kClosedSet : 0) |
                                            (load(slot.handshake_ns) != 0 ? kHandshakeSet : 0));
  now.seen = true;
  return now;
}

void ConnectionDecoder::describe(const tw_slot& slot, const Values& now, const Values& last, model::ConnectionChange& change) {
  if (change.is_new) {
    change.key = key_of(slot.key);
    change.service = load(slot.service);
  }
  change.established = measured(load(slot.established_ns));
  change.closed = measured(load(slot.closed_ns));
  change.handshake = measured(load(slot.handshake_ns));
  change.srtt = measured(std::uint64_t{now.srtt_us} * 1000);
  change.rtt_min = measured(now.rtt_min_ns);
  change.state = state_of(load(slot.key.protocol), now.tcp_state);
  change.close_reason = close_reason_of(now.close_reason);
  change.retransmissions = now.retransmissions;
  change.out_of_order = now.out_of_order;
  change.rtt_series = rtt_series_of(load(slot.rtt_method));
  set_flags(now.flags, change);
  for (std::size_t i = 0; i < TW_DIRECTIONS; ++i) change.traffic[i] = traffic_of(now.packets_bytes[i] - last.packets_bytes[i]);
}

void ConnectionDecoder::look(const tw_slot& slot, std::uint64_t opened_ns, std::uint32_t number, model::Tick& tick) {
  Values now = read_values(slot);
  if (now != memories_[number].values || (echoes_.has_rules() && echoes_.changed(number, load(slot.service))) ||
      stages_.changed(number)) {
    report(slot, now, opened_ns, number, tick);
  }
}

void ConnectionDecoder::report(const tw_slot& slot, Values& now, std::uint64_t opened_ns, std::uint32_t number,
                               model::Tick& tick) {
  SlotMemory& memory = memories_[number];
  const bool is_new = !memory.values.seen || memory.values.generation != now.generation;
  const Values last = is_new ? Values{} : memory.values;

  // Everything is read before anything is remembered, so that a slot that changes hands meanwhile can be left alone.
  const bool has_rtt = now.rtt_samples != last.rtt_samples;
  const bool has_turnaround = now.turnaround_samples != last.turnaround_samples;
  if (has_rtt) rtt_ = read_histogram(slot.rtt_sum_ns, slot.rtt_cells);
  if (has_turnaround) turnaround_ = read_histogram(slot.turnaround_sum_ns, slot.turnaround_cells);
  const bool has_echo = echoes_.has_rules() && echoes_.read(number, load(slot.service), is_new, echo_);
  const bool has_stage = stages_.has(number);
  if (has_stage) stage_ = stages_.read(number, is_new, opened_ns);
  model::ConnectionChange& change = tick.connections.emplace_back();
  change.id = {.slot = number, .generation = now.generation};
  change.is_new = is_new;
  change.opened = nanoseconds(opened_ns);
  describe(slot, now, last, change);
  if (load(slot.opened_ns) != opened_ns || load(slot.generation) != now.generation) {
    tick.connections.pop_back();
    return;
  }

  if (is_new) memory.held = {};
  HistogramMemory* histograms = &histograms_[2 * std::size_t{number}];
  const std::uint32_t rtt_counter = std::exchange(now.rtt_samples, last.rtt_samples);
  const std::uint32_t turnaround_counter = std::exchange(now.turnaround_samples, last.turnaround_samples);
  if (has_rtt) change.rtt = take_gain(rtt_, rtt_counter, histograms[0], memory.held[0], now.rtt_samples, tick.cells);
  if (has_turnaround) {
    change.turnaround =
        take_gain(turnaround_, turnaround_counter, histograms[1], memory.held[1], now.turnaround_samples, tick.cells);
  }
  if (has_echo) change.rule = echoes_.take(number, is_new, echo_, tick);
  if (has_stage) stages_.take(number, slot, stage_, change, tick);
  memory.values = now;
}

}  // namespace tickwire::ingest
