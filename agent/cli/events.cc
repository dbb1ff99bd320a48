// SPDX-License-Identifier: Apache-2.0
#include "cli/events.h"

#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "api/client.h"
#include "base/text.h"
#include "cli/terminal.h"
#include "config/options.h"
#include "model/event.h"

namespace tickwire::cli {
namespace {

constexpr std::uint64_t kMostCount = 1'000'000'000;

// A pipe whose reader has gone says so without being written to.
bool reader_has_gone(int borrowed_fd) {
  pollfd output{.fd = borrowed_fd, .events = 0, .revents = 0};
  return ::poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

Result<int> follow_events(const std::string& api_socket, EventFlags flags) {
  const auto count = event_count(flags);
  if (!count) return std::unexpected(count.error());
  if (flags.output.empty()) flags.output = ::isatty(STDOUT_FILENO) == 1 ? "text" : "jsonl";
  const Request request = events_request(flags);
  const Output output;
  const Interrupt interrupt;
  EventLines lines(*count, flags.output == "text");
  std::optional<Error> failure;
  bool stopped = false;
  const auto take = [&](std::string_view piece) {
    const auto written = write_all(STDOUT_FILENO, lines.take(piece));
    if (!written) failure = written.error();
    stopped = !written || !*written || lines.has_enough();
    return !stopped;
  };
  const auto is_stopped = [&] { return stopped = interrupt.wait(std::chrono::nanoseconds(0)) || reader_has_gone(STDOUT_FILENO); };
  auto reply = api::follow(api_socket, request.path, request.parameters, {.take = take, .stopped = is_stopped});
  if (failure) return std::unexpected(*failure);
  if (!reply) return std::unexpected(reply.error());
  if (stopped) return 0;
  if (auto body = body_of(*std::move(reply)); !body) return std::unexpected(body.error());
  return fail("the agent on " + api_socket + " has ended the stream of events");
}

}  // namespace

Request events_request(const EventFlags& flags) {
  Request request{.path = "/api/v1/events", .parameters = {}};
  if (!flags.service.empty()) request.parameters.emplace_back("service", flags.service);
  for (const std::string& kind : flags.kinds) request.parameters.emplace_back("kind", kind);
  if (!flags.since.empty()) request.parameters.emplace_back("since", flags.since);
  request.parameters.emplace_back("format", flags.output);
  return request;
}

Result<std::uint64_t> event_count(const EventFlags& flags) {
  if (flags.count.empty()) return 0;
  auto count = parse_number(flags.count, 1, kMostCount);
  if (!count) return within("--count", count.error());
  return count;
}

std::string EventLines::take(std::string_view piece) {
  std::string printed;
  while (!has_enough()) {
    const std::size_t end = piece.find('\n');
    begun_ += piece.substr(0, end);
    if (end == std::string_view::npos) break;
    piece.remove_prefix(end + 1);
    const std::string line = std::exchange(begun_, {});
    const Line kind = kind_of(line);
    if (kind == Line::kEvent) ++seen_;
    if (kind != Line::kHeartbeat) printed += line + '\n';
  }
  return printed;
}

EventLines::Line EventLines::kind_of(std::string_view line) const {
  if (text_) return line.empty() ? Line::kHeartbeat : line.front() == '#' ? Line::kLost : Line::kEvent;
  // Neither stands anywhere else: names of services have no quotes.
  if (line.find(R"("event":"heartbeat")") != std::string_view::npos) return Line::kHeartbeat;
  return line.find(R"("event":"lost")") != std::string_view::npos ? Line::kLost : Line::kEvent;
}

Command add_watch(CLI::App& program) {
  CLI::App* command = program.add_subcommand("watch", "Print events as they happen: connections opened and closed, stalls, ...");
  const auto api_socket = std::make_shared<std::string>(config::kDefaultApiSocket);
  const auto flags = std::make_shared<EventFlags>();
  command->add_option("--api-socket", *api_socket, "The agent's Unix socket.\nDefault: " + *api_socket)
      ->type_name("PATH")
      ->envname("TICKWIRE_API_SOCKET");
  command->add_option("--service", flags->service, "Only events of this service")->type_name("NAME");
  std::vector<std::string> kinds;
  for (const model::EventKind kind : model::kEventKinds) kinds.emplace_back(name(kind));
  command->add_option("--kind", flags->kinds, "Only events of this kind. May be given several times.\nDefault: all")
      ->type_name("KIND")
      ->check(CLI::IsMember(kinds))
      ->expected(1, CLI::detail::expected_max_vector_size)
      ->allow_extra_args(false);
  command
      ->add_option("--since", flags->since,
                   "Begin behind the event of this number; 0: with the oldest that is kept.\nDefault: with the next one")
      ->type_name("SEQUENCE");
  command->add_option("--count", flags->count, "End after so many events.\nDefault: when interrupted")->type_name("N");
  CLI::Option* form =
      command->add_option("-o,--output", flags->output, "Form of the output.\nDefault: text on a terminal, jsonl elsewhere")
          ->type_name("FORM")
          ->check(CLI::IsMember({"text", "jsonl"}));
  command
      ->add_flag_callback(
          "--json", [flags] { flags->output = "jsonl"; }, "The same as -o jsonl")
      ->excludes(form);
  return {.parsed = command, .run = [api_socket, flags] { return follow_events(*api_socket, *flags); }};
}

}  // namespace tickwire::cli
