// SPDX-License-Identifier: Apache-2.0
#include "model/service_table.h"

#include <algorithm>
#include <span>
#include <utility>

namespace tickwire::model {
namespace {

bool is_counted(ConnectionState state) { return state != ConnectionState::kNone && state != ConnectionState::kClosed; }

}  // namespace

void ServiceRecord::move_connection(ConnectionState before, ConnectionState after) {
  if (before == after) return;
  if (is_counted(after)) ++totals.connections[after];
  const auto left = is_counted(before) ? totals.connections.find(before) : totals.connections.end();
  if (left != totals.connections.end() && --left->second == 0) totals.connections.erase(left);
}

void ServiceRecord::count_end(CloseReason reason) {
  ++totals.closed;
  ++totals.closed_by[reason];
}

void ServiceRecord::count_traffic(const std::array<Traffic, 2>& gained) {
  for (std::size_t i = 0; i < gained.size(); ++i) {
    totals.traffic[i].packets += gained[i].packets;
    totals.traffic[i].bytes += gained[i].bytes;
  }
}

void ServiceRecord::count_rule(const RuleCounts& gained) {
  if (!totals.rule) totals.rule.emplace();
  *totals.rule += gained;
}

std::shared_ptr<const Histogram> with_gain(const std::shared_ptr<const Histogram>& before, Resolution resolution,
                                           const Tick& tick, const HistogramGain& gain) {
  if (gain.count == 0 && gain.samples == 0 && gain.sum == std::chrono::nanoseconds{0}) return before;
  auto after = before ? std::make_shared<Histogram>(*before) : std::make_shared<Histogram>(resolution);
  for (const CellGain& cell : tick.gains(gain)) after->add(cell.cell, cell.samples);
  if (gain.count == 0) after->add_without_cells(gain.samples);
  after->add_sum(gain.sum);
  return after;
}

void ServiceTable::add(std::uint16_t number, const ServiceId& id) {
  std::shared_ptr<ServiceRecord>& record = records_[id];
  if (!record) {
    record = std::make_shared<ServiceRecord>();
    record->id = std::make_shared<const ServiceId>(id);
    record->totals.id = id;
    record->totals.number = next_number_++;
  }
  if (!record->watched) std::erase(retired_, id);
  record->watched = true;
  record->tick.interrupt();
  if (by_number_.size() <= number) by_number_.resize(number + 1U);
  by_number_[number] = record;
}

std::shared_ptr<ServiceRecord> ServiceTable::remove(std::uint16_t number) {
  if (number >= by_number_.size() || !by_number_[number]) return nullptr;
  std::shared_ptr<ServiceRecord> record = std::move(by_number_[number]);
  by_number_[number] = nullptr;
  record->watched = false;
  retired_.push_back(*record->id);
  if (retired_.size() > TW_SERVICES_MAX) {
    records_.erase(retired_.front());
    retired_.pop_front();
  }
  return record;
}

std::shared_ptr<ServiceRecord> ServiceTable::find(std::uint16_t number) const {
  return number < by_number_.size() ? by_number_[number] : nullptr;
}

void ServiceTable::apply(const Tick& tick) {
  for (const ServiceChange& change : tick.services) {
    if (const std::shared_ptr<ServiceRecord> record = find(change.service)) {
      record->count_traffic(change.unslotted);
      apply(tick, change, record->totals);
    }
  }
  recent_.finish(tick.monotonic);
}

void ServiceTable::apply(const Tick& tick, const ServiceChange& change, Service& totals) {
  totals.opened += change.opened;
  totals.retransmissions += change.retransmissions;
  totals.out_of_order += change.out_of_order;
  totals.suppressed += change.suppressed;
  for (const ConnectionState state : tcp_states()) {
    const std::uint64_t entered = change.transitions.at(static_cast<std::size_t>(state));
    if (entered > 0) totals.transitions[state] += entered;
  }
  for (std::size_t series = 0; series < kSeriesCount; ++series) {
    const HistogramGain& gain = change.histograms[series];
    totals.histograms[series] = with_gain(totals.histograms[series], Resolution::kService, tick, gain);
    recent_.add({.number = totals.number}, static_cast<Series>(series), tick.gains(gain));
  }
}

void ServiceTable::infer_ticks(const Tick& tick, EventQueue& events) {
  if (!tick.has_bursts) return;
  std::vector<BurstGain> gains(by_number_.size());
  for (const BurstGain& gain : tick.burst_gains) {
    if (gain.service < gains.size()) gains[gain.service] = gain;
  }
  for (std::size_t number = 0; number < by_number_.size(); ++number) {
    if (!by_number_[number]) continue;
    ServiceRecord& record = *by_number_[number];
    const std::uint64_t packets_in = record.totals.traffic[static_cast<std::size_t>(Direction::kIngress)].packets;
    record.tick.apply({.now = tick.monotonic,
                       .bursts = std::span(tick.bursts).subspan(gains[number].first, gains[number].count),
                       .missed = gains[number].missed > 0,
                       .packets_in = packets_in - std::exchange(record.packets_in, packets_in),
                       .receivers = std::exchange(record.receivers, 0)});
    record.totals.tick = record.tick.tick();
    for (const TickInference::Late& late : record.tick.stalls()) {
      events.add({.at = late.start, .service = record.id, .what = Stalled{.interval = late.interval, .period = late.period}});
    }
  }
}

std::vector<Service> ServiceTable::services() const {
  std::vector<Service> services;
  for (const auto& [id, record] : records_) {
    if (!record->watched) continue;
    services.push_back(record->totals);
    services.back().stages = record->stages.totals();
  }
  return services;
}

}  // namespace tickwire::model
