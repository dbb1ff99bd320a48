// What it owns: a duration as an option of a command line.
// Who may use it: the options of every program of gameserver/.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "gameserver/common/duration.h"

namespace tickwire::game {

// "--name 120ms"; what is no duration is a usage error. `value` must outlive the parsing.
inline CLI::Option* add_duration(CLI::App& app, const std::string& name, Nanoseconds& value, const std::string& description) {
  const auto take = [name, &value](const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration) throw CLI::ValidationError(name, duration.error());
    value = *duration;
  };
  return app.add_option_function<std::string>(name, take, description)->type_name("DURATION");
}

}  // namespace tickwire::game
