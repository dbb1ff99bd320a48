// What it owns: finding the services of this machine: listening TCP and bound UDP sockets, named by their process.
// Who may use it: app.
// Thread: the loop. Costs a walk through /proc: call it seldom.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/service.h"

namespace tickwire::kernel {

// Every listening TCP socket, and every UDP socket that is bound and not connected and not on a port of the ephemeral range
// (net.ipv4.ip_local_port_range), of this network namespace (/proc/net). Named by the process that holds it (comm, made to fit
// model::ServiceId), "tcp-9000" where that cannot be seen. Ordered by port, each (protocol, port) once. Processes that may not be
// looked into cost the name only. Error: there is no socket table. `proc` is for tests.
[[nodiscard]] Result<std::vector<model::ServiceId>> discover_services(const std::string& proc = "/proc");

}  // namespace tickwire::kernel
