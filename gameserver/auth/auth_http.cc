// SPDX-License-Identifier: Apache-2.0
#include "gameserver/auth/auth_http.h"

#include <nlohmann/json.hpp>

#include "gameserver/web/json_body.h"

namespace tickwire::game {
namespace {

HttpResponse json_answer(unsigned status, const nlohmann::ordered_json& body) { return {.status = status, .body = body.dump()}; }

HttpResponse later(unsigned status, std::string_view reason, std::string_view message, std::chrono::seconds retry_after) {
  HttpResponse response = http_error(status, reason, message);
  response.headers.emplace_back("Retry-After", fmt::format("{}", retry_after.count()));
  return response;
}

HttpResponse refusal(const AuthError& error) {
  switch (error.reason) {
    case AuthRefusal::kDenied:
      return http_error(401, "denied", "name or password is wrong");
    case AuthRefusal::kNameTaken:
      return http_error(409, "name_taken", "an account has this name already");
    case AuthRefusal::kThrottled:
      return later(429, "throttled", "too many failed logins, wait", error.retry_after);
    case AuthRefusal::kOverShare:
      return later(429, "over_share", "too many requests of this address wait already", error.retry_after);
    case AuthRefusal::kBusy:
      return later(503, "busy", "no room now, try again", error.retry_after);
    case AuthRefusal::kFailed:
      break;
  }
  return later(503, "unavailable", "accounts cannot be read or written now", std::chrono::seconds(5));
}

struct Credentials {
  std::string name;
  Password password;
  std::string region;
};

Result<Credentials> parse_credentials(std::string_view body, std::initializer_list<MemberRule> rules) {
  auto members = parse_text_members(body, rules);
  if (!members) return std::unexpected(std::move(members.error()));
  Credentials credentials{std::move((*members)["name"]), Password(std::move((*members)["password"])),
                          std::move((*members)["region"])};
  const auto checked =
      in_order([&] { return check_name(credentials.name); }, [&] { return check_password_length(credentials.password); },
               [&] { return check_region(credentials.region); });
  if (!checked) return std::unexpected(checked.error());
  return credentials;
}

void handle_register(Auth& auth, const HttpRequest& request, HttpReply reply) {
  auto credentials = parse_credentials(request.body, {{"name"}, {"password"}});
  if (!credentials) return reply(http_error(400, "bad_request", credentials.error()));
  auth.register_account({std::move(credentials->name), std::move(credentials->password), request.remote},
                        [reply = std::move(reply)](const std::expected<std::uint64_t, AuthError>& account) mutable {
                          reply(account ? json_answer(201, {{"account", *account}}) : refusal(account.error()));
                        });
}

void handle_login(Auth& auth, const HttpRequest& request, HttpReply reply) {
  auto credentials = parse_credentials(request.body, {{"name"}, {"password"}, {"region", false}});
  if (!credentials) return reply(http_error(400, "bad_request", credentials.error()));
  auth.login({std::move(credentials->name), std::move(credentials->password), std::move(credentials->region), request.remote},
             [reply = std::move(reply)](const std::expected<LoginGrant, AuthError>& granted) mutable {
               if (!granted) return reply(refusal(granted.error()));
               reply(json_answer(200, {{"token", token_text(granted->session)},
                                       {"expires_in_s", granted->expires_in.count()},
                                       {"account", granted->account},
                                       {"rating", granted->rating}}));
             });
}

}  // namespace

std::vector<HttpRoute> auth_routes(Auth& borrowed_auth) {
  const auto route = [&](const char* path, auto handle) {
    return HttpRoute{.method = HttpMethod::kPost,
                     .path = path,
                     .handler = [&borrowed_auth, handle](const HttpRequest& request, HttpReply reply) {
                       handle(borrowed_auth, request, std::move(reply));
                     }};
  };
  return {route("/register", handle_register), route("/login", handle_login)};
}

}  // namespace tickwire::game
