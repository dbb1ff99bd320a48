// SPDX-License-Identifier: Apache-2.0
#include "api/routes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/text.h"
#include "export/json.h"
#include "export/metrics.h"
#include "export/tables.h"
#include "model/query.h"

namespace tickwire::api {
namespace {

constexpr std::string_view kTextType = "text/plain; charset=utf-8";
constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kJsonLinesType = "application/x-ndjson";
constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kApi = "/api/v1/";
constexpr std::string_view kEvents = "/api/v1/events";
constexpr std::string_view kOneConnection = "/api/v1/connections/";

Response reply(std::string_view content_type, std::string body, unsigned status = 200) {
  return {.status = status, .content_type = std::string(content_type), .body = std::move(body), .allow = {}, .events = {}};
}

Response refuse(unsigned status, const std::string& message) { return reply(kJsonType, exporting::error_json(message), status); }

// What came in a request, made fit for an answer: at most 64 printable ASCII characters.
std::string shown(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, 64)) result += c >= ' ' && c <= '~' ? c : '?';
  return result;
}

enum class Format : std::uint8_t { kJson, kJsonLines, kTable, kWide };
struct FormatWord {
  std::string_view word;
  Format format;
};
constexpr std::array kListFormats{FormatWord{"json", Format::kJson}, FormatWord{"jsonl", Format::kJsonLines},
                                  FormatWord{"table", Format::kTable}, FormatWord{"wide", Format::kWide}};
constexpr std::array kPageFormats{FormatWord{"json", Format::kJson}, FormatWord{"table", Format::kTable},
                                  FormatWord{"text", Format::kTable}};

using Parameters = std::vector<std::pair<std::string, std::string>>;

// Takes "format" out of the parameters; without one it is JSON.
Result<Format> take_format(Parameters& parameters, std::span<const FormatWord> words) {
  std::optional<Format> format;
  for (const auto& [name, value] : parameters) {
    if (name != "format") continue;
    if (format) return fail_usage("parameter 'format' is given twice");
    const auto word = std::ranges::find(words, value, &FormatWord::word);
    if (word == words.end()) {
      std::vector<std::string_view> allowed;
      for (const FormatWord& each : words) allowed.push_back(each.word);
      return fail_usage(fmt::format("format '{}' is none of {}", shown(value), fmt::join(allowed, ", ")));
    }
    format = word->format;
  }
  std::erase_if(parameters, [](const auto& parameter) { return parameter.first == "format"; });
  return format.value_or(Format::kJson);
}

// Takes "window" out of the parameters; without one it is all.
Result<model::Window> take_window(Parameters& parameters) {
  std::optional<model::Window> window;
  for (const auto& [name, value] : parameters) {
    if (name != "window") continue;
    if (window) return fail_usage("parameter 'window' is given twice");
    const auto parsed = model::parse_window(shown(value));
    if (!parsed) return within("window", parsed.error());
    window = *parsed;
  }
  std::erase_if(parameters, [](const auto& parameter) { return parameter.first == "window"; });
  return window.value_or(model::Window::kAll);
}

// For paths that know no parameters, or no more than were taken out.
std::optional<Response> refuse_unknown(const Parameters& parameters) {
  if (parameters.empty()) return std::nullopt;
  return refuse(400, fmt::format("unknown parameter '{}'", shown(parameters.front().first)));
}

Response connections(Parameters parameters, const model::Snapshot& snapshot) {
  const auto format = take_format(parameters, kListFormats);
  if (!format) return refuse(400, format.error().text());
  const auto query = model::ConnectionQuery::parse(parameters);
  if (!query) return refuse(400, query.error().text());
  if (const auto checked = model::check_objective(snapshot, *query); !checked) {
    return refuse(400, fmt::format("over_slo: {}", checked.error().text()));
  }
  const auto rows = model::select(snapshot, *query);
  switch (*format) {
    case Format::kJson:
      return reply(kJsonType, exporting::connections_json(snapshot, rows));
    case Format::kJsonLines:
      return reply(kJsonLinesType, exporting::connections_jsonl(snapshot, rows));
    case Format::kTable:
    case Format::kWide:
      return reply(kTextType, exporting::connections_table(snapshot, rows, *format == Format::kWide, query->window));
  }
  return refuse(500, "unknown format");
}

// A document or a text.
template <typename Document, typename Text>
Response page(Parameters parameters, Document document, Text text) {
  const auto format = take_format(parameters, kPageFormats);
  if (!format) return refuse(400, format.error().text());
  if (auto refused = refuse_unknown(parameters)) return *refused;
  return *format == Format::kJson ? reply(kJsonType, document()) : reply(kTextType, text());
}

// services, or one connection: the same, and what the text shows is of a window.
template <typename Document, typename Text>
Response windowed_page(Parameters parameters, Document document, Text text) {
  const auto window = take_window(parameters);
  if (!window) return refuse(400, window.error().text());
  return page(std::move(parameters), document, [&] { return text(*window); });
}

Response one_connection(const Request& request, const model::Snapshot& snapshot) {
  const auto found = model::find_connection(snapshot, request.path.substr(kOneConnection.size()));
  if (!found) return refuse(404, found.error().text());
  return windowed_page(
      request.parameters, [&] { return exporting::connection_json(snapshot, **found); },
      [&](model::Window window) { return exporting::connection_text(snapshot, **found, window); });
}

// Begins a stream, from an event that there is or will be next.
Response events(const Parameters& parameters, const model::Snapshot& snapshot) {
  auto query = EventQuery::parse(parameters);
  if (!query) return refuse(400, query.error().text());
  if (query->since > snapshot.events.newest()) {
    return refuse(400, fmt::format("since {}: the newest event is {}; the agent may have been started anew", *query->since,
                                   snapshot.events.newest()));
  }
  Response response = reply(query->text ? kTextType : kJsonLinesType, {});
  response.events = *std::move(query);
  return response;
}

Response api(const Request& request, const model::Snapshot& snapshot) {
  if (request.path == kEvents) return events(request.parameters, snapshot);
  if (request.path == "/api/v1/connections") return connections(request.parameters, snapshot);
  if (request.path.starts_with(kOneConnection)) return one_connection(request, snapshot);
  if (request.path == "/api/v1/services") {
    return windowed_page(
        request.parameters, [&] { return exporting::services_json(snapshot); },
        [&](model::Window window) { return exporting::services_table(snapshot, window); });
  }
  return page(
      request.parameters, [&] { return exporting::status_json(snapshot); }, [&] { return exporting::status_text(snapshot); });
}

bool known_api(std::string_view path) {
  return path == kEvents || path == "/api/v1/connections" || path.starts_with(kOneConnection) || path == "/api/v1/services" ||
         path == "/api/v1/status";
}

}  // namespace

Routes::Routes(RouteOptions options, Latest latest, Now now)
    : options_(std::move(options)), latest_(std::move(latest)), now_(std::move(now)) {}

Response Routes::health(const model::Snapshot* snapshot) const {
  if (snapshot == nullptr) return reply(kTextType, "no tick yet: the agent is starting\n", 503);
  const auto age = std::max(now_() - snapshot->monotonic, std::chrono::nanoseconds(0));
  const auto limit = std::max<std::chrono::nanoseconds>(5 * snapshot->interval, std::chrono::seconds(5));
  if (age > limit) {
    return reply(kTextType, fmt::format("the last tick is {} old, more than {}\n", format_duration(age), format_duration(limit)),
                 503);
  }
  return reply(kTextType, fmt::format("ok: the last tick is {} old\n", format_duration(age)));
}

Response Routes::readiness(const model::Snapshot* snapshot) const {
  Response alive = health(snapshot);
  if (alive.status != 200) return alive;
  if (snapshot->readiness.ready) return reply(kTextType, "ready\n");
  const auto& problems = snapshot->readiness.problems;
  return reply(kTextType, problems.empty() ? "not ready\n" : fmt::format("{}\n", fmt::join(problems, "\n")), 503);
}

Response Routes::metrics(const Request& request, const model::Snapshot& snapshot) const {
  if (auto refused = refuse_unknown(request.parameters)) return *refused;
  if (request.path != "/metrics") {
    return reply(kMetricsType, exporting::metrics_text(exporting::connection_families(snapshot, options_.connection_series)));
  }
  auto families = exporting::service_families(snapshot);
  families.push_back(exporting::http_family(options_.refusals ? options_.refusals() : exporting::HttpRefusals{}));
  return reply(kMetricsType, exporting::metrics_text(families));
}

Response Routes::answer(const Request& request) const try {
  const bool is_metrics = request.path == "/metrics" || request.path == "/metrics/connections";
  const bool is_health = request.path == "/healthz" || request.path == "/readyz";
  if (!is_metrics && !is_health && !known_api(request.path)) {
    return refuse(404, fmt::format("no such path: '{}'", shown(request.path)));
  }
  if (request.method != "GET" && request.method != "HEAD") {
    Response refused = refuse(405, "only GET and HEAD are answered");
    refused.allow = "GET, HEAD";
    return refused;
  }
  // Whatever tells a player's address, and the rest of the API with it.
  const bool guarded = request.path.starts_with(kApi) || request.path == "/metrics/connections";
  if (guarded && request.listener == Listener::kTcp && !options_.expose_connections) {
    return refuse(403, "not served over TCP: ask the agent's Unix socket, or start the agent with --expose-connections");
  }
  const auto snapshot = latest_();
  if (is_health) {
    if (auto refused = refuse_unknown(request.parameters)) return *refused;
    return request.path == "/healthz" ? health(snapshot.get()) : readiness(snapshot.get());
  }
  if (snapshot == nullptr) return refuse(503, "no tick yet: the agent is starting");
  return is_metrics ? metrics(request, *snapshot) : api(request, *snapshot);
} catch (const std::exception& error) {
  // Out of memory, or a fault of ours: this answer fails, the agent goes on.
  return {.status = 500,
          .content_type = std::string(kTextType),
          .body = fmt::format("internal error: {}\n", error.what()),
          .allow = {},
          .events = {}};
}

}  // namespace tickwire::api
