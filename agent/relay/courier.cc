// SPDX-License-Identifier: Apache-2.0
#include "relay/courier.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "config/words.h"
#include "relay/address.h"

namespace tickwire::relay {
namespace {

// An answer may repeat what it was asked: none of it comes into a log.
constexpr std::string_view kHidden = "***";

void hide(std::string& text, std::string_view secret) {
  if (secret.empty()) return;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kHidden.size())) {
    text.replace(at, secret.size(), kHidden);
  }
}

}  // namespace

std::string payload(RobotKind kind, const Message& message) {
  nlohmann::json body{{"msgtype", "markdown"}};
  if (kind == RobotKind::kWeCom) {
    body["markdown"] = {{"content", message.text}};
  } else {
    body["markdown"] = {{"title", message.title}, {"text", message.text}};
    body["at"] = {{"atMobiles", message.called}, {"isAtAll", false}};
  }
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Courier::Courier(const Robot& robot, Post post, UnixClock clock)
    : kind_(robot.kind),
      name_(robot.name),
      address_file_(robot.url_file),
      address_path_(robot.url_file),
      post_(std::move(post)),
      clock_(std::move(clock)) {
  if (!robot.secret_file.empty()) secret_file_.emplace(robot.secret_file);
}

Result<Courier::Access> Courier::access() {
  Access access;
  auto address = address_file_.read();
  if (!address) return std::unexpected(address.error());
  if (auto checked = check_address(kind_, *address); !checked) {
    return within(fmt::format("file '{}'", config::printable(address_path_)), checked.error());
  }
  access.address = *std::move(address);
  if (secret_file_) {
    auto secret = secret_file_->read();
    if (!secret) return std::unexpected(secret.error());
    access.secret = *std::move(secret);
  }
  return access;
}

Result<void> Courier::check() {
  if (const auto read = access(); !read) return within(fmt::format("robot '{}'", name_), read.error());
  return {};
}

Outcome Courier::send(const Message& message) {
  const auto read = access();
  if (!read) return {.result = Outcome::Result::kRetryable, .reason = read.error().text(), .blocked = {}};
  const auto now = std::chrono::floor<std::chrono::milliseconds>(clock_());
  const std::string to = read->secret.empty() ? read->address : signed_address(read->address, now, read->secret);
  Outcome outcome = judge(kind_, post_(to, payload(kind_, message)));
  hide(outcome.reason, read->address);
  hide(outcome.reason, token_of(kind_, read->address));
  hide(outcome.reason, read->secret);
  return outcome;
}

}  // namespace tickwire::relay
