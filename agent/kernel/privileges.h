// What it owns: whether this process and this kernel have what the programs need, before anything is tried.
// Who may use it: agent/kernel only.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/hooks.h"

namespace tickwire::kernel {

// The capabilities of CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN that the thread's effective set has not. CAP_SYS_ADMIN stands for the
// first two.
[[nodiscard]] std::vector<std::string> missing_capabilities();

// Failure::kMissing that names the capability, or the kernel's type information, that is not there.
[[nodiscard]] Result<void> check_requirements();

// The same and more, as doctor's lines: kernel release, BTF, capabilities, unprivileged BPF, JIT, BPF statistics.
[[nodiscard]] std::vector<model::DoctorCheck> examine_requirements();

}  // namespace tickwire::kernel
