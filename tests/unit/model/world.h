// What it owns: a State with one UDP and one TCP service, and the ticks that tests feed it.
// Who may use it: tests of the model room.
// Thread: the test's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "model/state.h"

namespace tickwire::model {

inline const ServiceId kWorld{"world", Protocol::kUdp, 7777};
inline const ServiceId kLobby{"lobby", Protocol::kTcp, 9000};
inline constexpr std::uint16_t kWorldNumber = 0;
inline constexpr std::uint16_t kLobbyNumber = 1;

inline Endpoint local_of(const ServiceId& service) { return {IpAddress::v4(192, 0, 2, 9), service.port}; }
inline Endpoint player(std::uint16_t port) { return {IpAddress::v4(198, 51, 100, 7), port}; }

// A connection that the kernel shows for the first time, opened at `opened`, without traffic.
inline ConnectionChange new_connection(ConnectionId id, std::uint16_t number, std::chrono::nanoseconds opened) {
  const ServiceId& service = number == kWorldNumber ? kWorld : kLobby;
  return {.id = id,
          .is_new = true,
          .key = {.protocol = service.protocol,
                  .local = local_of(service),
                  .remote = player(static_cast<std::uint16_t>(4000 + id.slot))},
          .service = number,
          .opened = opened};
}

// The next change of a connection: all that stands, nothing gained.
inline ConnectionChange next(ConnectionChange change) {
  change.is_new = false;
  change.traffic = {};
  change.rtt = change.turnaround = {};
  change.rule = {};
  return change;
}

struct World {
  State state;
  Tick tick;

  explicit World(const StateLimits& limits = {}) : state(limits) {
    state.add_service(kWorldNumber, kWorld);
    state.add_service(kLobbyNumber, kLobby);
  }

  // Adds samples to the tick, all in one cell.
  HistogramGain gain(std::uint16_t cell, std::uint32_t samples, std::chrono::nanoseconds sum) {
    tick.cells.push_back({cell, samples});
    return {.first = static_cast<std::uint32_t>(tick.cells.size() - 1), .count = 1, .samples = samples, .sum = sum};
  }

  // Applies the tick with these connections at `now`, and begins the next.
  Snapshot apply(std::chrono::nanoseconds now, std::vector<ConnectionChange> connections = {}) {
    tick.monotonic = now;
    tick.connections = std::move(connections);
    state.apply(tick);
    tick = {};
    return state.snapshot();
  }
};

// The service of a snapshot; it must be there.
inline const Service& service_in(const Snapshot& snapshot, const ServiceId& id) {
  for (const Service& service : snapshot.services) {
    if (service.id == id) return service;
  }
  throw std::out_of_range("the snapshot has no service " + id.text());
}

// The connection of a snapshot; null if it is not there.
inline std::shared_ptr<const Connection> find_id(const Snapshot& snapshot, ConnectionId id) {
  for (const auto& row : snapshot.connections) {
    if (row->id == id) return row;
  }
  return nullptr;
}

}  // namespace tickwire::model
