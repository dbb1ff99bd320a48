// SPDX-License-Identifier: Apache-2.0
#include "gameserver/common/duration.h"

#include <array>
#include <charconv>
#include <cstdint>

namespace tickwire::game {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array<Unit, 5> kUnits = {
    {{"m", 60'000'000'000}, {"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1'000}, {"ns", 1}}};
constexpr double kMostNanoseconds = 86'400e9;

}  // namespace

Result<Nanoseconds> parse_duration(std::string_view text) {
  const auto refuse = [text] { return std::unexpected(fmt::format("'{}' is no duration such as 250us, 120ms or 5s", text)); };
  double count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count, std::chars_format::fixed);
  if (error != std::errc() || !(count >= 0)) return refuse();
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  if (name.empty() && count == 0) return Nanoseconds::zero();
  for (const auto& unit : kUnits) {
    if (name != unit.name) continue;
    const double nanoseconds = count * static_cast<double>(unit.nanoseconds);
    if (nanoseconds > kMostNanoseconds) return refuse();
    return Nanoseconds(static_cast<std::int64_t>(nanoseconds));
  }
  return refuse();
}

std::string duration_text(Nanoseconds duration) {
  if (duration == Nanoseconds::zero()) return "0s";
  for (const auto& unit : kUnits) {
    if (duration.count() % unit.nanoseconds == 0) return fmt::format("{}{}", duration.count() / unit.nanoseconds, unit.name);
  }
  return {};
}

}  // namespace tickwire::game
