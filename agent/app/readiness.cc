// SPDX-License-Identifier: Apache-2.0
#include "app/readiness.h"

#include <fmt/format.h>

#include <utility>

#include "model/protocol.h"

namespace tickwire::app {

std::vector<std::string> Blindness::check(std::chrono::nanoseconds now, const std::vector<model::InterfaceTotals>& totals) {
  std::vector<std::string> problems;
  std::map<std::string, std::array<Side, 2>> next;
  for (const model::InterfaceTotals& interface : totals) {
    const auto known = sides_.find(interface.name);
    std::array<Side, 2>& sides = next[interface.name];
    for (const model::Direction direction : model::kDirections) {
      const auto i = static_cast<std::size_t>(direction);
      const Side fresh{.since = now, .seen = interface.seen[i], .counted = interface.counted[i]};
      if (known == sides_.end() || interface.seen[i] != known->second[i].seen) {
        sides[i] = fresh;
        continue;
      }
      // Nothing seen since then: how much was there to be seen?
      sides[i] = known->second[i];
      const std::uint64_t missed = interface.counted[i] - sides[i].counted;
      if (missed < kPackets || now - sides[i].since < kWindow) continue;
      problems.push_back(fmt::format("blind on {} {}: the interface counted {} packets in the last {} s, our program saw none",
                                     interface.name, model::name(direction), missed,
                                     std::chrono::duration_cast<std::chrono::seconds>(now - sides[i].since).count()));
    }
  }
  sides_ = std::move(next);
  return problems;
}

model::Readiness readiness_of(const std::vector<model::HookOutcome>& hooks, std::vector<std::string> blind) {
  model::Readiness readiness;
  bool any = false;
  for (const model::HookOutcome& outcome : hooks) {
    if (outcome.interface.empty()) continue;
    any = true;
    if (!outcome.mode().empty()) continue;
    std::string reason = "not attached";
    for (const model::HookAttempt& attempt : outcome.attempts) {
      if (attempt.tried && !attempt.reason.empty()) reason = fmt::format("{}: {}", attempt.candidate, attempt.reason);
    }
    readiness.problems.push_back(fmt::format("{} on {}: {}", outcome.capability, outcome.interface, reason));
  }
  if (!any) readiness.problems.emplace_back("no interface is watched");
  for (std::string& sentence : blind) readiness.problems.push_back(std::move(sentence));
  readiness.ready = readiness.problems.empty();
  return readiness;
}

}  // namespace tickwire::app
