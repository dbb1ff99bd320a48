// What it owns: what rules keep of connections: the echo slots, what the reading before said of each, and what has changed since.
// Who may use it: ConnectionDecoder.
// Thread: one (the loop).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ingest/connection_histogram.h"
#include "ingest/source.h"
#include "model/rule.h"
#include "model/tick.h"
#include "tickwire/rule.h"

namespace tickwire::ingest {

class EchoDecoder {
 public:
  // One echo slot as it was just read; nothing is remembered of it before take().
  struct Reading {
    model::RuleCounts counts;  // as the kernel has them: of 32 bits, that wrap
    std::uint32_t network_samples = 0;
    bool has_network = false;  // only if the counter moved
    HistogramReading network{};
  };

  // A reading begins: these are the slots and the services with a rule.
  void begin(const RawTick& raw);
  // False: read() has nothing for any slot.
  [[nodiscard]] bool has_rules() const { return !slots_.empty(); }
  // Reads the slot of a connection of this service. False if the service has no rule. A new connection is compared with zero.
  [[nodiscard]] bool read(std::uint32_t number, std::uint16_t service, bool is_new, Reading& reading) const;
  // Whether such a slot, of a connection that is not new, differs from what was remembered of it.
  [[nodiscard]] bool changed(std::uint32_t number, std::uint16_t service) const;
  // Appends what was gained to tick.rules and tick.cells, and remembers the reading. Returns ConnectionChange::rule.
  std::uint32_t take(std::uint32_t number, bool is_new, const Reading& reading, model::Tick& tick);
  // The slot will be read soon.
  void prefetch(std::size_t number) const;

 private:
  struct Memory {
    model::RuleCounts counts;
    std::uint32_t network_shown = 0;  // samples that the cells have shown so far
    Held network_held = 0;
    HistogramMemory network{};
  };

  [[nodiscard]] bool is_ruled(std::uint32_t number, std::uint16_t service) const;

  std::span<const tw_echo_slot> slots_;  // of this reading; empty if no service has a rule
  std::bitset<TW_SERVICES_MAX> ruled_;
  std::vector<std::unique_ptr<Memory>> memories_;  // by slot number; null = never had a connection with a rule
};

}  // namespace tickwire::ingest
