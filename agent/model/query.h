// What it owns: which connections a user asked for, in which order: the filters of `tickwire connections` and of the API.
// Who may use it: api (from a request), cli (to a request).
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/address.h"
#include "model/connection.h"
#include "model/snapshot.h"
#include "model/windows.h"

namespace tickwire::model {

enum class SortKey : std::uint8_t {
  kId,
  kAge,
  kService,
  kRemote,
  kState,
  kRttP50,
  kRttP99,
  kRttMin,
  kTurnaroundP50,
  kTurnaroundP99,
  kWait,
  kApp,
  kJitter,
  kJitterIn,
  kJitterOut,
  kPackets,
  kBytes,
  kRetransmissions
};

struct ConnectionQuery {
  static constexpr std::string_view kAnySlo = "any";

  std::optional<std::string> service;  // a service's name
  std::optional<std::uint16_t> port;   // local port
  std::optional<Cidr> remote;
  std::optional<Protocol> protocol;
  std::optional<ConnectionState> state;                    // none: all, ended ones too
  std::optional<std::chrono::nanoseconds> min_rtt;         // rtt p99 of the window (p50 below 100 samples) at least this
  std::optional<std::chrono::nanoseconds> min_turnaround;  // the same of turnaround
  std::optional<std::chrono::nanoseconds> min_wait;        // socket_to_app p95 of the window at least this
  std::optional<std::string> over_slo;                     // beyond this objective, by its name; "any": beyond one
  SortKey sort = SortKey::kRttP99;
  bool descending = true;
  std::optional<std::size_t> limit;
  Window window = Window::kAll;  // what rtt and turnaround are of, to filter and to sort by, and in tables

  // From the parameters of a request or of flags, by the names service port remote proto state min_rtt min_turnaround
  // min_wait over_slo sort limit window.
  // "sort": a key's name, "-" in front for descending. Usage error for an unknown name, a repeated one, or a bad value; it
  // says what is allowed.
  [[nodiscard]] static Result<ConnectionQuery> parse(const std::vector<std::pair<std::string, std::string>>& parameters);
};

// "10s", "1m", "5m" or "all". Usage error that lists them otherwise.
[[nodiscard]] Result<Window> parse_window(std::string_view text);

// The names that "sort" takes: id age service remote state rtt_p50 rtt_p99 rtt_min turnaround_p50 turnaround_p99 wait app
// jitter jitter_in jitter_out packets bytes retransmissions.
[[nodiscard]] std::vector<std::string_view> sort_key_names();

// Whether the snapshot has the objective that is asked for. Usage error that lists those that it has.
[[nodiscard]] Result<void> check_objective(const Snapshot& snapshot, const ConnectionQuery& query);

// Rows that fit, sorted, by what is shown of them (model/shown.h); ties by id; rows without the value that is sorted by come last
// in either direction.
[[nodiscard]] std::vector<std::shared_ptr<const Connection>> select(const Snapshot& snapshot, const ConnectionQuery& query);

// The one connection that `text` names: its id ("12.3"), its remote endpoint ("192.0.2.1:4000"), or "local remote" endpoints
// joined by ">" ("192.0.2.9:7777>192.0.2.1:4000"). A living one is preferred to an ended one. Usage error when none or several
// fit; it lists the ids of the several.
[[nodiscard]] Result<std::shared_ptr<const Connection>> find_connection(const Snapshot& snapshot, std::string_view text);

}  // namespace tickwire::model
