// SPDX-License-Identifier: Apache-2.0
#include "config/file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/Config.hpp>
#include <algorithm>
#include <cerrno>
#include <sstream>

#include "base/read.h"
#include "config/words.h"

namespace tickwire::config {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;  // far above any real file: a wrong path must not fill memory

std::unexpected<Error> fail_file(const std::string& path, const std::string& reason) {
  return fail_usage(fmt::format("config file '{}': {}", printable(path), reason));
}

Result<std::string> read_text(const std::string& path) {
  const auto opened = open_to_read(path);
  if (!opened) return fail_file(path, errno_text(opened.error()));
  if (!opened->is_regular()) return fail_file(path, "not a regular file");
  auto text = read_to_end(opened->file.fd(), kMostBytes);
  if (text) return std::move(*text);
  return fail_file(path, text.error() == EFBIG ? "longer than 1 MiB" : errno_text(text.error()));
}

}  // namespace

Result<FileValues> read_file(const std::string& path, std::span<const std::string_view> names) {
  const auto text = read_text(path);
  if (!text) return std::unexpected(text.error());
  std::istringstream lines(*text);
  FileValues values;
  for (const CLI::ConfigItem& item : CLI::ConfigBase().from_config(lines)) {
    if (!item.parents.empty())
      return fail_file(path, fmt::format("unknown section [{}]: there are none", printable(item.parents.front())));
    if (std::ranges::find(names, item.name) == names.end()) {
      return fail_file(path, fmt::format("unknown name '{}'; known: {}", printable(item.name), fmt::join(names, ", ")));
    }
    std::vector<std::string>& value = values[item.name];
    value.insert(value.end(), item.inputs.begin(), item.inputs.end());
  }
  return values;
}

}  // namespace tickwire::config
