// What it owns: how a client opens a WebSocket (RFC 6455, section 4.1), as text.
// Who may use it: bots/.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gameserver/common/result.h"

namespace tickwire::game {

// 16 random bytes in base64, for Sec-WebSocket-Key.
[[nodiscard]] std::string make_ws_key();
// What the server must answer to a key in Sec-WebSocket-Accept.
[[nodiscard]] std::string ws_accept_of(std::string_view key);
// A GET of /ws. host: of the Host header, with its port.
[[nodiscard]] std::string ws_request(std::string_view host, std::string_view key);
// head: a whole response up to its empty line. The error says what is wrong with it: its status, or which header is.
[[nodiscard]] Result<void> check_ws_response(std::string_view head, std::string_view key);

}  // namespace tickwire::game
