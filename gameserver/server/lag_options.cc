// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/lag_options.h"

#include <fmt/format.h>

#include <map>
#include <string>

#include "gameserver/common/duration_option.h"

namespace tickwire::game {
namespace {

constexpr Nanoseconds kDefaultEvery = std::chrono::seconds(5);

}  // namespace

void add_lag_flags(CLI::App& app, LagFlags& flags, ServerOptions& options) {
  const std::map<LagKind, std::string> what = {
      {LagKind::kTickStall, "Lag: the world's thread sleeps so long at the begin of a tick"},
      {LagKind::kBurn, "Lag: the world's thread uses up so much processor time at the begin of a tick"},
      {LagKind::kIoStall, "Lag: no player's socket is read for so long, while ticks go on"},
      {LagKind::kLockHeld, "Lag: the lock of the input board is held for so long: the next input and the next tick wait"}};
  for (const auto& [kind, description] : what) {
    const std::string name = fmt::format("--{}", lag_name(kind));
    RecurrenceSpec& spec = flags.recurrences.at(static_cast<std::size_t>(kind));
    spec.every = kDefaultEvery;
    auto* length = add_duration(app, name, spec.length, description);
    add_duration(app, name + "-every", spec.every, "How often; the first after one such interval (default: 5s)")->needs(length);
  }
  app.add_option("--receive-buffer", flags.receive_bytes, "Lag: SO_RCVBUF of the UDP socket, which the kernel doubles")
      ->check(CLI::Range(1, kMostReceiveBytes))
      ->type_name("BYTES");
  auto* control = app.add_option("--lag-control", options.lag_control_path,
                                 "Path of a Unix socket, mode 0600, on which lag can be asked for while the server runs")
                      ->type_name("PATH");
  app.add_option("--lag-log", options.lag_log_path, "File for one JSON line an injection: when it really was; -: standard output")
      ->type_name("FILE");
  app.add_option("--lag-send", options.lag_request,
                 "No server: send a command to the one behind --lag-control: 'tick-stall 120ms every 5s', likewise burn, "
                 "io-stall and lock-held, without 'every' once; 'receive-buffer 4096'; 'stop'")
      ->needs(control)
      ->type_name("COMMAND");
}

void finish_lag_flags(const LagFlags& flags, ServerOptions& options) {
  for (std::size_t i = 0; i < kLagKindCount; ++i) {
    const RecurLag command{.kind = static_cast<LagKind>(i), .spec = flags.recurrences.at(i)};
    if (command.spec.length == Nanoseconds::zero()) continue;
    if (const auto checked = check_recurrence(lag_name(command.kind), command.spec); !checked) {
      throw CLI::ValidationError(fmt::format("--{}", checked.error()));
    }
    options.lag.emplace_back(command);
  }
  if (flags.receive_bytes > 0) options.lag.emplace_back(SetReceiveBuffer{.bytes = flags.receive_bytes});
}

}  // namespace tickwire::game
