// What it owns: the loop of `--watch`.
// Who may use it: the connections and services subcommands; tests.
// Thread: the main thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "base/result.h"

namespace tickwire::cli {

struct Watch {
  std::function<Result<std::string>()> fetch;            // the next picture
  std::function<Result<bool>(const std::string&)> show;  // false: nobody reads any more
  std::function<bool()> interrupted;                     // waits for the next turn; true: the user wants to stop
};

// Until the user stops it or nobody reads: exit code 0. A usage error ends it at once; any other failure of `fetch` when it is
// the third in a row, so that a restart of the agent is survived.
[[nodiscard]] Result<int> run_watch(const Watch& watch);

}  // namespace tickwire::cli
