// SPDX-License-Identifier: Apache-2.0
#include "gameserver/token/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <strings.h>

#include <algorithm>
#include <vector>

#include "gameserver/common/bytes.h"

namespace tickwire::game {
namespace {

constexpr std::uint8_t kTokenVersion = 1;
constexpr std::size_t kMacBytes = 16;
constexpr std::size_t kSignedBytes = kTokenBytes - kMacBytes;
constexpr std::size_t kTextBytes = kTokenBytes / 3 * 4;
static_assert(kTokenBytes % 3 == 0, "base64 of it needs no padding");

bool is_base64url(char letter) {
  return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
         letter == '-' || letter == '_';
}

std::expected<Token, TokenFault> parse(std::span<const std::byte> bytes) {
  ByteReader in(bytes);
  static_cast<void>(in.read<std::uint8_t>());
  Token token;
  const auto audience = in.read<std::uint8_t>();
  token.audience = static_cast<Audience>(audience);
  token.expires_unix_s = in.read<std::uint32_t>();
  token.account = in.read<std::uint64_t>();
  token.match = in.read<std::uint32_t>();
  const auto mode = in.read<std::uint8_t>();
  token.mode = static_cast<GameMode>(mode);
  token.rating = static_cast<std::int32_t>(in.read<std::uint32_t>());
  const auto name = in.take(token.name.size());
  std::ranges::transform(name, token.name.begin(), [](std::byte byte) { return static_cast<char>(byte); });
  token.id = in.read<std::uint64_t>();
  const bool known = (token.audience == Audience::kMatch || token.audience == Audience::kWorld) && mode <= 1;
  if (!in.ok() || !known) return std::unexpected(TokenFault::kMalformed);
  return token;
}

}  // namespace

SignedToken sign(const TokenKey& key, const Token& token) {
  std::vector<std::byte> bytes;
  bytes.reserve(kTokenBytes);
  ByteWriter out(bytes);
  out.write(kTokenVersion);
  out.write(static_cast<std::uint8_t>(token.audience));
  out.write(token.expires_unix_s);
  out.write(token.account);
  out.write(token.match);
  out.write(static_cast<std::uint8_t>(token.mode));
  out.write(static_cast<std::uint32_t>(token.rating));
  out.write_bytes(std::as_bytes(std::span(token.name)));
  out.write(token.id);
  out.write_bytes(key.mac(bytes));
  SignedToken sealed{};
  std::ranges::copy(bytes, sealed.begin());
  return sealed;
}

std::string_view token_fault_name(TokenFault fault) {
  constexpr std::array<std::string_view, kTokenFaultCount> kNames = {"malformed", "forged", "audience", "expired"};
  return kNames.at(static_cast<std::size_t>(fault));
}

std::expected<Token, TokenFault> verify(const TokenKey& key, std::span<const std::byte> bytes, Audience audience,
                                        Nanoseconds now_unix) {
  if (bytes.size() != kTokenBytes || bytes[0] != std::byte{kTokenVersion}) return std::unexpected(TokenFault::kMalformed);
  const auto mac = key.mac(bytes.first(kSignedBytes));
  if (CRYPTO_memcmp(mac.data(), bytes.subspan(kSignedBytes).data(), mac.size()) != 0) {
    return std::unexpected(TokenFault::kForged);
  }
  const auto token = parse(bytes.first(kSignedBytes));
  if (!token) return token;
  if (token->audience != audience) return std::unexpected(TokenFault::kAudience);
  if (now_unix >= std::chrono::seconds(token->expires_unix_s)) return std::unexpected(TokenFault::kExpired);
  return token;
}

std::string token_text(const SignedToken& token) {
  std::array<unsigned char, kTextBytes + 1> text{};  // OpenSSL ends it with a zero byte
  EVP_EncodeBlock(text.data(), reinterpret_cast<const unsigned char*>(token.data()), static_cast<int>(token.size()));
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return {text.begin(), text.begin() + kTextBytes};
}

std::optional<SignedToken> parse_token_text(std::string_view text) {
  if (text.size() != kTextBytes || !std::ranges::all_of(text, is_base64url)) return std::nullopt;
  std::string standard(text);
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  SignedToken token{};
  const int count = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(token.data()),
                                    reinterpret_cast<const unsigned char*>(standard.data()), static_cast<int>(standard.size()));
  if (count != static_cast<int>(token.size())) return std::nullopt;
  return token;
}

std::expected<Token, TokenFault> verify_bearer(const TokenKey& key, std::string_view authorization, Audience audience,
                                               Nanoseconds now_unix) {
  constexpr std::string_view kScheme = "Bearer ";
  const bool is_bearer =
      authorization.size() > kScheme.size() && ::strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) == 0;
  if (!is_bearer) return std::unexpected(TokenFault::kMalformed);
  const auto token = parse_token_text(authorization.substr(kScheme.size()));
  if (!token) return std::unexpected(TokenFault::kMalformed);
  return verify(key, *token, audience, now_unix);
}

}  // namespace tickwire::game
