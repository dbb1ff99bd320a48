// What it owns: the kinds of visits that a churn is made of: players who come and go, those who vanish, and those who are hostile.
// Who may use it: the churn, tests.
// Thread: a visit blocks the calling one for at most 20 s; several may be made at once, each with a random generator of its own.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string_view>

#include "gameserver/common/endpoint.h"
#include "gameserver/common/result.h"
#include "gameserver/snapshot/dictionary.h"

namespace tickwire::game {

struct ChurnTarget {
  Endpoint udp;
  Endpoint tcp;
  Endpoint http;
  std::optional<Endpoint> source;                        // the local address; none: as the route says
  std::shared_ptr<const SnapshotDictionary> dictionary;  // null: none
};

enum class VisitEnd : std::uint8_t {
  kAsExpected,
  kRefused,  // the server has no room, or no more for this address now: that is its right
};
// The error says what the server did that PROTOCOL.md does not say.
using VisitResult = Result<VisitEnd>;

struct VisitKind {
  std::string_view name;
  unsigned weight;  // how often it is made
  VisitResult (*make)(const ChurnTarget& target, std::mt19937_64& random);
};

[[nodiscard]] std::span<const VisitKind> player_visits();
[[nodiscard]] std::span<const VisitKind> udp_hostile_visits();
[[nodiscard]] std::span<const VisitKind> tcp_hostile_visits();
[[nodiscard]] std::span<const VisitKind> web_hostile_visits();

}  // namespace tickwire::game
