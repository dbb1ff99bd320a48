// SPDX-License-Identifier: Apache-2.0
#include "base/capabilities.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.h"

namespace tickwire {
namespace {

constexpr std::array<std::string_view, 41> kNames{"CHOWN",
                                                  "DAC_OVERRIDE",
                                                  "DAC_READ_SEARCH",
                                                  "FOWNER",
                                                  "FSETID",
                                                  "KILL",
                                                  "SETGID",
                                                  "SETUID",
                                                  "SETPCAP",
                                                  "LINUX_IMMUTABLE",
                                                  "NET_BIND_SERVICE",
                                                  "NET_BROADCAST",
                                                  "NET_ADMIN",
                                                  "NET_RAW",
                                                  "IPC_LOCK",
                                                  "IPC_OWNER",
                                                  "SYS_MODULE",
                                                  "SYS_RAWIO",
                                                  "SYS_CHROOT",
                                                  "SYS_PTRACE",
                                                  "SYS_PACCT",
                                                  "SYS_ADMIN",
                                                  "SYS_BOOT",
                                                  "SYS_NICE",
                                                  "SYS_RESOURCE",
                                                  "SYS_TIME",
                                                  "SYS_TTY_CONFIG",
                                                  "MKNOD",
                                                  "LEASE",
                                                  "AUDIT_WRITE",
                                                  "AUDIT_CONTROL",
                                                  "SETFCAP",
                                                  "MAC_OVERRIDE",
                                                  "MAC_ADMIN",
                                                  "SYSLOG",
                                                  "WAKE_ALARM",
                                                  "BLOCK_SUSPEND",
                                                  "AUDIT_READ",
                                                  "PERFMON",
                                                  "BPF",
                                                  "CHECKPOINT_RESTORE"};
static_assert(kNames[CAP_SYS_PTRACE] == "SYS_PTRACE" && kNames[CAP_BPF] == "BPF" &&
              kNames[CAP_CHECKPOINT_RESTORE] == kNames.back());

constexpr int kSetBits = 64;

CapabilitySet parse_set(std::string_view digits) {
  CapabilitySet set = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), set, 16);
  return set;
}

// EPERM: not allowed to change the set. EINVAL ends it: the kernel knows no more capabilities.
void reduce_bounding_set(CapabilitySet keep) {
  for (int capability = 0; capability < kSetBits; ++capability) {
    const int held = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
    if (held < 0) return;
    if (held == 1 && (keep >> capability & 1) == 0 && ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return;
  }
}

}  // namespace

std::vector<std::string> capability_names(CapabilitySet set) {
  std::vector<std::string> names;
  for (std::size_t number = 0; number < kSetBits; ++number) {
    if ((set >> number & 1) == 0) continue;
    names.push_back(number < kNames.size() ? fmt::format("CAP_{}", kNames.at(number)) : fmt::format("capability {}", number));
  }
  return names;
}

ThreadPrivileges parse_privileges(std::string_view status) {
  ThreadPrivileges privileges;
  for (const std::string_view line : split(status, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view field = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (field == "Name") privileges.thread = value;
    if (field == "CapPrm") privileges.permitted = parse_set(value);
    if (field == "CapBnd") privileges.bounding = parse_set(value);
    if (field == "NoNewPrivs") privileges.no_new_privileges = value == "1";
  }
  return privileges;
}

std::vector<ThreadPrivileges> privileges_of_threads() {
  std::vector<int> threads;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc/self/task", error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    int number = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc()) threads.push_back(number);
  }
  std::ranges::sort(threads);
  std::vector<ThreadPrivileges> privileges;
  for (const int thread : threads) {
    std::ifstream file(fmt::format("/proc/self/task/{}/status", thread));
    const std::string status{std::istreambuf_iterator<char>(file), {}};
    if (!status.empty()) privileges.push_back(parse_privileges(status));
  }
  return privileges;
}

Result<void> forbid_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno(errno, "forbid", "new privileges");
  return {};
}

Result<void> keep_capabilities(CapabilitySet keep) {
  // While CAP_SETPCAP may still be there.
  reduce_bounding_set(keep);
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return fail_errno(errno, "clear", "ambient capabilities");
  // Only the raw calls are of one thread.
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return fail_errno(errno, "read", "capabilities");
  for (std::size_t word = 0; word < sets.size(); ++word) {
    const auto kept = static_cast<std::uint32_t>(keep >> (32 * word)) & sets.at(word).permitted;
    sets.at(word) = {.effective = kept, .permitted = kept, .inheritable = 0};
  }
  if (::syscall(SYS_capset, &header, sets.data()) != 0) return fail_errno(errno, "give up", "capabilities");
  return {};
}

}  // namespace tickwire
