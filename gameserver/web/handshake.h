// What it owns: who may open a WebSocket.
// Who may use it: web/.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gameserver/web/http.h"

namespace tickwire::game {

// Whether a page of this origin may open a WebSocket of this host. A client that names no origin is no browser: nobody's cookie or page
// speaks for it. origin, host: the headers' values; empty: none. others: as WebOptions has them. Both are compared without regard to
// case, as schemes and hosts are (RFC 6454 4).
[[nodiscard]] bool origin_allowed(std::string_view origin, std::string_view host, std::span<const std::string> others);

// Whether a Sec-WebSocket-Key is 16 bytes in base64 (RFC 6455 4.2.1).
[[nodiscard]] bool is_websocket_key(std::string_view key);

// What counts of a request for a WebSocket. A header that came more than once is ambiguous: nullopt.
struct Handshake {
  std::optional<std::string_view> version;
  std::optional<std::string_view> key;
  std::optional<std::string_view> origin;  // empty: none
  std::string_view host;
  bool alone = false;  // nothing came behind the header: no frame may be sent before the answer, and a GET has no body here
};
enum class HandshakeError { kOtherVersion, kMalformed, kOrigin };
[[nodiscard]] std::optional<HandshakeError> check_handshake(const Handshake& handshake, std::span<const std::string> origins);
// 426, 400 or 403 with what the client is to know (RFC 6455 4.2.2, 4.4).
[[nodiscard]] HttpResponse handshake_refusal(HandshakeError error);

}  // namespace tickwire::game
