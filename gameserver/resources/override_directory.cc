// SPDX-License-Identifier: Apache-2.0
#include "gameserver/resources/override_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string_view>

#include "gameserver/common/printable.h"

namespace tickwire::game {
namespace {

constexpr std::size_t kMostNameBytes = 255;
// The kernel asks to try again when something was renamed while it resolved the path.
constexpr int kTries = 8;

// The folders of the resources' names.
constexpr std::array<std::string_view, 1> kFolders{"rules"};

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// Never blocks on a FIFO: what was opened is judged before it is read.
UniqueFd open_beneath(int borrowed_fd, const std::string& name, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  for (int i = 0; i < kTries; ++i) {
    const long fd = ::syscall(SYS_openat2, borrowed_fd, name.c_str(), &how, sizeof how);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return UniqueFd();
}

std::unexpected<std::string> refuse_open(int errno_value, const std::string& path) {
  if (errno_value == ELOOP) return std::unexpected(fmt::format("open {}: it is, or lies behind, a symbolic link", path));
  if (errno_value == ENOSYS || errno_value == EPERM) {
    return std::unexpected(fmt::format("open {}: this needs the system call openat2 (Linux 5.6), which is refused here", path));
  }
  return fail_errno(errno_value, "open", path);
}

// Appends the names of a folder's entries, below prefix.
Result<void> list(UniqueFd folder, const std::string& prefix, const std::string& path, std::vector<std::string>& out) {
  const std::unique_ptr<DIR, CloseDirectory> stream(::fdopendir(folder.fd()));
  if (!stream) return fail_errno(errno, "list", path);
  static_cast<void>(folder.release());  // the stream closes it
  for (std::size_t i = 0; i < OverrideDirectory::kMostEntries; ++i) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) return fail_errno(errno, "list", path);
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") out.push_back(prefix + std::string(name));
  }
  return {};
}

}  // namespace

UnknownFiles unknown_among(std::span<const std::string> paths) {
  UnknownFiles unknown;
  for (const std::string& path : paths) {
    const auto names = [&path](ResourceId id) { return resource_name(id) == path; };
    if (std::ranges::any_of(kResourceIds, names) || std::ranges::find(kFolders, path) != kFolders.end()) continue;
    ++unknown.count;
    if (unknown.names.size() < UnknownFiles::kMostNamed) unknown.names.push_back(printable(path, kMostNameBytes));
  }
  std::ranges::sort(unknown.names);
  return unknown;
}

Result<OverrideDirectory> OverrideDirectory::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open", path);
  return OverrideDirectory(std::move(fd), path);
}

Result<std::optional<std::string>> OverrideDirectory::read(ResourceId id) const {
  const std::string name(resource_name(id));
  const std::string path = path_ + "/" + name;
  const UniqueFd file = open_beneath(fd_.fd(), name, 0);
  if (!file) {
    if (errno == ENOENT) return std::nullopt;
    return refuse_open(errno, path);
  }
  struct stat status {};
  if (::fstat(file.fd(), &status) != 0) return fail_errno(errno, "read", path);
  if (!S_ISREG(status.st_mode)) return std::unexpected(fmt::format("read {}: no regular file", path));
  // One byte more than is allowed tells a file that is too large, whatever its size was a moment ago.
  std::string bytes(kMaxResourceBytes + 1, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::read(file.fd(), bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(errno, "read", path);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  if (filled > kMaxResourceBytes) {
    return std::unexpected(fmt::format("read {}: more than {} bytes", path, kMaxResourceBytes));
  }
  bytes.resize(filled);
  bytes.shrink_to_fit();
  return bytes;
}

Result<UnknownFiles> OverrideDirectory::unknown_files() const {
  std::vector<std::string> paths;
  // Opened anew: a descriptor's position in a folder is shared by its duplicates.
  UniqueFd top = open_beneath(fd_.fd(), ".", O_DIRECTORY);
  if (!top) return refuse_open(errno, path_);
  if (auto listed = list(std::move(top), "", path_, paths); !listed) return std::unexpected(std::move(listed.error()));
  for (const std::string_view folder : kFolders) {
    const std::string name(folder);
    UniqueFd inner = open_beneath(fd_.fd(), name, O_DIRECTORY);
    if (!inner && errno == ENOENT) continue;
    if (!inner) return refuse_open(errno, path_ + "/" + name);
    if (auto listed = list(std::move(inner), name + "/", path_ + "/" + name, paths); !listed) {
      return std::unexpected(std::move(listed.error()));
    }
  }
  return unknown_among(paths);
}

}  // namespace tickwire::game
