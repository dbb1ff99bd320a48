// What it owns: keeping an HTTP route for this machine alone.
// Who may use it: the server's wiring.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gameserver/common/endpoint.h"
#include "gameserver/web/http.h"

namespace tickwire::game {

// Of 127.0.0.0/8, also when it is mapped into IPv6, or ::1.
[[nodiscard]] bool is_loopback(const Endpoint& endpoint);
// The route, which answers 403 to everybody else.
[[nodiscard]] HttpRoute loopback_only(HttpRoute route);

}  // namespace tickwire::game
