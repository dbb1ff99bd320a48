// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <system_error>
#include <utility>

namespace tickwire {
namespace {

struct Unit {
  std::uint64_t size;
  std::string_view name;
};

constexpr std::uint64_t kKibi = 1024;
constexpr std::array kDurationUnits{Unit{1, "ns"}, Unit{1'000, "us"}, Unit{1'000'000, "ms"}, Unit{1'000'000'000, "s"}};
constexpr std::array kCountUnits{Unit{1, ""},
                                 Unit{1'000, "k"},
                                 Unit{1'000'000, "M"},
                                 Unit{1'000'000'000, "G"},
                                 Unit{1'000'000'000'000, "T"},
                                 Unit{1'000'000'000'000'000, "P"},
                                 Unit{1'000'000'000'000'000'000, "E"}};
constexpr std::array kByteUnits{Unit{1, "B"},
                                Unit{kKibi, "KiB"},
                                Unit{kKibi * kKibi, "MiB"},
                                Unit{kKibi * kKibi * kKibi, "GiB"},
                                Unit{kKibi * kKibi * kKibi * kKibi, "TiB"},
                                Unit{kKibi * kKibi * kKibi * kKibi * kKibi, "PiB"},
                                Unit{kKibi * kKibi * kKibi * kKibi * kKibi * kKibi, "EiB"}};

// value / unit, rounded half up to a whole number of 10^-decimals. 128 bits, for a hundred times 2^64 does not fit into 64.
std::uint64_t scaled(std::uint64_t value, std::uint64_t unit, unsigned decimals) {
  static constexpr std::array<std::uint64_t, 3> kPowers{1, 10, 100};
  const auto dividend = static_cast<unsigned __int128>(value) * kPowers.at(decimals) + unit / 2;
  return static_cast<std::uint64_t>(dividend / unit);
}

// The value in the largest unit that it reaches after rounding, with three significant digits; whole in the first unit.
std::string three_digits(std::uint64_t value, std::span<const Unit> units) {
  std::size_t chosen = 0;
  while (chosen + 1 < units.size() && scaled(value, units[chosen].size, 0) >= units[chosen + 1].size / units[chosen].size)
    ++chosen;
  const Unit unit = units[chosen];
  if (chosen == 0) return fmt::format("{}{}", value, unit.name);
  if (const std::uint64_t hundredths = scaled(value, unit.size, 2); hundredths < 1000)
    return fmt::format("{}.{:02}{}", hundredths / 100, hundredths % 100, unit.name);
  if (const std::uint64_t tenths = scaled(value, unit.size, 1); tenths < 1000)
    return fmt::format("{}.{}{}", tenths / 10, tenths % 10, unit.name);
  return fmt::format("{}{}", scaled(value, unit.size, 0), unit.name);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits, and at most one point that has digits on both sides: neither signs, nor exponents, nor "inf".
std::optional<double> plain_decimal(std::string_view text) {
  const bool allowed = std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; });
  if (text.empty() || !allowed || std::ranges::count(text, '.') > 1 || !is_digit(text.front()) || !is_digit(text.back()))
    return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 6> kUnits{
      {{"ns", 1.0}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
  static constexpr double kMostNs = 24 * 3600e9;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto unit = std::ranges::find(kUnits, text.substr(digits), &std::pair<std::string_view, double>::first);
  const std::optional<double> number = plain_decimal(text.substr(0, digits));
  if (!number || unit == kUnits.end())
    return fail_usage(fmt::format("duration \"{}\" is not a number with a unit", text),
                      "write it like 250us, 1.5ms, 2s, 1m or 1h");
  const double ns = *number * unit->second;
  if (ns > kMostNs) return fail_usage(fmt::format("duration \"{}\" is longer than 24h", text));
  return std::chrono::nanoseconds(std::llround(ns));
}

Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = end == text.data() + text.size() && !text.empty();
  if (error == std::errc::invalid_argument || !whole) return fail_usage(fmt::format("\"{}\" is not a whole number", text));
  if (error != std::errc{} || value < least || value > most)
    return fail_usage(fmt::format("{} is not between {} and {}", text, least, most));
  return value;
}

std::string format_duration(std::chrono::nanoseconds duration) {
  const auto ns = duration.count();
  if (ns == 0) return "0s";
  // Negated as unsigned: the least 64-bit number has no positive twin.
  if (ns < 0) return "-" + three_digits(0 - static_cast<std::uint64_t>(ns), kDurationUnits);
  return three_digits(static_cast<std::uint64_t>(ns), kDurationUnits);
}

std::string format_age(std::chrono::nanoseconds age) {
  const auto seconds = std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(age).count(), 0);
  const auto minutes = seconds / 60;
  const auto hours = minutes / 60;
  if (minutes == 0) return fmt::format("{}s", seconds);
  if (hours == 0) return fmt::format("{}m{:02}s", minutes, seconds % 60);
  if (hours < 24) return fmt::format("{}h{:02}m", hours, minutes % 60);
  return fmt::format("{}d{:02}h", hours / 24, hours % 24);
}

std::string format_count(std::uint64_t count) { return three_digits(count, kCountUnits); }

std::string format_bytes(std::uint64_t bytes) { return three_digits(bytes, kByteUnits); }

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  if (text.empty()) return parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace tickwire
