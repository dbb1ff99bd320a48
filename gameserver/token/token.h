// What it owns: short signed statements about a player: the session token that Auth gives and Match takes, and the ticket that
// Match gives and World takes.
// Who may use it: auth/, match/, gateways, bots.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gameserver/common/clock.h"
#include "gameserver/common/identity.h"
#include "gameserver/token/key.h"

namespace tickwire::game {

// Who is to accept a token; nobody else does.
enum class Audience : std::uint8_t { kMatch = 1, kWorld = 2 };

struct Token {
  Audience audience = Audience::kMatch;
  std::uint32_t expires_unix_s = 0;  // valid before this second
  std::uint64_t account = 0;
  std::uint32_t match = 0;           // 0 in a session token
  GameMode mode = GameMode::kState;  // means nothing in a session token
  std::int32_t rating = 0;
  PlayerName name{};
  std::uint64_t id = 0;  // random, one of each token
  friend bool operator==(const Token&, const Token&) = default;
};

// Big-endian: 0 version (1), 1 audience, 2-5 expires, 6-13 account, 14-17 match, 18 mode, 19-22 rating, 23-38 name, 39-46 id,
// 47-62 HMAC-SHA-256 of bytes 0-46, its left half.
inline constexpr std::size_t kTokenBytes = 63;
using SignedToken = std::array<std::byte, kTokenBytes>;

[[nodiscard]] SignedToken sign(const TokenKey& key, const Token& token);

enum class TokenFault : std::uint8_t {
  kMalformed,  // not of kTokenBytes, of another version, or with a value that no token has
  kForged,     // not signed with this key
  kAudience,   // meant for somebody else
  kExpired,
};
inline constexpr std::size_t kTokenFaultCount = 4;
// "malformed" and so on.
[[nodiscard]] std::string_view token_fault_name(TokenFault fault);

// Nothing of a token is believed before its signature is; now_unix is CLOCK_REALTIME.
[[nodiscard]] std::expected<Token, TokenFault> verify(const TokenKey& key, std::span<const std::byte> bytes, Audience audience,
                                                      Nanoseconds now_unix);

// As HTTP carries it: 84 characters of base64url (RFC 4648, section 5), which need no padding.
[[nodiscard]] std::string token_text(const SignedToken& token);
// Nothing when text is not what token_text() writes.
[[nodiscard]] std::optional<SignedToken> parse_token_text(std::string_view text);
// The value of "Authorization: Bearer TOKEN" (RFC 6750, section 2.1), verified.
[[nodiscard]] std::expected<Token, TokenFault> verify_bearer(const TokenKey& key, std::string_view authorization,
                                                             Audience audience, Nanoseconds now_unix);

}  // namespace tickwire::game
