// SPDX-License-Identifier: Apache-2.0
#include "relay/routes.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "config/words.h"

namespace tickwire::relay {
namespace {

constexpr std::string_view kAlerts = "/alerts";
// For a robot's answer and those before it; what takes longer is told all the same, and the repeated request finds it told.
constexpr std::chrono::seconds kPatience{30};

Response json_response(unsigned status, const nlohmann::json& body) {
  return {.status = status,
          .content_type = "application/json",
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
          .allow = {}};
}

Response error_response(unsigned status, std::string_view error) { return json_response(status, {{"error", error}}); }

Response not_allowed(std::string_view allowed) {
  Response response = error_response(405, fmt::format("only {} is answered here", allowed));
  response.allow = allowed;
  return response;
}

// What became of a notification, robot by robot.
Response fates_response(const std::map<std::string, Delivery>& deliveries) {
  nlohmann::json fates = nlohmann::json::object();
  nlohmann::json errors = nlohmann::json::object();
  bool again = false;
  for (const auto& [robot, delivery] : deliveries) {
    fates[robot] = name(delivery.fate);
    if (!delivery.reason.empty()) errors[robot] = delivery.reason;
    again = again || delivery.fate == Fate::kFailedRetryable;
  }
  nlohmann::json body{{"robots", fates}};
  if (!errors.empty()) body["errors"] = errors;
  return json_response(errors.empty() ? 200 : again ? 502 : 422, body);
}

}  // namespace

Response text_response(unsigned status, std::string_view text) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = fmt::format("{}\n", text), .allow = {}};
}

Routes::Routes(std::vector<Target> targets, const Metrics& borrowed_metrics)
    : targets_(std::move(targets)), borrowed_metrics_(borrowed_metrics) {}

Response Routes::alerts(std::string_view name, std::string_view body) {
  if (stopping_) return error_response(503, "the relay stops");
  std::vector<const Target*> wanted;
  for (const Target& target : targets_) {
    if (name.empty() || target.name == name) wanted.push_back(&target);
  }
  if (wanted.empty()) {
    spdlog::warn("a notification for a robot that is not there was not told: '{}'", config::printable(name));
    return error_response(404, "no robot has this name");
  }

  std::shared_ptr<const Notification> notification;
  {
    const std::scoped_lock lock(parsing_);
    auto parsed = parse_notification(body);
    if (!parsed) {
      spdlog::warn("a request that is no notification: {}", parsed.error().text());
      return error_response(400, parsed.error().text());
    }
    notification = std::make_shared<const Notification>(*std::move(parsed));
  }
  // All at once, then their answers: one slow robot does not delay the others.
  std::vector<std::future<Delivery>> answers;
  for (const Target* target : wanted) answers.push_back(target->post(notification));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::map<std::string, Delivery> deliveries;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    deliveries[wanted[i]->name] = answers[i].wait_until(deadline) == std::future_status::ready
                                      ? answers[i].get()
                                      : Delivery{.fate = Fate::kFailedRetryable, .reason = "others are before it"};
  }
  return fates_response(deliveries);
}

Response Routes::page(std::string_view path) const {
  if (path == "/metrics") {
    return {
        .status = 200, .content_type = "text/plain; version=0.0.4; charset=utf-8", .body = borrowed_metrics_.text(), .allow = {}};
  }
  if (path == "/healthz") return text_response(200, "ok");
  return stopping_ ? text_response(503, "the relay stops") : text_response(200, "ready");
}

Response Routes::answer(const Request& request) {
  const std::string_view path = request.path;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (path == "/metrics" || path == "/healthz" || path == "/readyz") return reads ? page(path) : not_allowed("GET, HEAD");
  const bool to_one = path.starts_with("/alerts/") && path.size() > kAlerts.size() + 1;
  if (path != kAlerts && !to_one) return error_response(404, "POST /alerts or /alerts/NAME, GET /metrics, /healthz or /readyz");
  if (request.method != "POST") return not_allowed("POST");
  return alerts(to_one ? path.substr(kAlerts.size() + 1) : std::string_view(), request.body);
}

}  // namespace tickwire::relay
