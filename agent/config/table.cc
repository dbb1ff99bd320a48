// SPDX-License-Identifier: Apache-2.0
#include "config/table.h"

#include <cctype>
#include <cstdlib>
#include <utility>

#include "config/words.h"

namespace tickwire::config {
namespace {

std::optional<std::string> environment_value(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

}  // namespace

std::string environment_name(std::string_view prefix, std::string_view name) {
  std::string result(prefix);
  for (const char c : name) result += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

Result<Sources> open_sources(std::string_view prefix, const CLI::Option& config_flag, std::span<const std::string_view> names) {
  Sources sources{.prefix = prefix, .file_name = {}, .file = {}};
  if (config_flag.count() > 0) {
    sources.file_name = config_flag.results().back();
  } else {
    sources.file_name = environment_value(environment_name(prefix, "config")).value_or("");
  }
  if (config_flag.count() > 0 || !sources.file_name.empty()) {
    auto read = read_file(sources.file_name, names);
    if (!read) return std::unexpected(read.error());
    sources.file = *std::move(read);
  }
  return sources;
}

std::optional<Given> given(const Sources& sources, std::string_view name, char separator, const CLI::Option& flag) {
  if (flag.count() > 0) return Given{"--" + std::string(name), flag.results()};
  const std::string variable = environment_name(sources.prefix, name);
  if (const auto value = environment_value(variable)) {
    return Given{variable, separator == kOnce ? std::vector{*value} : split_list(*value, separator)};
  }
  if (const auto found = sources.file.find(name); found != sources.file.end()) {
    return Given{fmt::format("{}: {}", sources.file_name, name), found->second};
  }
  return std::nullopt;
}

}  // namespace tickwire::config
