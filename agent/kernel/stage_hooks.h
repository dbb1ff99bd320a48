// What it owns: the programs where the game's sockets are: data handed to the socket, read, written, refused, given to the driver.
// Who may use it: agent/kernel only.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/options.h"
#include "kernel/cgroup.h"
#include "kernel/hook_programs.h"
#include "kernel/shared_maps.h"

namespace tickwire::kernel {

// Attaches what each stage is stamped by, TCP's writes by the first candidate that works or the one that is wanted; Trial::kExamine:
// tries every candidate and leaves none attached. `cgroup`: where the socket programs go; without it those are refused with its error.
// Where it is a part of the hierarchy only, the outcomes say so.
[[nodiscard]] AttachedHooks attach_stages(const SharedMaps& maps, const Result<CgroupRoot>& cgroup,
                                          config::TcpWriteHook tcp_write, Trial trial = Trial::kFirst);

// What is known of the part, for doctor and the log; empty for a whole hierarchy.
[[nodiscard]] std::string partial_view(const CgroupRoot& cgroup);

}  // namespace tickwire::kernel
