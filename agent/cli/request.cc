// SPDX-License-Identifier: Apache-2.0
#include "cli/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text.h"
#include "model/query.h"

namespace tickwire::cli {
namespace {

// "error" of an error document; the first line, cut, where it is no such document.
std::string reason(const api::Reply& reply) {
  const auto document = nlohmann::json::parse(reply.body, nullptr, false);
  if (document.is_object()) {
    if (const auto error = document.find("error"); error != document.end() && error->is_string())
      return error->get<std::string>();
  }
  std::string_view text = std::string_view(reply.body).substr(0, 200);
  text = trim(text.substr(0, text.find('\n')));
  return text.empty() ? fmt::format("the agent answered with status {}", reply.status) : std::string(text);
}

Result<Request> windowed_request(std::string path, const std::string& output, const std::string& window) {
  if (const auto parsed = model::parse_window(window); !parsed) return within("--window", parsed.error());
  return Request{.path = std::move(path), .parameters = {{"window", window}, {"format", output}}};
}

}  // namespace

Result<Request> connections_request(const ConnectionFlags& flags) {
  Parameters filters;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) filters.emplace_back(name, value);
  };
  add("service", flags.service);
  add("port", flags.port);
  add("remote", flags.remote);
  add("proto", flags.proto);
  add("state", flags.state);
  add("min_rtt", flags.min_rtt);
  add("min_turnaround", flags.min_turnaround);
  add("min_wait", flags.min_wait);
  add("over_slo", flags.over_slo);
  add("sort", flags.sort);
  add("limit", flags.limit);
  filters.emplace_back("window", flags.window);
  // One by one, so that the error can name the flag instead of the parameter.
  for (const auto& [name, value] : filters) {
    const auto parsed = model::ConnectionQuery::parse({{name, value}});
    if (parsed) continue;
    Error error = parsed.error();
    if (error.message.starts_with(name + ": ")) error.message.erase(0, name.size() + 2);
    std::string flag = "--" + name;
    std::ranges::replace(flag, '_', '-');
    return within(flag, std::move(error));
  }
  Request request{.path = "/api/v1/connections", .parameters = std::move(filters)};
  request.parameters.emplace_back("format", flags.output);
  return request;
}

Result<std::chrono::nanoseconds> watch_interval(const WatchFlags& flags) {
  const auto interval = parse_duration(flags.interval);
  if (!interval) return within("--interval", interval.error());
  if (*interval < std::chrono::milliseconds(100) || *interval > std::chrono::hours(1)) {
    return fail_usage(fmt::format("--interval: '{}' is not between 100ms and 1h", flags.interval));
  }
  return *interval;
}

Result<Request> inspect_request(const std::string& text, const std::string& output, const std::string& window) {
  if (text.empty()) return fail_usage("CONNECTION: an id, a remote endpoint or local>remote is wanted");
  return windowed_request("/api/v1/connections/" + text, output, window);
}

Result<Request> services_request(const std::string& output, const std::string& window) {
  return windowed_request("/api/v1/services", output, window);
}

Result<std::string> body_of(api::Reply reply) {
  if (reply.status >= 200 && reply.status < 300) return std::move(reply.body);
  return reply.status == 400 ? fail_usage(reason(reply)) : fail(reason(reply));
}

}  // namespace tickwire::cli
