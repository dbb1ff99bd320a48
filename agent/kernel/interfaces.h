// What it owns: which network interfaces this machine has, and which of them are meant.
// Who may use it: app.
// Thread: the loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tickwire::kernel {

// Names that exist and are meant by `wanted` (names, or /regex/ of the whole name); with none wanted, the interfaces with a
// default route (IPv4 or IPv6), or "lo" if there is none. Ordered, each once. A wanted name that is not there is a usage error
// that lists those that are; a /regex/ may match nothing yet.
[[nodiscard]] Result<std::vector<std::string>> resolve_interfaces(const std::vector<std::string>& wanted);

}  // namespace tickwire::kernel
