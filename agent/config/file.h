// What it owns: reading the configuration file.
// Who may use it: config's option table.
// Thread: start-up.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tickwire::config {

using FileValues = std::map<std::string, std::vector<std::string>, std::less<>>;

// The values of a file of lines `name = value` or `name = [value, value]`, by name; # begins a comment. Usage errors name the
// file: not readable (with the reason), not a regular file, longer than 1 MiB, a [section], or a name that is not in `names`.
[[nodiscard]] Result<FileValues> read_file(const std::string& path, std::span<const std::string_view> names);

}  // namespace tickwire::config
