// SPDX-License-Identifier: Apache-2.0
#include "api/event_stream.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>

#include "base/text.h"
#include "export/events.h"

namespace tickwire::api {
namespace {

Result<void> set_kind(EventQuery& query, const std::string& value) {
  const auto kind = model::event_kind_of(value);
  if (!kind) {
    std::vector<std::string_view> allowed;
    for (const model::EventKind each : model::kEventKinds) allowed.push_back(name(each));
    return fail_usage(fmt::format("kind is none of {}", fmt::join(allowed, ", ")));
  }
  query.kinds[static_cast<std::size_t>(*kind)] = true;
  return {};
}

Result<void> set(EventQuery& query, const std::string& name, const std::string& value) {
  if (name == "kind") return set_kind(query, value);
  if (name == "service") {
    if (!model::is_service_name(value)) return fail_usage("service is not a service's name");
    query.service = value;
    return {};
  }
  if (name == "since") {
    const auto number = parse_number(value, 0, std::numeric_limits<std::uint64_t>::max());
    if (!number) return fail_usage("since is not the number of an event");
    query.since = *number;
    return {};
  }
  if (name != "format") return fail_usage("a parameter is none of service, kind, since, format");
  if (value != "jsonl" && value != "text") return fail_usage("format is none of jsonl, text");
  query.text = value == "text";
  return {};
}

}  // namespace

Result<EventQuery> EventQuery::parse(const std::vector<std::pair<std::string, std::string>>& parameters) {
  EventQuery query;
  std::set<std::string> seen;
  for (const auto& [name, value] : parameters) {
    if (auto done = set(query, name, value); !done) return std::unexpected(done.error());
    if (!seen.insert(name).second && name != "kind") return fail_usage(fmt::format("{} is given twice", name));
  }
  if (!seen.contains("kind")) query.kinds.fill(true);
  return query;
}

bool EventQuery::wants(const model::Event& event) const {
  return kinds[static_cast<std::size_t>(event.kind())] && (!service || event.service->name == *service);
}

EventStream::EventStream(EventQuery query, const model::EventLog& log)
    : query_(std::move(query)), seen_(query_.since.value_or(log.newest())) {}

std::string EventStream::next(const model::EventLog& log, std::size_t enough) {
  std::string lines;
  if (seen_ + 1 < log.oldest()) {
    const std::uint64_t lost = log.oldest() - seen_ - 1;
    lines = query_.text ? exporting::lost_text(lost) : exporting::lost_json(lost);
    seen_ += lost;
  }
  while (is_behind(log) && lines.size() < enough) {
    const model::Event& event = *log.find(++seen_);
    if (query_.wants(event)) lines += query_.text ? exporting::event_text(event) : exporting::event_json(event);
  }
  return lines;
}

std::string EventStream::heartbeat() const { return query_.text ? "\n" : exporting::heartbeat_json(seen_); }

}  // namespace tickwire::api
