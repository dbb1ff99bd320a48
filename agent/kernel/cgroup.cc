// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "kernel/proc_text.h"

namespace tickwire::kernel {
namespace {

// fs/kernfs/dir.c: numbers are given from 1 on, the root's first. A cgroup namespace's root has its cgroup's number.
constexpr ino_t kRootInode = 1;

constexpr std::string_view kHint = "mount one, or name the folder with --cgroup";

// Undoes the \ooo of fs/proc_namespace.c mangle().
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = text[i] == '\\' && i + 3 < text.size() ? number_of(text.substr(i + 1, 3), 8) : std::nullopt;
    result += code ? static_cast<char>(*code) : text[i];
    if (code) i += 3;
  }
  return result;
}

Result<CgroupRoot> open_folder(const std::string& path) {
  CgroupRoot root{.path = path, .directory = UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), .whole = false};
  if (!root.directory) {
    const int error = errno;
    return fail_errno(error, "open the cgroup", path);
  }
  struct statfs system {};
  struct stat status {};
  if (::fstatfs(root.directory.fd(), &system) != 0 || ::fstat(root.directory.fd(), &status) != 0) {
    const int error = errno;
    return fail_errno(error, "look at the cgroup", path);
  }
  if (system.f_type != CGROUP2_SUPER_MAGIC) return fail("open the cgroup " + path + ": not in a cgroup2 hierarchy");
  root.whole = status.st_ino == kRootInode;
  return root;
}

}  // namespace

std::vector<std::string> cgroup2_mounts(std::string_view mounts) {
  std::vector<std::string> paths;
  while (!mounts.empty()) {
    const std::vector<std::string_view> words = words_of(take_line(mounts));
    if (words.size() >= 3 && words[2] == "cgroup2") paths.push_back(unescaped(words[1]));
  }
  return paths;
}

Result<CgroupRoot> open_cgroup_root(const std::string& wanted) {
  if (!wanted.empty()) return open_folder(wanted);
  // Mounts as a process sees them, and the way to them from here.
  struct View {
    const char* mounts;
    std::string prefix;
  };
  const std::array views{View{"/proc/self/mounts", ""}, View{"/proc/1/mounts", "/proc/1/root"}};
  std::optional<CgroupRoot> part;
  std::optional<Error> refused;
  for (const View& view : views) {
    for (const std::string& path : cgroup2_mounts(read_proc_file(view.mounts).value_or(""))) {
      Result<CgroupRoot> root = open_folder(view.prefix + path);
      if (root && root->whole) return root;
      if (root && !part) part = std::move(*root);
      if (!root && !refused && view.prefix.empty()) refused = root.error();
    }
  }
  if (part) return std::move(*part);
  if (refused) return std::unexpected(*refused);
  return fail_missing("no cgroup2 hierarchy is mounted", std::string(kHint));
}

}  // namespace tickwire::kernel
