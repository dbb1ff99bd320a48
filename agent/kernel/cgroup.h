// What it owns: finding the root of the cgroup2 hierarchy, where programs see the sockets of every process and container.
// Who may use it: agent/kernel only.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tickwire::kernel {

// A folder of a cgroup2 hierarchy, open.
struct CgroupRoot {
  std::string path;
  UniqueFd directory;
  // The hierarchy's own root. Else a part of it: a folder that was named, or what a cgroup namespace shows as its root; the sockets of
  // processes outside are not seen.
  bool whole = false;
};

// Where cgroup2 hierarchies are mounted, by the text of a /proc/PID/mounts (fstab(5), with \040 for a space), in its order.
[[nodiscard]] std::vector<std::string> cgroup2_mounts(std::string_view mounts);

// Opens the folder that is wanted; if that is empty, the root of a hierarchy that is mounted where this process sees it, or where the
// process with number 1 does (through /proc/1/root, where this one may look there: a container that shares the host's processes
// needs no mount), or else the first
// mount that shows a part of one. A path that is not there, not allowed or not in a cgroup2 hierarchy is an error, as is none.
[[nodiscard]] Result<CgroupRoot> open_cgroup_root(const std::string& wanted);

}  // namespace tickwire::kernel
