// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <unistd.h>

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "api/client.h"
#include "cli/events.h"
#include "cli/request.h"
#include "cli/terminal.h"
#include "cli/watch.h"
#include "config/options.h"
#include "model/query.h"

namespace tickwire::cli {
namespace {

// What every subcommand is told.
struct Common {
  std::string api_socket{config::kDefaultApiSocket};
  std::string output;
};

void add_common(CLI::App& command, Common& common, std::vector<std::string> outputs) {
  command.add_option("--api-socket", common.api_socket, "The agent's Unix socket.\nDefault: " + common.api_socket)
      ->type_name("PATH")
      ->envname("TICKWIRE_API_SOCKET");
  common.output = outputs.front();
  command.add_option("-o,--output", common.output, "Form of the output.\nDefault: " + common.output)
      ->type_name("FORM")
      ->check(CLI::IsMember(std::move(outputs)));
}

Result<std::string> fetch(const std::string& api_socket, const Request& request) {
  auto reply = api::get(api_socket, request.path, request.parameters);
  if (!reply) return std::unexpected(reply.error());
  return body_of(*std::move(reply));
}

void add_window(CLI::App& command, std::string& window, const std::string& what) {
  command.add_option("--window", window, what + ": the last 10s, 1m or 5m, or all.\nDefault: " + window)->type_name("WINDOW");
}

void add_watch_flags(CLI::App& command, WatchFlags& flags) {
  CLI::Option* watch = command.add_flag("--watch", flags.watch, "Show it again and again until interrupted");
  command
      .add_option("--interval", flags.interval, "Time between two pictures of --watch, 100ms .. 1h.\nDefault: " + flags.interval)
      ->type_name("DURATION")
      ->needs(watch);
}

// Asks once and prints the answer.
Result<int> print_once(const std::string& api_socket, const Request& request) {
  const auto body = fetch(api_socket, request);
  if (!body) return std::unexpected(body.error());
  return print(*body);
}

// Asks and prints again and again, until Ctrl-C.
Result<int> print_again(const std::string& api_socket, const Request& request, const WatchFlags& flags) {
  const auto interval = watch_interval(flags);
  if (!interval) return std::unexpected(interval.error());
  const Output output;
  const Interrupt interrupt;
  const auto show = [](const std::string& picture) {
    const auto rows = terminal_rows(STDOUT_FILENO);  // each time: windows change their size
    return write_all(STDOUT_FILENO, rows ? screen(picture, *rows) : picture);
  };
  return run_watch({
      .fetch = [&] { return fetch(api_socket, request); },
      .show = show,
      .interrupted = [&] { return interrupt.wait(*interval); },
  });
}

Result<int> print_table(const std::string& api_socket, const Request& request, const WatchFlags& flags) {
  return flags.watch ? print_again(api_socket, request, flags) : print_once(api_socket, request);
}

Result<int> run_connections(const Common& common, ConnectionFlags flags) {
  flags.output = common.output;
  const auto request = connections_request(flags);
  if (!request) return std::unexpected(request.error());
  return print_table(common.api_socket, *request, flags.watch);
}

Command add_connections(CLI::App& program) {
  CLI::App* command = program.add_subcommand("connections", "Show the connections with their latency");
  command->footer(
      "WAIT and APP: how long 95 % of the requests waited in the socket for the game to read them, and how long it then\n"
      "took to answer. An RTT with ~ in front: the player's side may have delayed these acknowledgements, the line is at\n"
      "most so long. A dash: not measured.");
  const auto common = std::make_shared<Common>();
  const auto flags = std::make_shared<ConnectionFlags>();
  add_common(*command, *common, {"table", "wide", "json", "jsonl"});
  const auto add = [&](const char* name, std::string& target, const char* type, const char* help) {
    return command->add_option(name, target, help)->type_name(type);
  };
  add("--service", flags->service, "NAME", "Only this service");
  add("--port", flags->port, "PORT", "Only this local port, 1 .. 65535");
  add("--remote", flags->remote, "CIDR", "Only remote addresses in this prefix, as 192.0.2.0/24 or 2001:db8::1");
  add("--proto", flags->proto, "PROTO", "Only this protocol: tcp, udp");
  add("--state", flags->state, "STATE", "Only this state: established, syn_recv, ..., closed; active for UDP");
  add("--min-rtt", flags->min_rtt, "DURATION", "Only those with an rtt p99 of at least this, as 80ms (p50 below 100 samples)");
  add("--min-turnaround", flags->min_turnaround, "DURATION",
      "Only those with a turnaround p99 of at least this (p50 below 100 samples)");
  add("--min-wait", flags->min_wait, "DURATION", "Only those whose socket_to_app p95 is at least this: the game reads them late");
  add("--over-slo", flags->over_slo, "[OBJECTIVE]", "Only players at risk: beyond this objective, as rtt_100ms, or beyond any")
      ->expected(0, 1)
      ->default_str(std::string(model::ConnectionQuery::kAnySlo));
  std::string sort_help = "Order by KEY, or by -KEY, greatest first. Default: -rtt_p99. Keys:\n";
  for (std::string_view between; const std::string_view key : model::sort_key_names())
    sort_help.append(std::exchange(between, " ")).append(key);
  add("--sort", flags->sort, "KEY", sort_help.c_str());
  add("--limit", flags->limit, "N", "At most N connections, at least 1. Default: all");
  add_window(*command, flags->window, "What latency is of, to show, to filter and to sort by");
  add_watch_flags(*command, flags->watch);
  return {.parsed = command, .run = [common, flags] { return run_connections(*common, *flags); }};
}

Command add_inspect(CLI::App& program) {
  CLI::App* command = program.add_subcommand("inspect", "Show everything that is known of one connection");
  const auto common = std::make_shared<Common>();
  const auto name = std::make_shared<std::string>();
  const auto window = std::make_shared<std::string>("all");
  command->add_option("connection", *name, "An id (12.3), a remote endpoint (192.0.2.1:4000) or local>remote")
      ->required()
      ->type_name("CONNECTION");
  add_common(*command, *common, {"text", "json"});
  add_window(*command, *window, "What the bars are of");
  return {.parsed = command, .run = [common, name, window]() -> Result<int> {
            const auto request = inspect_request(*name, common->output, *window);
            if (!request) return std::unexpected(request.error());
            return print_once(common->api_socket, *request);
          }};
}

Command add_services(CLI::App& program) {
  CLI::App* command = program.add_subcommand("services", "Show the watched services with their totals and latency");
  const auto common = std::make_shared<Common>();
  const auto window = std::make_shared<std::string>(kDefaultWindow);
  const auto watch = std::make_shared<WatchFlags>();
  add_common(*command, *common, {"table", "json"});
  add_window(*command, *window, "What latency is of");
  add_watch_flags(*command, *watch);
  return {.parsed = command, .run = [common, window, watch]() -> Result<int> {
            const auto request = services_request(common->output, *window);
            if (!request) return std::unexpected(request.error());
            return print_table(common->api_socket, *request, *watch);
          }};
}

Command add_status(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("status", "Show whether the agent works: hooks, losses, interfaces, fill of its tables");
  const auto common = std::make_shared<Common>();
  const auto ready = std::make_shared<bool>(false);
  add_common(*command, *common, {"text", "json"});
  command
      ->add_flag("--ready", *ready, "Print nothing else: exit code 0 when the agent is ready, 1 with the reason when it is not")
      ->excludes("--output");
  return {.parsed = command, .run = [common, ready] {
            if (*ready) return print_once(common->api_socket, {.path = "/readyz", .parameters = {}});
            return print_once(common->api_socket, {.path = "/api/v1/status", .parameters = {{"format", common->output}}});
          }};
}

}  // namespace

std::vector<Command> add_commands(CLI::App& program) {
  std::vector<Command> commands;
  commands.push_back(add_connections(program));
  commands.push_back(add_inspect(program));
  commands.push_back(add_services(program));
  commands.push_back(add_status(program));
  commands.push_back(add_watch(program));
  return commands;
}

std::string usage_failure(const CLI::App* program, const CLI::Error& error) {
  const std::vector<CLI::App*> parsed = program->get_subcommands();
  if (!parsed.empty()) {
    return fmt::format("{0}: {1}; see `{0} {2} --help`\n", program->get_name(), error.what(), parsed.front()->get_name());
  }
  const std::vector<std::string> unknown = program->remaining();
  const std::string what = unknown.empty() ? "a command is wanted" : fmt::format("there is no command '{}'", unknown.front());
  return fmt::format("{0}: {1}; `{0} --help` lists them\n", program->get_name(), what);
}

}  // namespace tickwire::cli
