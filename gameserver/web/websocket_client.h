// What it owns: one client that speaks WebSocket, as the front sees it.
// Who may use it: web/ only.
// Thread: the web gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
//
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "gameserver/protocol/message.h"
#include "gameserver/web/core.h"

namespace tickwire::game {

using WebRequest = boost::beast::http::request<boost::beast::http::string_body>;

// Takes over a socket whose client has sent this request, which is a valid handshake, and answers it. Refused by the front: gives the
// reason, and socket and slot are untouched.
[[nodiscard]] std::expected<void, Reason> open_websocket(WebCore& core, WebSocketStreamSocket& socket, AddressSlot& slot,
                                                         const WebRequest& request);

}  // namespace tickwire::game
