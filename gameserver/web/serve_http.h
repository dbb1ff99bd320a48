// What it owns: the begin of an HTTP connection, without what HTTP needs to compile.
// Who may use it: web/ only.
// Thread: the web gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gameserver/web/core.h"

namespace tickwire::game {

// Serves requests one after the other, until the client ends, does something wrong or becomes a WebSocket.
void serve_http(WebCore& core, WebSocketStreamSocket socket, AddressSlot slot);

}  // namespace tickwire::game
