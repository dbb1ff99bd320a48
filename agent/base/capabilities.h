// What it owns: the privileges of threads (capabilities(7)): reading them, giving them up.
// Who may use it: app, api; model for the value.
// Thread: any. Linux keeps privileges by thread: what gives something up does so for the calling one, and for those that it starts later.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tickwire {

using CapabilitySet = std::uint64_t;  // bit n is the capability n of linux/capability.h

[[nodiscard]] constexpr CapabilitySet capability_set(std::initializer_list<int> capabilities) {
  CapabilitySet set = 0;
  for (const int capability : capabilities) set |= CapabilitySet{1} << capability;
  return set;
}

// "CAP_NET_ADMIN", in the order of their numbers; one that is newer than this program is "capability 41".
[[nodiscard]] std::vector<std::string> capability_names(CapabilitySet set);

struct ThreadPrivileges {
  std::string thread;           // its name, comm of proc(5)
  CapabilitySet permitted = 0;  // CapPrm: what it holds, in use or not
  CapabilitySet bounding = 0;   // CapBnd: what a program that it executes could get at most
  bool no_new_privileges = false;
  friend bool operator==(const ThreadPrivileges&, const ThreadPrivileges&) = default;
};

// Of the text of /proc/PID/task/TID/status (proc(5)); what is not there counts as not held.
[[nodiscard]] ThreadPrivileges parse_privileges(std::string_view status);
// Of each thread of this process, in the order in which they were started. Empty without /proc.
[[nodiscard]] std::vector<ThreadPrivileges> privileges_of_threads();

// No program that this thread executes gets more than the thread has, whatever its file says (PR_SET_NO_NEW_PRIVS). Cannot be undone.
[[nodiscard]] Result<void> forbid_new_privileges();
// Gives up what is not in `keep`: permitted, effective and bounding set; nothing stays inheritable or ambient. The bounding set stays
// where CAP_SETPCAP is not there to change it. What the thread has not is not got by naming it.
[[nodiscard]] Result<void> keep_capabilities(CapabilitySet keep);

}  // namespace tickwire
