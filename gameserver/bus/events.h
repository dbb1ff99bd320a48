// What it owns: what the modules Auth, Match and World tell each other, as values and as bytes.
// Who may use it: every module; the link between processes for the bytes.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gameserver/common/clock.h"
#include "gameserver/common/identity.h"
#include "gameserver/common/result.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

inline constexpr std::size_t kMaxRegionBytes = 32;
inline constexpr std::size_t kMaxMatchAccounts = 64;
inline constexpr std::size_t kMaxEventBytes = 1024;

// Somebody logged in. Like every event it carries no credential.
struct PlayerAuthenticated {
  std::uint64_t account = 0;
  PlayerName name{};
  std::int32_t rating = 0;
  std::string region;  // at most kMaxRegionBytes of printable ASCII; empty: not said
  Nanoseconds at_unix{};
  friend bool operator==(const PlayerAuthenticated&, const PlayerAuthenticated&) = default;
};

// These accounts may join this match.
struct MatchStarted {
  std::uint32_t match = 0;
  GameMode mode = GameMode::kState;
  std::vector<std::uint64_t> accounts;  // at most kMaxMatchAccounts
  Nanoseconds at_unix{};
  friend bool operator==(const MatchStarted&, const MatchStarted&) = default;
};

// A player is no longer in the world.
struct PlayerLeft {
  std::uint64_t account = 0;  // 0: a guest
  PlayerId player = 0;
  Reason reason = Reason::kDone;
  std::uint32_t match = 0;  // 0: none
  Nanoseconds played{};     // not negative
  std::int32_t score = 0;
  Nanoseconds at_unix{};
  friend bool operator==(const PlayerLeft&, const PlayerLeft&) = default;
};

// In the order of the kinds' numbers, which start at 1.
using EventBody = std::variant<PlayerAuthenticated, MatchStarted, PlayerLeft>;
enum class EventKind : std::uint8_t { kPlayerAuthenticated = 1, kMatchStarted = 2, kPlayerLeft = 3 };
inline constexpr std::size_t kEventKindCount = std::variant_size_v<EventBody>;
// "player_authenticated" and so on.
[[nodiscard]] std::string_view event_kind_name(EventKind kind);

// A body within its bounds, with a number by which one that comes twice is known (SeenEvents).
//
// Bytes, big-endian, times in ns: version, 1 (1); kind (1); id (8); then
//   PlayerAuthenticated  account (8) name (16) rating (4) at (8) n (1) region (n)
//   MatchStarted         match (4) mode (1) at (8) n (1) accounts (8 n)
//   PlayerLeft           account (8) player (4) reason (1) match (4) played (8) score (4) at (8)
class Event {
 public:
  // Draws a random id. The error names what is out of bounds.
  [[nodiscard]] static Result<Event> make(EventBody body);
  // Exactly one event; the error says what is wrong with the bytes.
  [[nodiscard]] static Result<Event> decode(std::span<const std::byte> bytes);
  // At most kMaxEventBytes.
  [[nodiscard]] std::vector<std::byte> encode() const;

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] const EventBody& body() const { return body_; }
  [[nodiscard]] EventKind kind() const { return static_cast<EventKind>(body_.index() + 1); }

  friend bool operator==(const Event&, const Event&) = default;

 private:
  Event() = default;

  std::uint64_t id_ = 0;
  EventBody body_;
};

}  // namespace tickwire::game
