// What it owns: the programs on kernel state: TCP state by the best candidate, retransmissions, and the walk that seeds the
// table. Who may use it: agent/kernel only. Thread: the loop. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/options.h"
#include "kernel/bpf.h"
#include "kernel/shared_maps.h"
#include "model/hooks.h"

namespace tickwire::kernel {

// One loaded object of which one program is attached.
struct TracingHook {
  UniqueObject object;
  UniqueLink link;  // goes before the object
  TracingHook() = default;
  TracingHook(UniqueObject loaded, UniqueLink attached) : object(std::move(loaded)), link(std::move(attached)) {}
};

// All of them are optional: what is missing costs its feature, and the outcome says so.
struct TracingHooks {
  TracingHook tcp_state;
  TracingHook retransmissions;
  std::vector<model::HookOutcome> outcomes;  // tcp_state, retransmissions
};

// Attaches the first candidate that works, or the one that is wanted.
[[nodiscard]] TracingHooks attach_tracing(const SharedMaps& maps, config::TcpStateHook wanted);
// Tries every candidate and leaves none attached; for doctor.
[[nodiscard]] std::vector<model::HookOutcome> try_tracing(const SharedMaps& maps);

// The iterators over the kernel's TCP and UDP sockets, loaded once, run as often as wanted.
class SocketWalk {
 public:
  // Never fails: an iterator that does not load is in the outcome, and run() does without it.
  [[nodiscard]] static SocketWalk load(const SharedMaps& maps);
  // Gives every connection of a watched service that is in this namespace's socket tables, and not in ours, its slot.
  void run() const;
  [[nodiscard]] const model::HookOutcome& outcome() const { return outcome_; }

 private:
  std::vector<TracingHook> iterators_;
  model::HookOutcome outcome_;
};

}  // namespace tickwire::kernel
