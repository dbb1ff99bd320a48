// SPDX-License-Identifier: Apache-2.0
#include "model/connection_table.h"

#include <algorithm>
#include <iterator>

namespace tickwire::model {
namespace {

constexpr std::chrono::nanoseconds kNever = std::chrono::nanoseconds::max();

bool had_traffic(const ConnectionChange& change) {
  return std::ranges::any_of(change.traffic, [](const Traffic& gained) { return gained.packets > 0; });
}

// The series if there are samples of it: a connection has no method before it was measured.
std::optional<Series> of_samples(Series series, const HistogramGain& gained) {
  return gained.samples > 0 ? std::optional(series) : std::nullopt;
}

// Where the lowest cell that gained samples begins; none without samples.
std::optional<std::chrono::nanoseconds> least_edge(const Tick& tick, const HistogramGain& gain) {
  const auto gained = tick.gains(gain);
  if (gained.empty()) return std::nullopt;
  return connection_cell_from(std::ranges::min(gained, {}, &CellGain::cell).cell);
}

// The shortest of the samples of rtt, or of rtt_delayed, that a tick gained: exact if the kernel tells it, or if no shorter one has
// ever been; else the lower edge of the lowest cell. What the kernel tells with stages is the shortest of both.
std::optional<std::chrono::nanoseconds> shortest_rtt(const Tick& tick, const ConnectionChange& change, const HistogramGain& gain,
                                                     std::optional<std::chrono::nanoseconds> least_before) {
  if (gain.count == 0) return std::nullopt;
  if (change.rtt_min_recent) return change.rtt_min_recent;
  if (change.detail && tick.details[*change.detail].rtt_min) return tick.details[*change.detail].rtt_min;
  if (change.rtt_min && (!least_before || *change.rtt_min < *least_before)) return change.rtt_min;
  const std::chrono::nanoseconds edge = *least_edge(tick, gain);
  return std::max(edge, change.rtt_min.value_or(edge));
}

// Takes the gained samples in and computes what is read from them.
void gain(Latency& latency, std::optional<Series> series, const Tick& tick, const HistogramGain& gained) {
  // Samples of two methods never share a histogram: with another method it begins anew.
  if (series && latency.series && series != latency.series) latency = {};
  if (series) latency.series = series;
  if (gained.samples == 0 && gained.sum == std::chrono::nanoseconds{0}) return;
  latency.histogram = with_gain(latency.histogram, Resolution::kConnection, tick, gained);
  const WindowSummary all = WindowSummary::of(*latency.histogram);
  latency.p50 = all.p50;
  latency.p90 = all.p90;
  latency.p95 = all.p95;
  latency.p99 = all.p99;
  latency.p999 = all.p999;
  latency.max = all.max;
}

Series series_of_stage(std::size_t stage) {
  return static_cast<Series>(static_cast<std::size_t>(Series::kStageNicToSocket) + stage);
}

void gain_detail(const Tick& tick, const DetailChange& detail, Connection& row) {
  row.rtt_jitter = detail.rtt_jitter;
  row.pace = detail.pace;
  row.socket = detail.socket;
  row.followed = detail.followed;
  gain(row.rtt_delayed, detail.rtt_delayed.samples > 0 ? detail.delayed_series : std::nullopt, tick, detail.rtt_delayed);
  for (std::size_t i = 0; i < kStageCount; ++i) {
    gain(row.stages[i], of_samples(series_of_stage(i), detail.stages[i]), tick, detail.stages[i]);
  }
}

}  // namespace

void ConnectionTable::apply(const Tick& tick, const ServiceTable& services) {
  for (const ConnectionChange& change : tick.connections) apply(tick, change, services);
  recent_.finish(tick.monotonic);
  last_tick_ = tick.monotonic;
  end_silent(tick.monotonic);
  drop_shown(tick.monotonic);
}

void ConnectionTable::apply(const Tick& tick, const ConnectionChange& change, const ServiceTable& services) {
  if (change.id.slot >= slots_.size()) {
    slots_.resize(change.id.slot + std::size_t{1});
    deadlines_.resize(slots_.size(), kNever);
  }
  const Slot& slot = slots_[change.id.slot];
  const bool known = slot.taken && slot.generation == change.id.generation;
  if (!known && !change.is_new) return;
  if (!known) begin(tick, change, services);
  update(tick, change, slots_[change.id.slot]);
}

void ConnectionTable::begin(const Tick& tick, const ConnectionChange& change, const ServiceTable& services) {
  Slot& slot = slots_[change.id.slot];
  if (slot.taken && slot.row) {
    // The kernel gave the slot to somebody else: who had it has ended, or went unnoticed. The row is shown without the slot.
    if (!slot.ended) end(slot, std::make_shared<Connection>(*slot.row), slot.first_sign, change.opened);
    released_.emplace(slot.row->id, std::move(slot.row));
  }
  slot = {.row = nullptr, .service = services.find(change.service), .generation = change.id.generation, .taken = true};
  deadlines_[change.id.slot] = kNever;
  if (!slot.service) {
    // A packet of a service that was removed a moment ago took the slot: it goes back, and is no connection of anybody.
    slot.ended = true;
    lingering_.emplace(tick.monotonic, change.id);
    return;
  }
  auto row = std::make_shared<Connection>();
  row->id = change.id;
  row->key = change.key;
  row->service = slot.service->id;
  row->last_packet = change.opened;
  note(*row, change.opened, Opened{.state = first_state(change, row->key.protocol), .seeded = change.seeded});
  slot.row = std::move(row);
}

void ConnectionTable::note(const Connection& row, Nanoseconds at, const Event::What& what) {
  events_.push_back({.at = at, .service = row.service, .connection = Event::Subject{.id = row.id, .key = row.key}, .what = what});
}

void ConnectionTable::update(const Tick& tick, const ConnectionChange& change, Slot& slot) {
  if (!slot.service) return;
  slot.service->count_traffic(change.traffic);
  if (change.traffic[static_cast<std::size_t>(Direction::kEgress)].packets > 0) ++slot.service->receivers;
  if (change.rule) slot.service->count_rule(tick.rules[*change.rule].counts);
  if (slot.ended) {
    if (Row* const row = find_row(change.id)) *row = counted(tick, change, **row, *slot.service);
    return;
  }
  std::shared_ptr<Connection> row = counted(tick, change, *slot.row, *slot.service);
  const ConnectionState state = state_after(change, row->key.protocol);
  if (slot.first_sign == CloseReason::kNone) slot.first_sign = first_sign(change);
  // What a hook sees it tells itself.
  const ConnectionState before = row->state == ConnectionState::kNone ? first_state(change, row->key.protocol) : row->state;
  if (!change.state_from_kernel && before != state) note(*row, tick.monotonic, StateChanged{.from = before, .to = state});
  if (state == ConnectionState::kClosed) {
    CloseReason reason = change.close_reason != CloseReason::kNone ? change.close_reason : slot.first_sign;
    if (reason == CloseReason::kNone && !was_established(*row)) reason = CloseReason::kHalfOpen;
    end(slot, std::move(row), reason, change.closed.value_or(tick.monotonic));
    return;
  }
  slot.service->move_connection(row->state, state);
  row->state = state;
  const Deadline deadline = deadline_of(*row, change.state_from_kernel, limits_);
  deadlines_[change.id.slot] = deadline.at;
  slot.deadline_reason = deadline.reason;
  slot.row = std::move(row);
}

std::shared_ptr<Connection> ConnectionTable::counted(const Tick& tick, const ConnectionChange& change, const Connection& before,
                                                     ServiceRecord& service) {
  std::shared_ptr<Connection> row = changed(tick, change, before);
  record(tick, change, before, *row);
  if (change.detail) service.stages.count(before, *row);
  if (had_traffic(change)) {
    service.stages.count_jitter(*row,
                                jitter_samples(before.last_packet, last_tick_.value_or(before.last_packet), tick.monotonic));
  }
  return row;
}

std::shared_ptr<Connection> ConnectionTable::changed(const Tick& tick, const ConnectionChange& change,
                                                     const Connection& before) const {
  auto row = std::make_shared<Connection>(before);
  row->seeded = change.seeded;
  row->opened = change.opened;
  row->established = change.established;
  row->handshake = change.handshake;
  row->srtt = change.srtt;
  row->rtt_min = change.rtt_min;
  row->retransmissions = change.retransmissions;
  row->out_of_order = change.out_of_order;
  for (std::size_t i = 0; i < row->traffic.size(); ++i) {
    row->traffic[i].packets += change.traffic[i].packets;
    row->traffic[i].bytes += change.traffic[i].bytes;
  }
  if (had_traffic(change)) row->last_packet = tick.monotonic;
  gain(row->rtt, change.rtt_series, tick, change.rtt);
  const Series turnaround = change.rule ? Series::kTurnaroundRule : Series::kTurnaroundNextPacket;
  gain(row->turnaround, of_samples(turnaround, change.turnaround), tick, change.turnaround);
  if (change.rule) {
    const RuleChange& gained = tick.rules[*change.rule];
    if (!row->rule) row->rule.emplace();
    *row->rule += gained.counts;
    gain(row->rtt_network, of_samples(Series::kRttRuleNetwork, gained.rtt_network), tick, gained.rtt_network);
  }
  if (change.detail) gain_detail(tick, tick.details[*change.detail], *row);
  return row;
}

void ConnectionTable::record(const Tick& tick, const ConnectionChange& change, const Connection& before, const Connection& row) {
  const RecentKey key{.number = row.id.slot, .generation = row.id.generation};
  const auto add = [&](const Latency& latency, const HistogramGain& gained, std::optional<Nanoseconds> shortest = {}) {
    if (latency.series) recent_.add(key, *latency.series, tick.gains(gained), shortest);
  };
  add(row.rtt, change.rtt, shortest_rtt(tick, change, change.rtt, before.rtt_min));
  add(row.turnaround, change.turnaround);
  if (change.rule) {
    const HistogramGain& network = tick.rules[*change.rule].rtt_network;
    add(row.rtt_network, network, least_edge(tick, network));
  }
  if (!change.detail) return;
  const DetailChange& detail = tick.details[*change.detail];
  add(row.rtt_delayed, detail.rtt_delayed, shortest_rtt(tick, change, detail.rtt_delayed, before.rtt_min));
  for (std::size_t i = 0; i < kStageCount; ++i) add(row.stages[i], detail.stages[i]);
}

void ConnectionTable::end(Slot& slot, std::shared_ptr<Connection> row, CloseReason reason, Nanoseconds at) {
  slot.service->move_connection(row->state, ConnectionState::kClosed);
  slot.service->count_end(reason);
  slot.ended = true;
  row->state = ConnectionState::kClosed;
  row->closed = at;
  row->close_reason = reason;
  events_.push_back(closed_event(*row));
  lingering_.emplace(at, row->id);
  shown_.emplace(at, row->id);
  deadlines_[row->id.slot] = kNever;
  slot.row = std::move(row);
}

void ConnectionTable::end_service(const ServiceRecord& service, Nanoseconds now) {
  for (Slot& slot : slots_) {
    if (slot.taken && !slot.ended && slot.service.get() == &service) {
      end(slot, std::make_shared<Connection>(*slot.row), CloseReason::kServiceGone, now);
    }
  }
}

void ConnectionTable::end_silent(Nanoseconds now) {
  for (std::size_t number = 0; number < deadlines_.size(); ++number) {
    if (deadlines_[number] > now) continue;
    Slot& slot = slots_[number];
    end(slot, std::make_shared<Connection>(*slot.row), slot.deadline_reason, now);
  }
}

void ConnectionTable::drop_shown(Nanoseconds now) {
  while (!shown_.empty() && now - shown_.begin()->first >= limits_.closed_visible) {
    hide(shown_.begin()->second);
    shown_.erase(shown_.begin());
  }
  while (shown_.size() > limits_.closed_rows) {
    hide(shown_.begin()->second);
    shown_.erase(shown_.begin());
    ++dropped_;
  }
}

void ConnectionTable::hide(const ConnectionId& id) {
  Slot& slot = slots_[id.slot];
  if (released_.erase(id) == 0 && slot.ended && slot.generation == id.generation) slot.row = nullptr;
}

ConnectionTable::Row* ConnectionTable::find_row(const ConnectionId& id) {
  Slot& slot = slots_[id.slot];
  if (slot.row && slot.generation == id.generation) return &slot.row;
  const auto found = released_.find(id);
  return found == released_.end() ? nullptr : &found->second;
}

std::vector<ConnectionId> ConnectionTable::take_ended(Nanoseconds now) {
  std::vector<ConnectionId> ids;
  while (!lingering_.empty() && now - lingering_.begin()->first > limits_.linger) {
    const ConnectionId id = lingering_.begin()->second;
    lingering_.erase(lingering_.begin());
    Slot& slot = slots_[id.slot];
    if (slot.row && slot.generation == id.generation) released_.emplace(id, std::move(slot.row));
    ids.push_back(id);
  }
  return ids;
}

std::vector<ConnectionTable::Row> ConnectionTable::rows() const {
  std::vector<Row> rows;
  rows.reserve(slots_.size() + released_.size());
  auto released = released_.begin();
  for (const Slot& slot : slots_) {
    if (!slot.row) continue;
    for (; released != released_.end() && released->first < slot.row->id; ++released) rows.push_back(released->second);
    rows.push_back(slot.row);
  }
  for (; released != released_.end(); ++released) rows.push_back(released->second);
  return rows;
}

}  // namespace tickwire::model
