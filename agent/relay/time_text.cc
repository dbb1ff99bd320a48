// SPDX-License-Identifier: Apache-2.0
#include "relay/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "base/text.h"

namespace tickwire::relay {
namespace {

using std::chrono::seconds;

// `digits` digits at the front, in [least, most], and whatever must follow them.
std::optional<int> take(std::string_view& text, std::size_t digits, int least, int most, std::string_view then) {
  const std::string_view number = text.substr(0, digits);
  if (number.size() != digits || number.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const auto value = parse_number(number, static_cast<unsigned>(least), static_cast<unsigned>(most));
  if (!value || text.substr(digits, then.size()) != then) return std::nullopt;
  text.remove_prefix(digits + then.size());
  return static_cast<int>(*value);
}

// "Z", "+08:00".
std::optional<seconds> zone(std::string_view text) {
  if (text == "Z" || text == "z") return seconds(0);
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hours = take(text, 2, 0, 23, ":");
  const auto minutes = hours ? take(text, 2, 0, 59, "") : std::nullopt;
  if (!minutes || !text.empty()) return std::nullopt;
  return sign * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

}  // namespace

std::optional<seconds> parse_time(std::string_view text) {
  const auto year = take(text, 4, 1, 9999, "-");
  const auto month = year ? take(text, 2, 1, 12, "-") : std::nullopt;
  const auto day = month ? take(text, 2, 1, 31, "") : std::nullopt;
  if (!day || text.empty() || (text.front() != 'T' && text.front() != 't' && text.front() != ' ')) return std::nullopt;
  text.remove_prefix(1);
  const auto hour = take(text, 2, 0, 23, ":");
  const auto minute = hour ? take(text, 2, 0, 59, ":") : std::nullopt;
  const auto second = minute ? take(text, 2, 0, 60, "") : std::nullopt;  // 60: a leap second
  if (!second) return std::nullopt;
  if (text.starts_with('.')) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    if (end == 1) return std::nullopt;
    text.remove_prefix(end);
  }
  const auto offset = zone(text);
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!offset || !date.ok()) return std::nullopt;
  const seconds midnight = std::chrono::sys_days(date).time_since_epoch();
  return midnight + std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second) - *offset;
}

std::string format_time(seconds unix_time, seconds offset) {
  const std::chrono::sys_seconds shown(unix_time + offset);
  const auto day = std::chrono::floor<std::chrono::days>(shown);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(shown - day);
  const auto minutes = std::abs(offset.count()) / 60;
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC{}{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), offset.count() < 0 ? '-' : '+', minutes / 60,
                     minutes % 60);
}

seconds utc_offset(seconds unix_time) {
  const std::time_t time = unix_time.count();
  std::tm local{};
  if (::localtime_r(&time, &local) == nullptr) return seconds(0);
  return seconds(local.tm_gmtoff);
}

}  // namespace tickwire::relay
