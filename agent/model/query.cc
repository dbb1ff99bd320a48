// SPDX-License-Identifier: Apache-2.0
#include "model/query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <ranges>
#include <set>

#include "base/text.h"
#include "model/rtt_shown.h"
#include "model/shown.h"
#include "model/slo.h"

namespace tickwire::model {
namespace {

using std::chrono::nanoseconds;
using Row = std::shared_ptr<const Connection>;

// Ids that an error lists before it says how many more there are.
constexpr std::size_t kListedIds = 10;

bool reaches(const WindowSummary& summary, nanoseconds least) {
  const std::optional<nanoseconds> value = summary.p99 ? summary.p99 : summary.p50;
  return value && *value >= least;
}

std::optional<nanoseconds> stage_p95(const Snapshot& snapshot, const Connection& connection, Stage stage, Window window) {
  return snapshot.summary(connection, connection.stages[static_cast<std::size_t>(stage)], window).p95;
}

bool fits(const Snapshot& snapshot, const Shown& shown, const Connection& connection, const ConnectionQuery& query) {
  if (query.service && (!connection.service || connection.service->name != *query.service)) return false;
  if (query.port && connection.key.local.port != *query.port) return false;
  if (query.remote && !query.remote->contains(connection.key.remote.address)) return false;
  if (query.protocol && connection.key.protocol != *query.protocol) return false;
  if (query.state && connection.state != *query.state) return false;
  if (query.min_rtt && !reaches(rtt_shown(snapshot, shown, connection, query.window).summary, *query.min_rtt)) return false;
  if (query.min_wait && !(stage_p95(snapshot, connection, Stage::kSocketToApp, query.window) >= query.min_wait)) return false;
  const Latency& turnaround = shown.latency(connection, connection.turnaround);
  return !query.min_turnaround || reaches(snapshot.summary(connection, turnaround, query.window), *query.min_turnaround);
}

// Whether the connection is beyond the objective that is asked for, if one is.
bool is_beyond(const Snapshot& snapshot, const SloCheck& check, const Connection& connection, const ConnectionQuery& query) {
  if (!query.over_slo) return true;
  const std::vector<std::size_t> beyond = check.beyond(connection);
  if (query.over_slo == ConnectionQuery::kAnySlo) return !beyond.empty();
  return std::ranges::any_of(beyond, [&](std::size_t slo) { return snapshot.slos[slo].name() == *query.over_slo; });
}

std::optional<std::uint64_t> number(std::optional<nanoseconds> duration) {
  return duration.transform([](nanoseconds value) { return static_cast<std::uint64_t>(value.count()); });
}

// What is sorted by, of keys that are numbers; 0 for the others, which compare() knows.
std::optional<std::uint64_t> sort_value(const Snapshot& snapshot, const Shown& shown, const Connection& connection,
                                        const ConnectionQuery& query) {
  const auto summary = [&](const Latency& latency) {
    return snapshot.summary(connection, shown.latency(connection, latency), query.window);
  };
  switch (query.sort) {
    case SortKey::kAge:
      return number(connection.age(snapshot.monotonic));
    case SortKey::kRttP50:
      return number(rtt_shown(snapshot, shown, connection, query.window).summary.p50);
    case SortKey::kRttP99:
      return number(rtt_shown(snapshot, shown, connection, query.window).summary.p99);
    case SortKey::kRttMin:
      return number(query.window == Window::kAll ? shown.rtt_min(connection) : summary(connection.rtt).min);
    case SortKey::kTurnaroundP50:
      return number(summary(connection.turnaround).p50);
    case SortKey::kTurnaroundP99:
      return number(summary(connection.turnaround).p99);
    case SortKey::kWait:
      return number(stage_p95(snapshot, connection, Stage::kSocketToApp, query.window));
    case SortKey::kApp:
      return number(stage_p95(snapshot, connection, Stage::kApp, query.window));
    case SortKey::kJitter:
      return number(connection.jitter(JitterKind::kRtt));
    case SortKey::kJitterIn:
      return number(connection.jitter(JitterKind::kIngress));
    case SortKey::kJitterOut:
      return number(connection.jitter(JitterKind::kEgress));
    case SortKey::kPackets:
      return connection.traffic[0].packets + connection.traffic[1].packets;
    case SortKey::kBytes:
      return connection.traffic[0].bytes + connection.traffic[1].bytes;
    case SortKey::kRetransmissions:
      return connection.retransmissions;
    default:
      return 0;
  }
}

// A row with what it is sorted by beside it: comparing 100,000 rows that lie apart in memory is what sorting costs.
struct Candidate {
  const Row* row;
  ConnectionId id;
  std::optional<std::uint64_t> value;
};

std::strong_ordering compare(const Candidate& a, const Candidate& b, SortKey key) {
  switch (key) {
    case SortKey::kId:
      return a.id <=> b.id;
    case SortKey::kService: {
      const ServiceId* const left = (*a.row)->service.get();
      const ServiceId* const right = (*b.row)->service.get();
      return left != nullptr && right != nullptr ? *left <=> *right : (left != nullptr) <=> (right != nullptr);
    }
    case SortKey::kRemote:
      return (*a.row)->key.remote <=> (*b.row)->key.remote;
    case SortKey::kState:
      return name((*a.row)->state) <=> name((*b.row)->state);
    default:
      return *a.value <=> *b.value;
  }
}

// Whether `a` comes before `b`.
bool precedes(const Candidate& a, const Candidate& b, const ConnectionQuery& query) {
  if (a.value.has_value() != b.value.has_value()) return a.value.has_value();
  const std::strong_ordering order = a.value ? compare(a, b, query.sort) : std::strong_ordering::equal;
  if (order != std::strong_ordering::equal) return query.descending ? order > 0 : order < 0;
  return a.id < b.id;
}

// What one row must be for find_connection.
struct Wanted {
  std::optional<ConnectionId> id;
  std::optional<Endpoint> local, remote;

  [[nodiscard]] bool is(const Connection& connection) const {
    return (!id || connection.id == *id) && (!local || connection.key.local == *local) &&
           (!remote || connection.key.remote == *remote);
  }
};

Result<Wanted> parse_wanted(std::string_view text) {
  Wanted wanted{.id = ConnectionId::parse(text)};
  if (wanted.id) return wanted;
  const std::size_t arrow = text.find('>');
  const bool both = arrow != std::string_view::npos;
  const auto remote = Endpoint::parse(trim(both ? text.substr(arrow + 1) : text));
  const auto local = both ? Endpoint::parse(trim(text.substr(0, arrow))) : remote;
  if (!remote || !local) {
    return fail_usage(
        fmt::format("\"{}\" does not name a connection", text),
        "give its id like 12.3, its remote endpoint like 192.0.2.1:4000, or both ends like 192.0.2.9:7777>192.0.2.1:4000");
  }
  wanted.remote = *remote;
  if (both) wanted.local = *local;
  return wanted;
}

}  // namespace

Result<void> check_objective(const Snapshot& snapshot, const ConnectionQuery& query) {
  if (!query.over_slo || query.over_slo == ConnectionQuery::kAnySlo) return {};
  std::set<std::string> names;
  for (const Slo& slo : snapshot.slos) names.insert(slo.name());
  if (names.contains(*query.over_slo)) return {};
  return fail_usage(fmt::format("there is no objective \"{}\"", *query.over_slo),
                    names.empty() ? "the agent has none" : fmt::format("one of any, {}", fmt::join(names, ", ")));
}

std::vector<Row> select(const Snapshot& snapshot, const ConnectionQuery& query) {
  const Shown shown(snapshot);
  const SloCheck check(snapshot);
  std::vector<Candidate> candidates;
  for (const Row& row : snapshot.connections) {
    if (!fits(snapshot, shown, *row, query) || !is_beyond(snapshot, check, *row, query)) continue;
    candidates.push_back({&row, row->id, sort_value(snapshot, shown, *row, query)});
  }
  const std::size_t count = std::min(query.limit.value_or(candidates.size()), candidates.size());
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(count);
  const auto before = [&query](const Candidate& a, const Candidate& b) { return precedes(a, b, query); };
  // The few that are wanted by a heap; all of them faster by a full sort.
  if (count < candidates.size()) {
    std::ranges::partial_sort(candidates, end, before);
  } else {
    std::ranges::sort(candidates, before);
  }
  std::vector<Row> rows;
  rows.reserve(count);
  std::transform(candidates.begin(), end, std::back_inserter(rows), [](const Candidate& candidate) { return *candidate.row; });
  return rows;
}

Result<Row> find_connection(const Snapshot& snapshot, std::string_view text) {
  const auto wanted = parse_wanted(text);
  if (!wanted) return std::unexpected(wanted.error());
  std::vector<Row> found;
  std::ranges::copy_if(snapshot.connections, std::back_inserter(found), [&](const Row& row) { return wanted->is(*row); });
  if (std::ranges::any_of(found, [](const Row& row) { return !row->closed; })) {
    std::erase_if(found, [](const Row& row) { return row->closed.has_value(); });
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return fail_usage(fmt::format("there is no connection {}", text), "`tickwire connections` lists those that there are");
  }
  std::vector<std::string> ids;
  for (const Row& row : found | std::views::take(kListedIds)) ids.push_back(row->id.text());
  const std::string more = found.size() > ids.size() ? fmt::format(" and {} more", found.size() - ids.size()) : "";
  return fail_usage(fmt::format("{} connections are {}: {}{}", found.size(), text, fmt::join(ids, ", "), more),
                    "name one by its id");
}

}  // namespace tickwire::model
