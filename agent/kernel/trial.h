// What it owns: what doctor looks at: the kernel, BTF, capabilities, cgroups, and every hook candidate by a trial load and attach.
// Who may use it: app's doctor.
// Thread: the main thread. Leaves nothing attached.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "model/hooks.h"

namespace tickwire::kernel {

// Tries every candidate of every capability, the arrival and departure ones on each given interface (attach, then detach at
// once; native XDP is only tried where no XDP program is), those of sockets on `cgroup` (empty: as open_cgroup_root()). Never fails:
// what failed is in the report.
[[nodiscard]] model::DoctorReport examine(const std::vector<std::string>& interfaces, const std::string& cgroup);

}  // namespace tickwire::kernel
