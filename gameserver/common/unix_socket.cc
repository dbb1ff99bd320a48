// SPDX-License-Identifier: Apache-2.0
#include "gameserver/common/unix_socket.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace tickwire::game {
namespace {

bool is_served(const UnixAddress& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return ::connect(probe.fd(), address.address(), address.length) == 0 || errno != ECONNREFUSED;
}

}  // namespace

Result<UnixAddress> UnixAddress::of(const std::string& path) {
  UnixAddress address;
  address.name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.name.sun_path) {
    return std::unexpected(
        fmt::format("'{}': the path of a Unix socket has 1 to {} bytes", path, sizeof address.name.sun_path - 1));
  }
  std::memcpy(address.name.sun_path, path.data(), path.size());
  return address;
}

Result<UnixListener> UnixListener::open(const std::string& path) {
  const auto address = UnixAddress::of(path);
  if (!address) return std::unexpected(address.error());
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode) || is_served(*address)) return fail_errno(EADDRINUSE, "bind", path);
    ::unlink(path.c_str());
  }
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno(errno, "open", "a Unix socket");
  // Before bind(): at no time may others write to it.
  ::fchmod(fd.fd(), S_IRUSR | S_IWUSR);
  if (::bind(fd.fd(), address->address(), address->length) != 0) return fail_errno(errno, "bind", path);
  return UnixListener(std::move(fd), path);
}

UnixListener::~UnixListener() {
  if (fd_) ::unlink(path_.c_str());
}

}  // namespace tickwire::game
