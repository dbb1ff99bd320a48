// What it owns: what `tickwire run` can be told, and the one table that turns flags, TICKWIRE_* and a file into it.
// Who may use it: app; cli for the names of defaults.
// Thread: start-up.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/rule.h"
#include "model/service.h"
#include "model/slo_limit.h"
#include "model/threshold.h"

namespace CLI {
class App;
}

namespace tickwire::config {

inline constexpr std::string_view kDefaultListen = "127.0.0.1:19435";
inline constexpr std::string_view kDefaultApiSocket = "/run/tickwire/api.sock";

enum class Arrival : std::uint8_t { kAuto, kXdpNative, kXdpGeneric, kTcx, kClsact };  // --arrival auto|native|generic|tcx|clsact
enum class Departure : std::uint8_t { kAuto, kTcx, kClsact };                         // --departure auto|tcx|clsact
enum class TcpStateHook : std::uint8_t {
  kAuto,
  kFentry,
  kKprobe,
  kTracepoint,
  kNone
};  // --tcp-state auto|fentry|kprobe|tracepoint|none
enum class TcpWriteHook : std::uint8_t {
  kAuto,
  kTracepoint,
  kFentry,
  kKprobe,
  kEgress,
  kNone
};  // --tcp-write auto|tracepoint|fentry|kprobe|egress|none
enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

struct RunOptions {
  std::vector<std::string> interfaces;                          // names, or /regex/ (ECMAScript, whole name); empty: the default
  std::vector<model::ServiceId> services;                       // empty: discovered
  std::vector<model::Rule> rules;                               // --rule: at most one a service; wants --service
  std::vector<model::Threshold> thresholds;                     // samples that are told as events; empty: none
  std::optional<std::vector<model::Slo>> slos;                  // limits for players; none: model::default_slos()
  std::uint32_t max_connections = 16384;                        // 64 .. 4,194,304
  std::uint32_t max_services = 64;                              // 1 .. TW_SERVICES_MAX
  std::string listen{kDefaultListen};                           // host:port; "" = no TCP listener
  std::string web_config;                                       // file with TLS and passwords of that listener; "": neither
  std::string api_socket{kDefaultApiSocket};                    // a path of 1 .. 107 bytes
  std::chrono::nanoseconds interval{std::chrono::seconds(1)};   // 50 ms .. 60 s
  std::chrono::nanoseconds udp_idle{std::chrono::seconds(30)};  // 1 s .. 1 h
  Arrival arrival = Arrival::kAuto;
  Departure departure = Departure::kAuto;
  TcpStateHook tcp_state = TcpStateHook::kAuto;
  TcpWriteHook tcp_write = TcpWriteHook::kAuto;
  bool stages = true;                      // --no-stages: nothing is followed through the sockets
  std::string cgroup;                      // where the socket hooks go, an absolute path; "": the hierarchy's root
  bool ticks = true;                       // --no-ticks: game loops are not inferred
  bool expose_connections = false;         // the connection table over TCP as well
  std::uint32_t connection_series = 1000;  // most label sets of /metrics/connections, 0 .. 100,000
  LogLevel log_level = LogLevel::kInfo;
};

// Adds the flags of `tickwire run`, with --config FILE and the TICKWIRE_* names, to a CLI11 subcommand; what is parsed lands in
// `options`, which must outlive `command`. Precedence: flags, environment, file, defaults. Unknown names in the file are errors.
void add_run_options(CLI::App& command, RunOptions& options);

// What the table alone cannot check: an unreadable file is CLI11's error; duplicate services, rules, thresholds and objectives that do not go
// with the services, ranges that depend on each other, bad /regex/ and a bad listen address are usage errors here.
[[nodiscard]] Result<void> validate(const RunOptions& options);

// "host:port", "[v6]:port", ":port" (all addresses). Usage error otherwise.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};
[[nodiscard]] Result<ListenAddress> parse_listen(std::string_view text);

}  // namespace tickwire::config
