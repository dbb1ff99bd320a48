// What it owns: loading one program of an object on its own, with the shared maps, attaching it, and trying candidates in order.
// Who may use it: agent/kernel only.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/bpf.h"
#include "kernel/cgroup.h"
#include "kernel/shared_maps.h"
#include "model/hooks.h"

namespace tickwire::kernel {

// One loaded object of which one program is attached.
struct AttachedProgram {
  UniqueObject object;
  UniqueLink link;  // goes before the object
  AttachedProgram() = default;
  AttachedProgram(UniqueObject loaded, UniqueLink attached) : object(std::move(loaded)), link(std::move(attached)) {}
};

// Programs that are attached, and what was tried for each capability. All of them are optional: what is missing costs its feature.
struct AttachedHooks {
  std::vector<AttachedProgram> programs;
  std::vector<model::HookOutcome> outcomes;
};

struct Candidate {
  const char* program;
  std::string_view name;             // as doctor and the status show it: "fentry/tcp_set_state"
  const void* (*elf)(std::size_t*);  // the object file that has it, as its skeleton gives it
  std::string_view lacks = {};       // what it does not see, though it works; told as the attempt's reason
};

// What candidates are given; all of it outlives the calls.
struct HookPlaces {
  const SharedMaps& maps;
  const Result<CgroupRoot>* cgroup = nullptr;  // null: none of the candidates is attached to a cgroup
};

enum class Trial {
  kFirst,    // candidates for the same: the first that works is kept, the rest is not tried
  kEach,     // parts of the same, one for each family: all that work are kept
  kExamine,  // all are tried, none is kept: for doctor
};

// Loads and attaches one program. Errors have no object's name: who tried it says what it was.
[[nodiscard]] Result<AttachedProgram> attach_program(const HookPlaces& places, const Candidate& candidate);

struct Capability {
  std::string_view name;
  std::string_view loses;
};

// Tries the candidates of one capability whose names begin with `wanted`; the others are "not asked for". Appends the outcome, and what
// is kept.
void try_candidates(const HookPlaces& places, const Capability& capability, std::span<const Candidate> candidates, Trial trial,
                    std::string_view wanted, AttachedHooks& hooks);

}  // namespace tickwire::kernel
