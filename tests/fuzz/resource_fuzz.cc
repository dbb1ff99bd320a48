// SPDX-License-Identifier: Apache-2.0
// What an operator puts into the override directory: world.json is accepted with its values in their ranges, or refused in one line
// that can be shown; names of files are resources or unknown.
//
// An input: a byte that chooses, then a world.json, or names, one a line.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/check.h"
#include "gameserver/resources/override_directory.h"
#include "gameserver/resources/world_config.h"

namespace tickwire::fuzz {
namespace {

constexpr std::size_t kMostErrorBytes = 200;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool in(std::int64_t value, std::int64_t least, std::int64_t most) { return value >= least && value <= most; }

void world(std::string_view text) {
  const auto config = game::parse_world_config(text);
  if (!config) {
    check(config.error().starts_with("world.json: "), "a refusal names the file");
    check(is_printable(config.error()) && config.error().size() <= kMostErrorBytes, "a refusal can be shown");
    return;
  }
  check(in(config->arena_half_size_mm, 1'000, 50'000) && in(config->walking_speed_mm_s, 1, 1'000'000) &&
            in(config->area_of_interest_mm, 1'000, 150'000) && config->full_hp >= 1,
        "the world's numbers are in their ranges");
  check(in(config->chat.max_bytes, 1, 200) && in(config->chat.lines_per_player_per_s, 1, 100) &&
            in(config->chat.lines_per_tick, 1, 1'000),
        "the chat's numbers are in their ranges");
}

void names(std::string_view text) {
  std::vector<std::string> paths;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    paths.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const game::UnknownFiles unknown = game::unknown_among(paths);
  const auto known = std::ranges::count_if(paths, [](const std::string& path) {
    return path == "world.json" || path == "rules" || path == "rules/anti_cheat.lua" || path == "snapshot.dict";
  });
  check(unknown.count + static_cast<std::size_t>(known) == paths.size(), "a name is known or not");
  check(unknown.names.size() == std::min(unknown.count, game::UnknownFiles::kMostNamed),
        "as many are named as there is room for");
  check(std::ranges::all_of(unknown.names, [](const std::string& name) { return is_printable(name) && name.size() <= 255; }),
        "an unknown name can be shown");
}

void run(std::string_view input) {
  if (input.empty()) return;
  return input[0] % 2 == 0 ? world(input.substr(1)) : names(input.substr(1));
}

}  // namespace
}  // namespace tickwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const char* bytes, std::size_t length) {
  tickwire::fuzz::run({bytes, length});
  return 0;
}
