// What it owns: one table of options that turns flags, the environment and a file into a struct of values, with one precedence.
// Who may use it: the sources of option tables: config, relay.
// Thread: start-up.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/file.h"

namespace tickwire::config {

inline constexpr char kOnce = '\0';  // instead of a separator: the option takes one value

// One option: the same name on the command line (--name), in the environment (PREFIX_NAME) and in the file (name = value).
template <typename Options>
struct OptionRow {
  std::string_view name;
  std::string_view value;  // what the help text calls the value; empty: a switch
  char separator;          // takes several values, with this between them in the environment; or kOnce
  std::string_view help;
  std::string_view initial;  // the default, as the help text says it
  Result<void> (*set)(std::string_view value, Options& options);
};

// Where an option was told, and what.
struct Given {
  std::string origin;
  std::vector<std::string> values;
};

// Where options are told besides the command line.
struct Sources {
  std::string_view prefix;  // of the environment's variables: "TICKWIRE_"
  std::string file_name;
  FileValues file;
};

// "max-services" is PREFIX + "MAX_SERVICES".
[[nodiscard]] std::string environment_name(std::string_view prefix, std::string_view name);

// The file that --config or the variable PREFIX_CONFIG names, if one does; usage errors are those of read_file.
[[nodiscard]] Result<Sources> open_sources(std::string_view prefix, const CLI::Option& config_flag,
                                           std::span<const std::string_view> names);

// The strongest source that tells the option: flag, environment, file; none: the default holds. A variable that is empty counts as not
// set, as is usual for the environment.
[[nodiscard]] std::optional<Given> given(const Sources& sources, std::string_view name, char separator, const CLI::Option& flag);

// Sets what was told of one row.
template <typename Options>
Result<void> set_all(const OptionRow<Options>& row, const Given& told, Options& options) {
  if (told.values.empty() || (row.separator == kOnce && told.values.size() != 1)) {
    return fail_usage(fmt::format("{}: one value is wanted, {} were given", told.origin, told.values.size()));
  }
  for (const std::string& value : told.values) {
    if (const auto done = row.set(value, options); !done) return within(told.origin, done.error());
  }
  return {};
}

// Adds the flags of `rows`, and --config, to a subcommand; what is parsed lands in `options`, which must outlive `command`, and is then
// held against `validate`. `example` is what a file may hold, for the help text. `rows` must be static.
template <typename Options, std::size_t Count>
void add_table(CLI::App& command, const std::array<OptionRow<Options>, Count>& rows, std::string_view prefix,
               std::string_view example, Options& options, Result<void> (*validate)(const Options&)) {
  std::array<CLI::Option*, Count> flags{};
  for (std::size_t i = 0; i < Count; ++i) {
    const OptionRow<Options>& row = rows[i];
    const std::string name = "--" + std::string(row.name);
    const std::string help =
        fmt::format("{}\nDefault: {}. Environment: {}", row.help, row.initial, environment_name(prefix, row.name));
    if (row.value.empty()) {
      flags[i] = command.add_flag(name, help);
      continue;
    }
    flags[i] = command.add_option(name, CLI::callback_t{}, help)->type_name(std::string(row.value));
    if (row.separator != kOnce) flags[i]->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(false);
  }
  const CLI::Option* config_flag =
      command
          .add_option("--config", CLI::callback_t{},
                      fmt::format("File with lines {};\nthe names are those of the flags. Flags win over the environment, the "
                                  "environment over the file.\nDefault: none. Environment: {}",
                                  example, environment_name(prefix, "config")))
          ->type_name("FILE");
  const auto apply = [flags, config_flag, &rows, prefix, &options]() -> Result<void> {
    std::vector<std::string_view> names;
    std::ranges::transform(rows, std::back_inserter(names), &OptionRow<Options>::name);
    const Result<Sources> sources = open_sources(prefix, *config_flag, names);
    if (!sources) return std::unexpected(sources.error());
    options = Options{};
    for (std::size_t i = 0; i < Count; ++i) {
      const auto told = given(*sources, rows[i].name, rows[i].separator, *flags[i]);
      if (!told) continue;
      if (const auto done = set_all(rows[i], *told, options); !done) return done;
    }
    return {};
  };
  // After CLI11 has split the command line (and answered --help), and before anything runs.
  command.parse_complete_callback([apply, validate, &options] {
    auto done = apply();
    if (done) done = validate(options);
    if (!done) throw CLI::ValidationError(done.error().text());
  });
}

}  // namespace tickwire::config
