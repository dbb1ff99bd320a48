// What it owns: the programs on kernel state: TCP state by the best candidate, retransmissions, and the walk that seeds the table.
// Who may use it: agent/kernel only.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/options.h"
#include "kernel/hook_programs.h"
#include "kernel/shared_maps.h"
#include "model/hooks.h"

namespace tickwire::kernel {

// Attaches tcp_state, by the first candidate that works or the one that is wanted, and retransmissions; Trial::kExamine: tries every
// candidate and leaves none attached.
[[nodiscard]] AttachedHooks attach_tracing(const SharedMaps& maps, config::TcpStateHook wanted, Trial trial = Trial::kFirst);

// The iterators over the kernel's TCP and UDP sockets, loaded once, run as often as wanted.
class SocketWalk {
 public:
  // Never fails: an iterator that does not load is in the outcome, and run() does without it.
  [[nodiscard]] static SocketWalk load(const SharedMaps& maps);
  // Gives every connection of a watched service that is in this namespace's socket tables, and not in ours, its slot.
  void run() const;
  [[nodiscard]] const model::HookOutcome& outcome() const { return iterators_.outcomes.front(); }

 private:
  AttachedHooks iterators_;
};

}  // namespace tickwire::kernel
