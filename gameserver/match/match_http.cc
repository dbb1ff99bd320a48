// SPDX-License-Identifier: Apache-2.0
#include "gameserver/match/match_http.h"

#include <nlohmann/json.hpp>

#include "gameserver/web/json_body.h"

namespace tickwire::game {
namespace {

HttpResponse json_answer(const nlohmann::ordered_json& body) { return {.status = 200, .body = body.dump()}; }

HttpResponse unauthorized(TokenFault fault) {
  HttpResponse response = http_error(401, fmt::format("token_{}", token_fault_name(fault)), "log in for a new session token");
  response.headers.emplace_back("WWW-Authenticate", "Bearer error=\"invalid_token\"");  // RFC 6750, section 3
  return response;
}

HttpResponse refusal(MatchRefusal refusal) {
  const auto name = match_refusal_name(refusal);
  switch (refusal) {
    case MatchRefusal::kAlreadyWaiting:
      return http_error(409, name, "this account waits for a match already");
    case MatchRefusal::kNobody:
      return http_error(408, name, "nobody else is there");
    case MatchRefusal::kCancelled:
      return http_error(409, name, "the account asked to wait no more");
    case MatchRefusal::kBusy:
    case MatchRefusal::kGone:  // nobody is there to read it
      break;
  }
  HttpResponse response = http_error(503, name, "no room now, try again");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

void handle_match(Match& match, const Token& session, const HttpRequest& request, HttpReply reply) {
  const auto members = parse_text_members(request.body, {{"mode"}});
  if (!members) return reply(http_error(400, "bad_request", members.error()));
  const auto mode = game_mode_of(members->at("mode"));
  if (!mode) return reply(http_error(400, "bad_request", "a mode is 'state' or 'lockstep'"));
  const auto search =
      match.find(session, *mode, [reply = std::move(reply)](const std::expected<MatchGrant, MatchRefusal>& granted) mutable {
        if (!granted) return reply(refusal(granted.error()));
        reply(json_answer({{"ticket", token_text(granted->ticket)},
                           {"match", granted->match},
                           {"mode", game_mode_name(granted->mode)},
                           {"players", granted->players}}));
      });
  // Whose connection has ended is matched with nobody.
  if (search) request.when_gone([&match, search = *search] { match.leave(search); });
}

void handle_cancel(Match& match, const Token& session, const HttpRequest& /*request*/, HttpReply reply) {
  reply(json_answer({{"cancelled", match.cancel(session.account)}}));
}

}  // namespace

std::vector<HttpRoute> match_routes(Match& borrowed_match) {
  const auto route = [&](const char* path, auto handle) {
    return HttpRoute{.method = HttpMethod::kPost,
                     .path = path,
                     .handler = [&borrowed_match, handle](const HttpRequest& request, HttpReply reply) {
                       const auto session = borrowed_match.authenticate(request.authorization);
                       if (!session) return reply(unauthorized(session.error()));
                       handle(borrowed_match, *session, request, std::move(reply));
                     }};
  };
  return {route("/match", handle_match), route("/match/cancel", handle_cancel)};
}

}  // namespace tickwire::game
