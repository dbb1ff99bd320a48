// SPDX-License-Identifier: Apache-2.0
#include "model/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.h"

namespace tickwire::model {

std::optional<ConnectionId> ConnectionId::parse(std::string_view text) {
  static constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return std::nullopt;
  const auto slot = parse_number(text.substr(0, point), 0, kMost);
  const auto generation = parse_number(text.substr(point + 1), 0, kMost);
  if (!slot || !generation) return std::nullopt;
  return ConnectionId{.slot = static_cast<std::uint32_t>(*slot), .generation = static_cast<std::uint32_t>(*generation)};
}

std::string ConnectionId::text() const { return fmt::format("{}.{}", slot, generation); }

Connection::Nanoseconds Connection::age(Nanoseconds now) const {
  return std::max(closed.value_or(now) - established.value_or(opened), Nanoseconds{0});
}

std::optional<Connection::Nanoseconds> Connection::jitter(JitterKind kind) const {
  return kind == JitterKind::kRtt ? rtt_jitter : pace[static_cast<std::size_t>(kind)].jitter;
}

}  // namespace tickwire::model
