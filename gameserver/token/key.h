// What it owns: the secret that signs tokens, and HMAC-SHA-256 with it.
// Who may use it: token/; the server's wiring makes the one key that Auth, Match and World share.
// Thread: any once made.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "gameserver/common/result.h"

namespace tickwire::game {

inline constexpr std::size_t kLeastKeyBytes = 32;  // RFC 2104, section 3: not shorter than the hash's output
inline constexpr std::size_t kMostKeyBytes = 64;   // one block of SHA-256: longer keys gain nothing

// Overwritten when it goes; has no text form, so that it reaches no log.
class TokenKey {
 public:
  // Reads a file of 32 .. 64 bytes, or of as many written in hexadecimal with a line end or without. Errors: it cannot be read,
  // is no regular file, lets group or others in, or has another length; none of them quotes the content.
  [[nodiscard]] static Result<TokenKey> load(const std::string& path);
  // 32 bytes that nobody knows: tokens of this process end with it.
  [[nodiscard]] static TokenKey random();

  TokenKey(TokenKey&& other) noexcept;
  TokenKey& operator=(TokenKey&& other) noexcept;
  ~TokenKey();

  // HMAC-SHA-256, the left half of it (RFC 2104, section 5). Throws std::bad_alloc when OpenSSL has no memory.
  [[nodiscard]] std::array<std::byte, 16> mac(std::span<const std::byte> message) const;

 private:
  explicit TokenKey(std::span<const std::byte> secret);

  std::array<std::byte, kMostKeyBytes> secret_{};
  std::size_t length_ = 0;
};

}  // namespace tickwire::game
