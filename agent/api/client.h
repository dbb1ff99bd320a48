// What it owns: asking a running agent over its Unix socket.
// Who may use it: cli.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
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

// Who takes an answer that goes on.
struct Follower {
  std::function<bool(std::string_view)> take;  // the next bytes of the body, as they come; false: enough
  std::function<bool()> stopped;               // asked ten times a second; true: enough
};

// The same for a path whose answer goes on. Ends when the follower has enough, or the agent ends it: then the status is 2xx and the
// body is empty. Any other status has a body, and the follower gets nothing. Errors: those of get(), and an agent that broke off, or
// that has sent nothing for 30 s.
[[nodiscard]] Result<Reply> follow(const std::string& socket_path, const std::string& path,
                                   const std::vector<std::pair<std::string, std::string>>& parameters, const Follower& follower);

}  // namespace tickwire::api
