// SPDX-License-Identifier: Apache-2.0
#include "gameserver/resources/world_config.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "gameserver/common/printable.h"

namespace tickwire::game {
namespace {

using Json = nlohmann::json;

struct Field {
  std::string_view path;
  std::int32_t least;
  std::int32_t most;
  void (*set)(WorldConfig&, std::int32_t);
};

constexpr std::array kFields{
    Field{"arena_half_size_mm", 1'000, 50'000, [](WorldConfig& c, std::int32_t v) { c.arena_half_size_mm = v; }},
    Field{"walking_speed_mm_s", 1, 1'000'000, [](WorldConfig& c, std::int32_t v) { c.walking_speed_mm_s = v; }},
    Field{"area_of_interest_mm", 1'000, 150'000, [](WorldConfig& c, std::int32_t v) { c.area_of_interest_mm = v; }},
    Field{"full_hp", 1, 65'535, [](WorldConfig& c, std::int32_t v) { c.full_hp = static_cast<std::uint16_t>(v); }},
    Field{"chat.max_bytes", 1, 200, [](WorldConfig& c, std::int32_t v) { c.chat.max_bytes = static_cast<std::uint16_t>(v); }},
    Field{"chat.lines_per_player_per_s", 1, 100,
          [](WorldConfig& c, std::int32_t v) { c.chat.lines_per_player_per_s = static_cast<std::uint16_t>(v); }},
    Field{"chat.lines_per_tick", 1, 1'000,
          [](WorldConfig& c, std::int32_t v) { c.chat.lines_per_tick = static_cast<std::uint16_t>(v); }},
};
constexpr std::string_view kSection = "chat";
constexpr std::size_t kMostKeyBytes = 64;

// Takes the text token by token and stops at the first that is wrong: no tree is built, so nesting costs nothing.
class Reader : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return wrong_type("null"); }
  bool boolean(bool) override { return wrong_type("a boolean"); }
  bool number_integer(number_integer_t value) override { return take(value); }
  bool number_unsigned(number_unsigned_t value) override {
    return take(static_cast<std::int64_t>(std::min<number_unsigned_t>(value, INT64_MAX)));
  }
  bool number_float(number_float_t, const string_t&) override { return wrong_type("no integer"); }
  bool string(string_t&) override { return wrong_type("a string"); }
  bool binary(binary_t&) override { return wrong_type("binary"); }
  bool start_array(std::size_t) override { return wrong_type("an array"); }
  bool end_array() override { return true; }

  bool start_object(std::size_t) override {
    if (depth_ == 0 || at_section()) {
      ++depth_;
      return true;
    }
    return wrong_type("an object");
  }
  bool end_object() override {
    --depth_;
    return true;
  }

  bool key(string_t& name) override {
    path_ = depth_ == 2 ? fmt::format("{}.{}", kSection, printable(name, kMostKeyBytes)) : printable(name, kMostKeyBytes);
    if (depth_ == 1 && name == kSection) {
      if (std::exchange(section_seen_, true)) return refuse("given twice");
      return true;
    }
    const auto found = std::ranges::find(kFields, path_, &Field::path);
    // A dot in a key must not reach into the section.
    if (found == kFields.end() || (depth_ == 1 && name.find('.') != name.npos)) return refuse("unknown key");
    field_ = static_cast<std::size_t>(found - kFields.begin());
    if (seen_[field_]) return refuse("given twice");
    seen_[field_] = true;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) override {
    const bool too_large = error.id == 406;  // out_of_range: a number that no double holds
    if (too_large) return wrong_type("no integer");
    error_ = fmt::format("world.json: no JSON from byte {} on", position);
    return false;
  }

  [[nodiscard]] Result<WorldConfig> result() && {
    if (!error_.empty()) return std::unexpected(std::move(error_));
    return config_;
  }

 private:
  bool refuse(std::string_view reason) {
    error_ = depth_ == 0 ? std::string("world.json: must be an object") : fmt::format("world.json: {}: {}", path_, reason);
    return false;
  }

  [[nodiscard]] bool at_section() const { return depth_ == 1 && path_ == kSection; }

  bool wrong_type(std::string_view found) {
    return refuse(fmt::format("must be an {}, is {}", at_section() ? "object" : "integer", found));
  }

  bool take(std::int64_t value) {
    if (depth_ == 0 || at_section()) return wrong_type("a number");
    const Field& field = kFields[field_];
    if (value < field.least || value > field.most) return refuse(fmt::format("must be {} to {}", field.least, field.most));
    field.set(config_, static_cast<std::int32_t>(value));
    return true;
  }

  WorldConfig config_;
  int depth_ = 0;
  std::string path_;  // of the newest key
  std::size_t field_ = 0;
  std::bitset<kFields.size()> seen_;
  bool section_seen_ = false;
  std::string error_;
};

}  // namespace

Result<WorldConfig> parse_world_config(std::string_view json) {
  Reader reader;
  static_cast<void>(Json::sax_parse(json, &reader));
  return std::move(reader).result();
}

}  // namespace tickwire::game
