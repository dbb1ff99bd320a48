// SPDX-License-Identifier: Apache-2.0
#include "app/privileges.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/capability.h>
#include <spdlog/spdlog.h>

#include <string>
#include <thread>
#include <vector>

namespace tickwire::app {
namespace {

CapabilitySet held() {
  const std::vector<ThreadPrivileges> threads = privileges_of_threads();
  return threads.empty() ? 0 : threads.front().permitted;
}

std::string words(CapabilitySet set) {
  return set == 0 ? "no capability" : fmt::format("{}", fmt::join(capability_names(set), ", "));
}

}  // namespace

CapabilitySet kept_by_loop(CapabilitySet held, bool discovers_services) {
  constexpr CapabilitySet kTracing = capability_set({CAP_BPF, CAP_PERFMON});
  CapabilitySet needed = kTracing | capability_set({CAP_NET_ADMIN});
  if ((held & kTracing) != kTracing) needed |= capability_set({CAP_SYS_ADMIN});
  if (discovers_services) needed |= capability_set({CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH});
  return held & needed;
}

void keep_what_the_loop_needs(bool discovers_services) {
  if (auto kept = keep_capabilities(kept_by_loop(held(), discovers_services)); !kept) spdlog::warn("{}", kept.error().text());
}

model::DoctorCheck examine_privileges() {
  using Verdict = model::DoctorCheck::Verdict;
  const CapabilitySet before = held();
  const CapabilitySet loop = kept_by_loop(before, false);
  Result<void> done;
  ThreadPrivileges left;
  std::thread([&] {
    if (done = forbid_new_privileges(); !done) return;
    if (done = keep_capabilities(loop); !done) return;
    if (done = keep_capabilities(0); !done) return;
    left = privileges_of_threads().back();
  }).join();
  if (!done || left.permitted != 0 || !left.no_new_privileges) {
    return {.subject = "privileges",
            .verdict = Verdict::kWarning,
            .finding = "cannot be given up" + (done ? std::string() : ": " + done.error().text()),
            .advice = "a system call filter may refuse capset or prctl"};
  }
  const CapabilitySet discovering = kept_by_loop(before, true) & ~loop;
  return {.subject = "privileges",
          .verdict = Verdict::kOk,
          .finding = fmt::format("a running agent's HTTP thread keeps no capability, its loop {}{}; it gets no new ones",
                                 words(loop), discovering == 0 ? "" : ", and without --service " + words(discovering)),
          .advice = {}};
}

}  // namespace tickwire::app
