// What it owns: what a subcommand asks the agent for, and what its answer means for the exit code.
// Who may use it: the subcommands; tests.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/client.h"
#include "base/result.h"

namespace tickwire::cli {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// A GET to the agent.
struct Request {
  std::string path;
  Parameters parameters;
  friend bool operator==(const Request&, const Request&) = default;
};

// What is now, with samples enough for a p99.
inline constexpr std::string_view kDefaultWindow = "1m";

// Whether a table is shown once or again and again.
struct WatchFlags {
  bool watch = false;
  std::string interval = "1s";  // between two pictures, 100ms .. 1h
};

// What `tickwire connections` was told; an empty text was not given.
struct ConnectionFlags {
  std::string service, port, remote, proto, state, min_rtt, min_turnaround, min_wait, over_slo, sort, limit;
  std::string window{kDefaultWindow};
  std::string output = "table";  // table, wide, json, jsonl
  WatchFlags watch;
};

// Usage error, before anything is sent, for a filter that model::ConnectionQuery refuses; it names the flag.
[[nodiscard]] Result<Request> connections_request(const ConnectionFlags& flags);
[[nodiscard]] Result<std::chrono::nanoseconds> watch_interval(const WatchFlags& flags);

// text: an id, a remote endpoint, or "local>remote"; output: text, json; window: that of the bars. Usage error when the text is empty,
// or for an unknown window.
[[nodiscard]] Result<Request> inspect_request(const std::string& text, const std::string& output, const std::string& window);
// output: table, json. Usage error for an unknown window.
[[nodiscard]] Result<Request> services_request(const std::string& output, const std::string& window);

// The body of a 2xx. Otherwise the reason from the answer: a usage error for 400, Failure::kFailed for all others.
[[nodiscard]] Result<std::string> body_of(api::Reply reply);

}  // namespace tickwire::cli
