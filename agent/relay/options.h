// What it owns: what `tickwire relay` can be told, and the table that turns flags, TICKWIRE_RELAY_* and a file into it.
// Who may use it: app; relay.
// Thread: start-up.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spdlog/common.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "relay/language.h"
#include "relay/robot.h"

namespace CLI {
class App;
}

namespace tickwire::relay {

inline constexpr std::string_view kDefaultListen = "127.0.0.1:19436";
inline constexpr std::size_t kMostRobots = 16;

struct RelayOptions {
  std::string listen{kDefaultListen};  // host:port
  std::vector<Robot> robots;           // 1 .. kMostRobots, of different names
  Language language = Language::kEnglish;
  std::string link_base;  // http or https; empty: relative links are left out
  unsigned rate = 18;     // messages a minute and robot, 1 .. 20, which is what both services allow
  std::string ca_file;    // authorities instead of the machine's; empty: those
  spdlog::level::level_enum log_level = spdlog::level::info;
};

// Adds the flags of `tickwire relay` to a CLI11 subcommand; what is parsed lands in `options`, which must outlive `command`.
// Precedence and form are those of `tickwire run`.
void add_relay_options(CLI::App& command, RelayOptions& options);

// No robot, too many, two of one name, a bad address or link base. Files are looked at when the relay starts.
[[nodiscard]] Result<void> validate(const RelayOptions& options);

}  // namespace tickwire::relay
