// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "gameserver/bots/burst.h"
#include "gameserver/bots/options.h"
#include "gameserver/bots/report.h"
#include "gameserver/bots/runner.h"

namespace {

using namespace tickwire::game;

int fail_with(const std::string& message) {
  fmt::print(stderr, "tickwire-bots: {}\n", message);
  return 1;
}

int burst(const BotOptions& options, int borrowed_stop_fd) {
  const auto outcome = run_burst(options, borrowed_stop_fd);
  if (!outcome) return fail_with(outcome.error());
  if (options.json) {
    using Json = nlohmann::ordered_json;
    const Json document = {{"schema_version", 1},
                           {"duration_ns", outcome->duration.count()},
                           {"connections_attempted", outcome->attempted},
                           {"connections_welcomed", outcome->welcomed},
                           {"first_failure", outcome->first_failure.empty() ? Json(nullptr) : Json(outcome->first_failure)}};
    fmt::print("{}\n", document.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    fmt::print("{} of {} connections were welcomed, in {:.3f} s\n", outcome->welcomed, outcome->attempted,
               std::chrono::duration<double>(outcome->duration).count());
  }
  if (outcome->welcomed == outcome->attempted) return 0;
  return fail_with(outcome->first_failure);
}

int play(const BotOptions& options, int borrowed_stop_fd) {
  const auto runner = Runner::open(options);
  if (!runner) return fail_with(runner.error());
  (*runner)->run(borrowed_stop_fd);
  const PlayReport played{.bots = (*runner)->bots(),
                          .idle = (*runner)->idle().counts(),
                          .login = (*runner)->login(),
                          .duration = (*runner)->duration()};
  fmt::print("{}\n", options.json ? report_json(played) : report_table(played));
  return all_played(played) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = parse_bot_options(argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  const auto stop = open_stop_signals();
  if (!stop) return fail_with(stop.error());
  return parsed.options.burst_connections > 0 ? burst(parsed.options, stop->fd()) : play(parsed.options, stop->fd());
}
