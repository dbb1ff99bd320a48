// SPDX-License-Identifier: Apache-2.0
#include "kernel/trial.h"

#include <algorithm>

#include "kernel/bpf.h"
#include "kernel/cgroup.h"
#include "kernel/packet_hooks.h"
#include "kernel/privileges.h"
#include "kernel/shared_maps.h"
#include "kernel/stage_hooks.h"
#include "kernel/tracing.h"

namespace tickwire::kernel {
namespace {

using Verdict = model::DoctorCheck::Verdict;

model::DoctorCheck cgroup_check(const Result<CgroupRoot>& cgroup) {
  model::DoctorCheck check{.subject = "cgroup", .verdict = Verdict::kWarning, .finding = {}, .advice = {}};
  if (!cgroup) {
    check.finding = cgroup.error().message;
    check.advice = cgroup.error().hint;
  } else if (!cgroup->whole) {
    check.finding = partial_view(*cgroup);
    check.advice = "name the host's root with --cgroup, or share the host's processes";
  } else {
    check.verdict = Verdict::kOk;
    check.finding = cgroup->path;
  }
  return check;
}

void append(AttachedHooks hooks, model::DoctorReport& report) {
  for (model::HookOutcome& outcome : hooks.outcomes) report.hooks.push_back(std::move(outcome));
}

}  // namespace

model::DoctorReport examine(const std::vector<std::string>& interfaces, const std::string& cgroup_path) {
  route_libbpf_messages();
  model::DoctorReport report;
  report.checks = examine_requirements();
  const Result<CgroupRoot> cgroup = open_cgroup_root(cgroup_path);
  report.checks.push_back(cgroup_check(cgroup));
  Result<std::unique_ptr<SharedMaps>> maps = SharedMaps::load({.connections = 64, .services = 1, .stages = true, .ticks = true});
  if (maps) {
    report.checks.push_back(
        {.subject = "packet programs", .verdict = Verdict::kOk, .finding = "loaded and verified", .advice = {}});
    for (const std::string& interface : interfaces) {
      for (model::HookOutcome& outcome : PacketHooks::try_all(interface, (*maps)->programs()))
        report.hooks.push_back(std::move(outcome));
    }
    append(attach_tracing(**maps, config::TcpStateHook::kAuto, Trial::kExamine), report);
    report.hooks.push_back(SocketWalk::load(**maps).outcome());
    append(attach_stages(**maps, cgroup, config::TcpWriteHook::kAuto, Trial::kExamine), report);
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
