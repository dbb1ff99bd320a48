// What it owns: Match's HTTP face: POST /match and POST /match/cancel.
// Who may use it: the server's wiring gives the routes to the web gateway.
// Thread: as HttpHandler says.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gameserver/match/match.h"
#include "gameserver/web/http.h"

namespace tickwire::game {

// Both want "Authorization: Bearer TOKEN" with a session token, else 401 token_malformed, token_forged, token_audience or
// token_expired.
// POST /match {"mode":"state" or "lockstep"}, answered when there is a match: 200 {"ticket","match","mode","players"}, the last
// one a number; 400 bad_request, 408 nobody, 409 already_waiting or cancelled, 503 busy with Retry-After. Whose connection ends
// before that waits no more.
// POST /match/cancel, without a body: 200 {"cancelled"}, false when the player does not wait. match outlives the routes.
[[nodiscard]] std::vector<HttpRoute> match_routes(Match& borrowed_match);

}  // namespace tickwire::game
