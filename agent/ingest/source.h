// What it owns: the one seam to the kernel: what a reading brings, before it is decoded.
// Who may use it: kernel implements it, app drives it, tests fake it.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "model/connection.h"
#include "model/tick.h"
#include "tickwire/burst.h"
#include "tickwire/connection.h"
#include "tickwire/event.h"
#include "tickwire/loss.h"
#include "tickwire/rule.h"
#include "tickwire/service.h"
#include "tickwire/stage.h"

namespace tickwire::ingest {

// One reading. The spans are the kernel's own memory, mapped: values change while they are looked at.
struct RawTick {
  std::chrono::nanoseconds monotonic{};
  std::chrono::nanoseconds unix_time{};
  std::span<const tw_slot> slots;
  std::span<const tw_stage_slot> stage_slots;             // by slot number; empty without stages
  std::span<const tw_echo_slot> echo_slots;               // by slot number; empty where no service has a rule
  std::span<const tw_burst_ring> bursts;                  // by service number; empty without ticks
  std::span<const tw_service_counters> service_counters;  // by service number
  std::span<const tw_thresholds> thresholds;              // by service number
  std::span<const tw_service_histogram> service_cells;    // by tw_service_cells_index
  std::uint32_t shard_mask = 0;
  std::vector<std::uint16_t> services;        // numbers in use
  std::vector<std::uint16_t> ruled_services;  // those of them that have a rule
  std::vector<tw_losses> losses;              // one a CPU
  // What the ring buffer held, oldest first; read after `monotonic`, so those up to then are all there.
  std::span<const tw_event> events;
  std::vector<model::InterfaceTotals> interfaces;
  std::vector<model::ProgramTotals> programs;
};

class Source {
 public:
  virtual ~Source() = default;
  // Reads now. What it returns is valid until the next call.
  [[nodiscard]] virtual Result<RawTick> read() = 0;
  // Gives the slots of ended connections back: first their keys leave the table, and from the next read() on they are cleared
  // and free. An id whose generation has passed is ignored.
  virtual void release(std::span<const model::ConnectionId> ids) = 0;
};

}  // namespace tickwire::ingest
