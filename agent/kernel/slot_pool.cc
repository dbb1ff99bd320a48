// SPDX-License-Identifier: Apache-2.0
#include "kernel/slot_pool.h"

#include <atomic>
#include <cstring>

namespace tickwire::kernel {

SlotPool::SlotPool(const SharedMaps& maps)
    : maps_(maps),
      connections_fd_(maps.fd("connections")),
      free_slots_fd_(maps.fd("free_slots")),
      on_the_way_(maps.slots().size()) {}

void SlotPool::retire(std::span<const model::ConnectionId> ids) {
  for (const model::ConnectionId& id : ids) {
    if (id.slot >= maps_.slots().size() || on_the_way_[id.slot]) continue;
    const tw_slot& slot = maps_.slots()[id.slot];
    if (slot.generation != id.generation || slot.opened_ns == 0) continue;
    remove_key(id.slot);
    on_the_way_[id.slot] = true;
    retired_.push_back(id.slot);
  }
}

void SlotPool::recycle() {
  for (const std::uint32_t number : resting_) {
    clear(number);
    on_the_way_[number] = false;
    bpf_map_update_elem(free_slots_fd_, nullptr, &number, BPF_ANY);
  }
  resting_ = std::move(retired_);
  retired_.clear();
}

void SlotPool::remove_key(std::uint32_t number) const {
  const tw_connection_key key = maps_.slots()[number].key;
  std::uint32_t found = 0;
  if (bpf_map_lookup_and_delete_elem(connections_fd_, &key, &found) != 0 || found == number) return;
  // The tuple is a newer connection's already: put its entry back, unless a packet has made yet another one meanwhile.
  bpf_map_update_elem(connections_fd_, &key, &found, BPF_NOEXIST);
}

void SlotPool::clear(std::uint32_t number) const {
  tw_slot& slot = maps_.slots()[number];
  const std::uint32_t generation = slot.generation;
  std::atomic_ref(slot.opened_ns).store(0, std::memory_order_release);
  std::memset(&slot, 0, sizeof(slot));
  if (number < maps_.echo_slots().size()) std::memset(&maps_.echo_slots()[number], 0, sizeof(tw_echo_slot));
  if (number < maps_.stage_slots().size()) std::memset(&maps_.stage_slots()[number], 0, sizeof(tw_stage_slot));
  slot.generation = generation + 1;
  std::atomic_thread_fence(std::memory_order_release);
}

}  // namespace tickwire::kernel
