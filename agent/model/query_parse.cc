// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <set>

#include "base/text.h"
#include "model/query.h"

namespace tickwire::model {
namespace {

constexpr std::array<std::pair<SortKey, std::string_view>, 18> kSortKeys{{
    {SortKey::kId, "id"},
    {SortKey::kAge, "age"},
    {SortKey::kService, "service"},
    {SortKey::kRemote, "remote"},
    {SortKey::kState, "state"},
    {SortKey::kRttP50, "rtt_p50"},
    {SortKey::kRttP99, "rtt_p99"},
    {SortKey::kRttMin, "rtt_min"},
    {SortKey::kTurnaroundP50, "turnaround_p50"},
    {SortKey::kTurnaroundP99, "turnaround_p99"},
    {SortKey::kWait, "wait"},
    {SortKey::kApp, "app"},
    {SortKey::kJitter, "jitter"},
    {SortKey::kJitterIn, "jitter_in"},
    {SortKey::kJitterOut, "jitter_out"},
    {SortKey::kPackets, "packets"},
    {SortKey::kBytes, "bytes"},
    {SortKey::kRetransmissions, "retransmissions"},
}};

template <typename Value, typename Target>
Result<void> store(const Result<Value>& parsed, std::optional<Target>& target) {
  if (!parsed) return std::unexpected(parsed.error());
  target = static_cast<Target>(*parsed);
  return {};
}

Result<void> parse_service(std::string_view value, ConnectionQuery& query) {
  if (value.empty()) return fail_usage("it is empty", "give the name of a service");
  query.service = std::string(value);
  return {};
}

Result<void> parse_port(std::string_view value, ConnectionQuery& query) {
  return store(parse_number(value, 1, std::numeric_limits<std::uint16_t>::max()), query.port);
}

Result<void> parse_remote(std::string_view value, ConnectionQuery& query) { return store(Cidr::parse(value), query.remote); }

Result<void> parse_proto(std::string_view value, ConnectionQuery& query) {
  query.protocol = protocol_of(value);
  if (!query.protocol) return fail_usage(fmt::format("\"{}\" is not a protocol", value), "one of tcp, udp");
  return {};
}

Result<void> parse_state(std::string_view value, ConnectionQuery& query) {
  query.state = connection_state_of(value);
  if (query.state && query.state != ConnectionState::kNone) return {};
  std::vector<std::string_view> names;
  std::ranges::transform(connection_states(), std::back_inserter(names), [](ConnectionState state) { return name(state); });
  names.push_back(name(ConnectionState::kClosed));
  return fail_usage(fmt::format("\"{}\" is not a state", value), fmt::format("one of {}", fmt::join(names, ", ")));
}

Result<void> parse_min_rtt(std::string_view value, ConnectionQuery& query) { return store(parse_duration(value), query.min_rtt); }

Result<void> parse_min_turnaround(std::string_view value, ConnectionQuery& query) {
  return store(parse_duration(value), query.min_turnaround);
}

Result<void> parse_min_wait(std::string_view value, ConnectionQuery& query) {
  return store(parse_duration(value), query.min_wait);
}

Result<void> parse_over_slo(std::string_view value, ConnectionQuery& query) {
  if (value.empty())
    return fail_usage("it is empty", fmt::format("give the name of an objective, or {}", ConnectionQuery::kAnySlo));
  query.over_slo = std::string(value);
  return {};
}

Result<void> parse_sort(std::string_view value, ConnectionQuery& query) {
  query.descending = value.starts_with('-');
  const std::string_view key = query.descending ? value.substr(1) : value;
  const auto found = std::ranges::find(kSortKeys, key, &std::pair<SortKey, std::string_view>::second);
  if (found == kSortKeys.end()) {
    return fail_usage(fmt::format("\"{}\" is not a key to sort by", key),
                      fmt::format("one of {}; with - in front, the greatest first", fmt::join(sort_key_names(), ", ")));
  }
  query.sort = found->first;
  return {};
}

Result<void> parse_window_of(std::string_view value, ConnectionQuery& query) {
  const auto window = parse_window(value);
  if (!window) return std::unexpected(window.error());
  query.window = *window;
  return {};
}

Result<void> parse_limit(std::string_view value, ConnectionQuery& query) {
  return store(parse_number(value, 1, std::numeric_limits<std::uint32_t>::max()), query.limit);
}

struct Parameter {
  std::string_view name;
  Result<void> (*parse)(std::string_view value, ConnectionQuery& query);
};

constexpr std::array kParameters{
    Parameter{"service", parse_service},
    Parameter{"port", parse_port},
    Parameter{"remote", parse_remote},
    Parameter{"proto", parse_proto},
    Parameter{"state", parse_state},
    Parameter{"min_rtt", parse_min_rtt},
    Parameter{"min_turnaround", parse_min_turnaround},
    Parameter{"min_wait", parse_min_wait},
    Parameter{"over_slo", parse_over_slo},
    Parameter{"sort", parse_sort},
    Parameter{"limit", parse_limit},
    Parameter{"window", parse_window_of},
};

}  // namespace

Result<ConnectionQuery> ConnectionQuery::parse(const std::vector<std::pair<std::string, std::string>>& parameters) {
  ConnectionQuery query;
  std::set<std::string_view> given;
  for (const auto& [name, value] : parameters) {
    const auto parameter = std::ranges::find(kParameters, name, &Parameter::name);
    if (parameter == kParameters.end()) {
      std::vector<std::string_view> names;
      std::ranges::transform(kParameters, std::back_inserter(names), &Parameter::name);
      return fail_usage(fmt::format("\"{}\" is not a parameter", name), fmt::format("one of {}", fmt::join(names, ", ")));
    }
    if (!given.insert(name).second) return fail_usage(fmt::format("{} is given twice", name));
    if (const Result<void> parsed = parameter->parse(value, query); !parsed) return within(name, parsed.error());
  }
  return query;
}

Result<Window> parse_window(std::string_view text) {
  const auto window = window_of(text);
  if (!window) return fail_usage(fmt::format("\"{}\" is not a window", text), "one of 10s, 1m, 5m, all");
  return *window;
}

std::vector<std::string_view> sort_key_names() {
  std::vector<std::string_view> names;
  std::ranges::transform(kSortKeys, std::back_inserter(names), &std::pair<SortKey, std::string_view>::second);
  return names;
}

}  // namespace tickwire::model
