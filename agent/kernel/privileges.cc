// SPDX-License-Identifier: Apache-2.0
#include "kernel/privileges.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/capability.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string_view>

#include "base/text.h"

namespace tickwire::kernel {
namespace {

constexpr const char* kBtf = "/sys/kernel/btf/vmlinux";
using Verdict = model::DoctorCheck::Verdict;

std::uint64_t effective_capabilities() {
  std::ifstream status("/proc/thread-self/status");
  std::string line;
  while (std::getline(status, line)) {
    constexpr std::string_view kField = "CapEff:";
    if (!line.starts_with(kField)) continue;
    const std::string_view digits = trim(std::string_view(line).substr(kField.size()));
    std::uint64_t set = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), set, 16);
    return set;
  }
  return 0;
}

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

model::DoctorCheck kernel_check() {
  utsname names{};
  ::uname(&names);
  return {
      .subject = "kernel", .verdict = Verdict::kOk, .finding = fmt::format("{} {}", names.release, names.machine), .advice = {}};
}

model::DoctorCheck btf_check() {
  if (::access(kBtf, R_OK) == 0) return {.subject = "btf", .verdict = Verdict::kOk, .finding = kBtf, .advice = {}};
  return {.subject = "btf",
          .verdict = Verdict::kFailed,
          .finding = fmt::format("{} cannot be read", kBtf),
          .advice = "use a kernel that was built with CONFIG_DEBUG_INFO_BTF, and mount sysfs"};
}

model::DoctorCheck capability_check() {
  const std::vector<std::string> missing = missing_capabilities();
  if (missing.empty()) {
    return {
        .subject = "capabilities", .verdict = Verdict::kOk, .finding = "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN", .advice = {}};
  }
  return {.subject = "capabilities",
          .verdict = Verdict::kFailed,
          .finding = fmt::format("{} missing", fmt::join(missing, ", ")),
          .advice = "run as root, or grant the capabilities to the service or container"};
}

model::DoctorCheck jit_check() {
  const std::string value = first_line("/proc/sys/net/core/bpf_jit_enable");
  if (value == "0") {
    return {.subject = "bpf jit",
            .verdict = Verdict::kWarning,
            .finding = "off",
            .advice = "programs are interpreted, which costs the game CPU: sysctl net.core.bpf_jit_enable=1"};
  }
  return {.subject = "bpf jit", .verdict = Verdict::kOk, .finding = value.empty() ? "always on" : "on", .advice = {}};
}

model::DoctorCheck statistics_check() {
  if (first_line("/proc/sys/kernel/bpf_stats_enabled") == "1") {
    return {.subject = "bpf statistics",
            .verdict = Verdict::kWarning,
            .finding = "on",
            .advice = "every BPF program of the machine costs some 70 ns more: sysctl kernel.bpf_stats_enabled=0 when done"};
  }
  return {.subject = "bpf statistics", .verdict = Verdict::kOk, .finding = "off", .advice = {}};
}

}  // namespace

std::vector<std::string> missing_capabilities() {
  struct Needed {
    int number;
    const char* name;
    bool admin_is_enough;
  };
  constexpr std::array kNeeded{Needed{CAP_BPF, "CAP_BPF", true}, Needed{CAP_PERFMON, "CAP_PERFMON", true},
                               Needed{CAP_NET_ADMIN, "CAP_NET_ADMIN", false}};
  const std::uint64_t effective = effective_capabilities();
  const auto has = [&](int number) { return (effective >> number & 1) != 0; };
  std::vector<std::string> missing;
  for (const Needed& needed : kNeeded) {
    if (!has(needed.number) && !(needed.admin_is_enough && has(CAP_SYS_ADMIN))) missing.emplace_back(needed.name);
  }
  return missing;
}

Result<void> check_requirements() {
  for (const model::DoctorCheck& check : {capability_check(), btf_check()}) {
    if (check.verdict == Verdict::kFailed) return fail_missing(fmt::format("{}: {}", check.subject, check.finding), check.advice);
  }
  return {};
}

std::vector<model::DoctorCheck> examine_requirements() {
  return {kernel_check(), capability_check(), btf_check(), jit_check(), statistics_check()};
}

}  // namespace tickwire::kernel
