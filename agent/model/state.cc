// SPDX-License-Identifier: Apache-2.0
#include "model/state.h"

#include <utility>
#include <variant>

#include "model/connection_table.h"
#include "model/service_table.h"

namespace tickwire::model {

struct State::Impl {
  explicit Impl(const StateLimits& limits) : connections(limits) {}

  ServiceTable services;
  ConnectionTable connections;
  EventQueue events;
  // What a tick tells in totals, of the last one, and the events of all; rows, services and hooks are not kept here.
  Snapshot last;

  void take_told(const Tick& tick);
};

void State::Impl::take_told(const Tick& tick) {
  for (const ToldEvent& told : tick.events) {
    const auto service = services.find(told.service);
    const ConnectionKey& key = told.connection.key;
    // The number may have passed on to another service since.
    if (!service || service->id->protocol != key.protocol || service->id->port != key.local.port) continue;
    events.add({.at = told.at,
                .service = service->id,
                .connection = told.connection,
                .what = std::visit([](const auto& what) { return Event::What(what); }, told.what)});
  }
}

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
  // Before what the slots tell: of one moment the change of state comes before the end.
  impl_->take_told(tick);
  impl_->connections.apply(tick, impl_->services);
  for (Event& event : impl_->connections.take_events()) impl_->events.add(std::move(event));
  impl_->services.infer_ticks(tick, impl_->events);
  last.events.append(impl_->events.take(tick.monotonic, tick.unix_time));
}

std::vector<ConnectionId> State::take_ended() { return impl_->connections.take_ended(impl_->last.monotonic); }

Snapshot State::snapshot() const {
  Snapshot snapshot = impl_->last;
  snapshot.services = impl_->services.services();
  snapshot.connections = impl_->connections.rows();
  snapshot.recent_services = impl_->services.recent();
  snapshot.recent_connections = impl_->connections.recent();
  snapshot.closed_rows_dropped = impl_->connections.dropped();
  return snapshot;
}

}  // namespace tickwire::model
