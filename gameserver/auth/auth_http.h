// What it owns: Auth's HTTP face: POST /register and POST /login.
// Who may use it: the server's wiring gives the routes to the web gateway.
// Thread: as HttpHandler says.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gameserver/auth/auth.h"
#include "gameserver/web/http.h"

namespace tickwire::game {

// POST /register {"name","password"}: 201 {"account"}, 400 bad_request, 409 name_taken, 429 over_share, 503 busy or unavailable.
// POST /login {"name","password","region"}, region may be left out: 200 {"token","expires_in_s","account","rating"},
// 400 bad_request, 401 denied, 429 throttled or over_share, 503 busy or unavailable. 429 and 503 say Retry-After. auth outlives the routes.
[[nodiscard]] std::vector<HttpRoute> auth_routes(Auth& borrowed_auth);

}  // namespace tickwire::game
