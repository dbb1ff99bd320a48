// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/login_flow.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "gameserver/token/random.h"
#include "gameserver/token/token.h"

namespace tickwire::game {
namespace {

using Json = nlohmann::ordered_json;

constexpr Nanoseconds kDefaultRetry = std::chrono::seconds(1);

std::string_view step_name(LoginStep step) {
  switch (step) {
    case LoginStep::kRegister:
      return "register";
    case LoginStep::kLogin:
      return "login";
    default:
      return "match";
  }
}

// A member that is a text; empty when there is none.
std::string text_member(const std::string& body, const char* name) {
  const auto document = Json::parse(body, nullptr, false);
  if (!document.is_object() || !document.contains(name) || !document[name].is_string()) return {};
  return document[name].get<std::string>();
}

}  // namespace

LoginFlow::LoginFlow(std::string name, std::string password, std::string region, GameMode mode)
    : name_(std::move(name)), password_(std::move(password)), region_(std::move(region)), mode_(mode) {}

LoginCall LoginFlow::call() const {
  if (step_ == LoginStep::kMatch) {
    return {.path = "/match", .body = Json{{"mode", game_mode_name(mode_)}}.dump(), .authorization = "Bearer " + token_};
  }
  Json body{{"name", name_}, {"password", password_}};
  if (step_ == LoginStep::kRegister) return {.path = "/register", .body = body.dump(), .authorization = {}};
  if (!region_.empty()) body["region"] = region_;
  return {.path = "/login", .body = body.dump(), .authorization = {}};
}

std::optional<Nanoseconds> LoginFlow::take(const LoginAnswer& answer) {
  constexpr Nanoseconds kAtOnce{};
  if (answer.status == 0) return fail(answer.body);
  if (answer.status == 503 || answer.status == 429) {
    if (++retries_ > kMostRetries) return fail("the server stays busy");
    return answer.retry_after.value_or(kDefaultRetry);
  }
  const long success = step_ == LoginStep::kRegister ? 201 : 200;
  if (answer.status != success) return fail(fmt::format("HTTP {} {}", answer.status, text_member(answer.body, "error")));
  if (step_ == LoginStep::kLogin) return take_token(answer.body);
  if (step_ == LoginStep::kMatch) return take_ticket(answer.body);
  step_ = LoginStep::kLogin;
  return kAtOnce;
}

std::optional<Nanoseconds> LoginFlow::take_token(const std::string& body) {
  token_ = text_member(body, "token");
  // It goes into a header: nothing but what a token is made of may get there.
  if (!parse_token_text(token_)) return fail("the answer has no token");
  step_ = LoginStep::kMatch;
  return Nanoseconds{};
}

std::optional<Nanoseconds> LoginFlow::take_ticket(const std::string& body) {
  const auto ticket = parse_token_text(text_member(body, "ticket"));
  if (!ticket) return fail("the answer has no ticket");
  ticket_.assign(ticket->begin(), ticket->end());
  step_ = LoginStep::kDone;
  return std::nullopt;
}

std::optional<Nanoseconds> LoginFlow::fail(std::string why) {
  failure_ = fmt::format("{}: {}", step_name(step_), why);
  step_ = LoginStep::kFailed;
  return std::nullopt;
}

std::string random_bot_name() { return fmt::format("bot-{:011x}", random_u64() >> 20); }
std::string random_password() { return fmt::format("{:016x}{:016x}", random_u64(), random_u64()); }

}  // namespace tickwire::game
