// What it owns: the way of a slot from an ended connection back to the kernel's list of free ones.
// Who may use it: agent/kernel only.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernel/shared_maps.h"
#include "model/connection.h"

namespace tickwire::kernel {

// Two steps, a reading apart, so that no program can still hold a slot that is being cleared: its key leaves the table first,
// and a program that had looked it up before that has long returned when the slot is cleared.
class SlotPool {
 public:
  explicit SlotPool(const SharedMaps& maps);
  // Takes the keys of ended connections out of the table. Ids of another generation, and repeated ones, are ignored.
  void retire(std::span<const model::ConnectionId> ids);
  // Clears and frees what was retired before the previous call.
  void recycle();

 private:
  void remove_key(std::uint32_t number) const;
  void clear(std::uint32_t number) const;

  const SharedMaps& maps_;
  int connections_fd_;
  int free_slots_fd_;
  std::vector<std::uint32_t> retired_;
  std::vector<std::uint32_t> resting_;
  std::vector<bool> on_the_way_;  // by slot number: retired, not yet free
};

}  // namespace tickwire::kernel
