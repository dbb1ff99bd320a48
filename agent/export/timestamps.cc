// SPDX-License-Identifier: Apache-2.0
#include "export/timestamps.h"

#include <fmt/format.h>

namespace tickwire::exporting {

std::string rfc3339(std::chrono::nanoseconds unix_time) {
  const std::chrono::sys_time<std::chrono::nanoseconds> time(unix_time);
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

}  // namespace tickwire::exporting
