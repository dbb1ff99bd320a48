// SPDX-License-Identifier: Apache-2.0
#include "gameserver/web/handshake.h"

#include <algorithm>

#include "gameserver/web/ascii.h"

namespace tickwire::game {
namespace {

constexpr bool is_base64(char character) {
  return (character >= '0' && character <= '9') || (ascii_lower(character) >= 'a' && ascii_lower(character) <= 'z') ||
         character == '+' || character == '/';
}

}  // namespace

bool origin_allowed(std::string_view origin, std::string_view host, std::span<const std::string> others) {
  if (origin.empty()) return true;
  if (std::ranges::any_of(others, [&](const auto& other) { return same_but_case(origin, other); })) return true;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (same_but_case(origin.substr(0, scheme.size()), scheme) && same_but_case(origin.substr(scheme.size()), host)) return true;
  }
  return false;
}

bool is_websocket_key(std::string_view key) {
  constexpr std::size_t kCharacters = 22;  // of 16 bytes, without the padding
  return key.size() == kCharacters + 2 && key.ends_with("==") && std::ranges::all_of(key.substr(0, kCharacters), is_base64);
}

std::optional<HandshakeError> check_handshake(const Handshake& handshake, std::span<const std::string> origins) {
  if (handshake.version != "13") return HandshakeError::kOtherVersion;
  if (!handshake.key || !is_websocket_key(*handshake.key)) return HandshakeError::kMalformed;
  if (!handshake.origin || !handshake.alone) return HandshakeError::kMalformed;
  if (!origin_allowed(*handshake.origin, handshake.host, origins)) return HandshakeError::kOrigin;
  return std::nullopt;
}

HttpResponse handshake_refusal(HandshakeError error) {
  if (error == HandshakeError::kOrigin) return http_error(403, "origin", "pages of this origin may not play here");
  if (error == HandshakeError::kMalformed) return http_error(400, "handshake", "this is no handshake of RFC 6455");
  auto response = http_error(426, "version", "this is WebSocket version 13");
  response.headers = {{"Sec-WebSocket-Version", "13"}, {"Upgrade", "websocket"}};
  return response;
}

}  // namespace tickwire::game
