// SPDX-License-Identifier: Apache-2.0
#include "model/state.h"

#include "model/connection_table.h"
#include "model/service_table.h"

namespace tickwire::model {

struct State::Impl {
  explicit Impl(const StateLimits& limits) : connections(limits) {}

  ServiceTable services;
  ConnectionTable connections;
  // What a tick tells in totals, of the last one; rows, services and hooks are not kept here.
  Snapshot last;
};

State::State(StateLimits limits) : impl_(std::make_unique<Impl>(limits)) {}

State::~State() = default;

void State::add_service(std::uint16_t number, const ServiceId& id) {
  const auto before = impl_->services.find(number);
  if (before && *before->id == id) return;
  remove_service(number, impl_->last.monotonic);
  impl_->services.add(number, id);
}

void State::remove_service(std::uint16_t number, Nanoseconds now) {
  if (const auto removed = impl_->services.remove(number)) impl_->connections.end_service(*removed, now);
}

void State::apply(const Tick& tick) {
  Snapshot& last = impl_->last;
  last.monotonic = tick.monotonic;
  last.unix_time = tick.unix_time;
  last.losses = tick.losses;
  last.interfaces = tick.interfaces;
  last.programs = tick.programs;
  last.slots_used = tick.slots_used;
  last.slots_capacity = tick.slots_capacity;
  ++last.ticks;
  impl_->services.apply(tick);
  impl_->connections.apply(tick, impl_->services);
  impl_->services.infer_ticks(tick);
}

std::vector<ConnectionId> State::take_ended() { return impl_->connections.take_ended(impl_->last.monotonic); }

Snapshot State::snapshot() const {
  Snapshot snapshot = impl_->last;
  snapshot.services = impl_->services.services();
  snapshot.connections = impl_->connections.rows();
  snapshot.closed_rows_dropped = impl_->connections.dropped();
  return snapshot;
}

}  // namespace tickwire::model
