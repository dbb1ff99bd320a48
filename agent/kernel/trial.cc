// SPDX-License-Identifier: Apache-2.0
#include "kernel/trial.h"

#include <algorithm>

#include "kernel/bpf.h"
#include "kernel/packet_hooks.h"
#include "kernel/privileges.h"
#include "kernel/shared_maps.h"
#include "kernel/tracing.h"

namespace tickwire::kernel {

model::DoctorReport examine(const std::vector<std::string>& interfaces) {
  using Verdict = model::DoctorCheck::Verdict;
  route_libbpf_messages();
  model::DoctorReport report;
  report.checks = examine_requirements();
  Result<std::unique_ptr<SharedMaps>> maps = SharedMaps::load({.connections = 64, .services = 1, .ticks = true});
  if (maps) {
    report.checks.push_back(
        {.subject = "packet programs", .verdict = Verdict::kOk, .finding = "loaded and verified", .advice = {}});
    for (const std::string& interface : interfaces) {
      for (model::HookOutcome& outcome : PacketHooks::try_all(interface, (*maps)->programs()))
        report.hooks.push_back(std::move(outcome));
    }
    for (model::HookOutcome& outcome : attach_tracing(**maps, config::TcpStateHook::kAuto, Trial::kExamine).outcomes)
      report.hooks.push_back(std::move(outcome));
    report.hooks.push_back(SocketWalk::load(**maps).outcome());
  } else {
    report.checks.push_back({.subject = "packet programs",
                             .verdict = Verdict::kFailed,
                             .finding = maps.error().message,
                             .advice = maps.error().hint});
  }
  const bool failed =
      std::ranges::any_of(report.checks, [](const model::DoctorCheck& check) { return check.verdict == Verdict::kFailed; });
  const bool blind = std::ranges::any_of(
      report.hooks, [](const model::HookOutcome& outcome) { return !outcome.interface.empty() && outcome.mode().empty(); });
  report.usable = !failed && !blind;
  return report;
}

}  // namespace tickwire::kernel
