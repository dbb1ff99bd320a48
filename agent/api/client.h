// What it owns: asking a running agent over its Unix socket.
// Who may use it: cli.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tickwire::api {

struct Reply {
  long status = 0;
  std::string body;
};

// GET path?parameters from the agent behind socket_path; 10 s at most, 256 MiB at most. Errors: no agent there (with the hint to
// start one or to name its socket), no permission, time-out. A status other than 2xx is not an error here.
[[nodiscard]] Result<Reply> get(const std::string& socket_path, const std::string& path,
                                const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace tickwire::api
