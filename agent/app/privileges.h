// What it owns: which privileges the agent keeps once it runs, and giving up the others.
// Who may use it: Agent, doctor.
// Thread: the loop; doctor tries it on a thread of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/capabilities.h"
#include "model/hooks.h"

namespace tickwire::app {

// What the loop needs of what it holds when everything is attached. CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN read, attach to what
// appears and detach; CAP_SYS_ADMIN only where it stands for one of the first two. While services are discovered also CAP_SYS_PTRACE and
// CAP_DAC_READ_SEARCH, without which the processes of other users, and so the names of their services, are not seen.
[[nodiscard]] CapabilitySet kept_by_loop(CapabilitySet held, bool discovers_services);

// Gives up the rest of what the calling thread holds. Failing is no reason to end: it is logged.
void keep_what_the_loop_needs(bool discovers_services);

// Doctor's line: what each thread of an agent that is started like this would keep, found by doing it.
[[nodiscard]] model::DoctorCheck examine_privileges();

}  // namespace tickwire::app
