// SPDX-License-Identifier: Apache-2.0
#include "config/options.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "config/table.h"
#include "config/words.h"
#include "tickwire/service.h"

namespace tickwire::config {
namespace {

using Row = OptionRow<RunOptions>;

Result<void> set_number(std::string_view value, std::uint64_t least, std::uint64_t most, std::uint32_t& target) {
  const auto number = parse_number(value, least, most);
  if (!number) return std::unexpected(number.error());
  target = static_cast<std::uint32_t>(*number);
  return {};
}

Result<void> set_duration(std::string_view value, std::chrono::nanoseconds least, std::chrono::nanoseconds most,
                          std::chrono::nanoseconds& target) {
  const auto duration = parse_duration(value);
  if (!duration) return std::unexpected(duration.error());
  if (*duration < least || *duration > most) {
    return fail_usage(fmt::format("'{}' is not between {} and {}", value, format_duration(least), format_duration(most)));
  }
  target = *duration;
  return {};
}

Result<void> add_service(std::string_view value, std::vector<model::ServiceId>& services) {
  auto service = model::ServiceId::parse(value);
  if (!service) return std::unexpected(service.error());
  services.push_back(*std::move(service));
  return {};
}

Result<void> add_rule(std::string_view value, std::vector<model::Rule>& rules) {
  auto rule = model::Rule::parse(value);
  if (!rule) return std::unexpected(rule.error());
  rules.push_back(*std::move(rule));
  return {};
}

// A switch named after what it takes away.
Result<void> clear_flag(std::string_view value, bool& target) {
  bool without = false;
  auto done = set_word(value, kSwitch, without);
  target = !without;
  return done;
}

Result<void> add_threshold(std::string_view value, std::vector<model::Threshold>& thresholds) {
  auto threshold = model::Threshold::parse(value);
  if (!threshold) return std::unexpected(threshold.error());
  thresholds.push_back(*std::move(threshold));
  return {};
}

Result<void> add_slo(std::string_view value, std::optional<std::vector<model::Slo>>& slos) {
  // "none" takes the defaults away, or what was told before it.
  if (value == "none") {
    slos.emplace();
    return {};
  }
  auto slo = model::Slo::parse(value);
  if (!slo) return std::unexpected(slo.error());
  if (!slos) slos.emplace();
  slos->push_back(*std::move(slo));
  return {};
}

constexpr std::array kArrivals{Word{"auto", Arrival::kAuto}, Word{"native", Arrival::kXdpNative},
                               Word{"generic", Arrival::kXdpGeneric}, Word{"tcx", Arrival::kTcx},
                               Word{"clsact", Arrival::kClsact}};
constexpr std::array kDepartures{Word{"auto", Departure::kAuto}, Word{"tcx", Departure::kTcx},
                                 Word{"clsact", Departure::kClsact}};
constexpr std::array kTcpStateHooks{Word{"auto", TcpStateHook::kAuto}, Word{"fentry", TcpStateHook::kFentry},
                                    Word{"kprobe", TcpStateHook::kKprobe}, Word{"tracepoint", TcpStateHook::kTracepoint},
                                    Word{"none", TcpStateHook::kNone}};
constexpr std::array kTcpWriteHooks{Word{"auto", TcpWriteHook::kAuto},     Word{"tracepoint", TcpWriteHook::kTracepoint},
                                    Word{"fentry", TcpWriteHook::kFentry}, Word{"kprobe", TcpWriteHook::kKprobe},
                                    Word{"egress", TcpWriteHook::kEgress}, Word{"none", TcpWriteHook::kNone}};
constexpr std::array kLogLevels{Word{"debug", LogLevel::kDebug}, Word{"info", LogLevel::kInfo}, Word{"warn", LogLevel::kWarn},
                                Word{"error", LogLevel::kError}};

constexpr std::array kRows{
    Row{"interface", "NAME", ',',
        "Interface to watch: a name, or /regex/ that the whole name must match.\nMay be given several times.",
        "those with a default route, or lo",
        [](std::string_view value, RunOptions& options) -> Result<void> {
          options.interfaces.emplace_back(value);
          return {};
        }},
    Row{"service", "NAME=PROTO/PORT", ',',
        "Service to watch, as world=udp/7777; without NAME= it is called udp-7777.\nMay be given several times.",
        "every listening TCP and bound UDP socket",
        [](std::string_view value, RunOptions& options) { return add_service(value, options.services); }},
    Row{"rule", "RULE", ';',
        "Where a service's messages keep the numbers that latency is measured by, as\n\"world: token=64:16 echo=80:16\"; "
        "docs/rules.md says how to write one.\nMay be given several times; separated by ; in the environment.",
        "none", [](std::string_view value, RunOptions& options) { return add_rule(value, options.rules); }},
    Row{"threshold", "[NAME:]QUANTITY=DURATION", ',',
        "Tell each longer sample as an event: rtt=150ms, turnaround=50ms, or world:rtt=150ms\nof one service alone, "
        "1us .. 17s. May be given several times.",
        "none", [](std::string_view value, RunOptions& options) { return add_threshold(value, options.thresholds); }},
    Row{"slo", "[NAME:]QUANTITY=DURATION", ',',
        "A limit for players: those above it are counted and can be listed. rtt=100ms,\nworld:turnaround=40ms of one service "
        "alone; "
        "of rtt, turnaround, jitter, socket_to_app.\nMay be given several times; none: no limits.",
        "rtt=100ms rtt=150ms jitter=10ms jitter=20ms turnaround=50ms socket_to_app=50ms",
        [](std::string_view value, RunOptions& options) { return add_slo(value, options.slos); }},
    Row{"max-connections", "N", kOnce, "Connections that are kept at the same time, 64 .. 4194304.", "16384",
        [](std::string_view value, RunOptions& options) { return set_number(value, 64, 4'194'304, options.max_connections); }},
    Row{"max-services", "N", kOnce, "Services that are watched at the same time, 1 .. 1024.", "64",
        [](std::string_view value, RunOptions& options) { return set_number(value, 1, TW_SERVICES_MAX, options.max_services); }},
    Row{"listen", "HOST:PORT", kOnce,
        "TCP address of /metrics and health: host:port, [v6]:port, :port (all addresses),\nor none.", kDefaultListen,
        [](std::string_view value, RunOptions& options) -> Result<void> {
          options.listen = value == "none" ? "" : value;
          return {};
        }},
    Row{"web-config", "FILE", kOnce,
        "File with TLS and basic authentication of the TCP address, in the format of\nPrometheus' exporters; docs/web-config.md.",
        "neither",
        [](std::string_view value, RunOptions& options) -> Result<void> {
          options.web_config = value;
          return {};
        }},
    Row{"api-socket", "PATH", kOnce, "Unix socket that the other commands ask, a path of 1 .. 107 bytes.", kDefaultApiSocket,
        [](std::string_view value, RunOptions& options) -> Result<void> {
          options.api_socket = value;
          return {};
        }},
    Row{"interval", "DURATION", kOnce, "Time between two readings of the kernel, 50ms .. 60s.", "1s",
        [](std::string_view value, RunOptions& options) {
          return set_duration(value, std::chrono::milliseconds(50), std::chrono::seconds(60), options.interval);
        }},
    Row{"udp-idle-timeout", "DURATION", kOnce, "A UDP connection without a packet for so long has ended, 1s .. 1h.", "30s",
        [](std::string_view value, RunOptions& options) {
          return set_duration(value, std::chrono::seconds(1), std::chrono::hours(1), options.udp_idle);
        }},
    Row{"arrival", "HOOK", kOnce,
        "Where arriving packets are stamped: auto, native (XDP), generic (XDP), tcx, clsact.\nauto takes the first that works.",
        "auto", [](std::string_view value, RunOptions& options) { return set_word(value, kArrivals, options.arrival); }},
    Row{"departure", "HOOK", kOnce, "Where departing packets are stamped: auto, tcx, clsact. auto takes the first that works.",
        "auto", [](std::string_view value, RunOptions& options) { return set_word(value, kDepartures, options.departure); }},
    Row{"tcp-state", "HOOK", kOnce,
        "Where changes of TCP state are seen: auto, fentry, kprobe, tracepoint, none.\nauto takes the first that works.", "auto",
        [](std::string_view value, RunOptions& options) { return set_word(value, kTcpStateHooks, options.tcp_state); }},
    Row{"tcp-write", "HOOK", kOnce,
        "Where the game's writes to TCP are seen: auto, tracepoint, fentry, kprobe, egress, none.\nauto takes the first that "
        "works; at egress a wait for the player's window counts as app.",
        "auto", [](std::string_view value, RunOptions& options) { return set_word(value, kTcpWriteHooks, options.tcp_write); }},
    Row{"no-stages", "", kOnce,
        "Do not follow requests through the sockets: no stages, no jitter, no delayed\nacknowledgements told apart; spares "
        "1280 bytes a connection, and time at each read and write.",
        "off", [](std::string_view value, RunOptions& options) { return clear_flag(value, options.stages); }},
    Row{"cgroup", "PATH", kOnce,
        "Folder of the cgroup2 hierarchy that the socket hooks are attached to: processes\noutside of it have no stages.",
        "the root, where it is mounted",
        [](std::string_view value, RunOptions& options) -> Result<void> {
          options.cgroup = value;
          return {};
        }},
    Row{"no-ticks", "", kOnce,
        "Do not infer the ticks of the game loops: spares the clock that is read for each\npacket out, and 8 KiB a service.",
        "off", [](std::string_view value, RunOptions& options) { return clear_flag(value, options.ticks); }},
    Row{"expose-connections", "", kOnce,
        "Serve the connection table over TCP as well: everyone who can connect sees the\nplayers' addresses.", "off",
        [](std::string_view value, RunOptions& options) { return set_word(value, kSwitch, options.expose_connections); }},
    Row{"connection-series", "N", kOnce, "Connections that /metrics/connections shows at most, 0 .. 100000.", "1000",
        [](std::string_view value, RunOptions& options) { return set_number(value, 0, 100'000, options.connection_series); }},
    Row{"log-level", "LEVEL", kOnce, "Least severe messages that are logged: debug, info, warn, error.", "info",
        [](std::string_view value, RunOptions& options) { return set_word(value, kLogLevels, options.log_level); }},
};

}  // namespace

void add_run_options(CLI::App& command, RunOptions& options) {
  add_table(command, kRows, "TICKWIRE_", R"(`max-connections = 1000`, `service = ["world=udp/7777", "tcp/9000"]`)", options,
            validate);
}

}  // namespace tickwire::config
