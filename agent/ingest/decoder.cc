// SPDX-License-Identifier: Apache-2.0
#include "ingest/decoder.h"

#include "ingest/burst_decoder.h"
#include "ingest/connection_decoder.h"
#include "ingest/event_decoder.h"
#include "ingest/service_decoder.h"

namespace tickwire::ingest {

struct Decoder::Impl {
  ConnectionDecoder connections;
  ServiceDecoder services;
  BurstDecoder bursts;
  EventDecoder events;
};

Decoder::Decoder() : impl_(std::make_unique<Impl>()) {}
Decoder::~Decoder() = default;

void Decoder::decode(const RawTick& raw, model::Tick& tick) {
  tick.monotonic = raw.monotonic;
  tick.unix_time = raw.unix_time;
  tick.connections.clear();
  tick.rules.clear();
  tick.details.clear();
  tick.services.clear();
  tick.events.clear();
  tick.cells.clear();
  tick.bursts.clear();
  tick.burst_gains.clear();
  tick.losses.fill(0);
  for (const tw_losses& cpu : raw.losses) {
    for (std::size_t reason = 0; reason < TW_LOSS_MAX; ++reason) tick.losses[reason] += cpu.count[reason];
  }
  tick.interfaces = raw.interfaces;
  tick.programs = raw.programs;
  impl_->connections.decode(raw, tick);
  impl_->services.decode(raw, tick);
  impl_->bursts.decode(raw, tick);
  impl_->events.decode(raw, tick);
}

void Decoder::forget_service(std::uint16_t number) {
  impl_->services.forget(number);
  impl_->bursts.forget(number);
  impl_->events.forget(number);
}

}  // namespace tickwire::ingest
