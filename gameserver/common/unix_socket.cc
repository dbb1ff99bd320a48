// SPDX-License-Identifier: Apache-2.0
#include "gameserver/common/unix_socket.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
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
  const auto aside_path = path + ".new";
  const auto address = UnixAddress::of(path);
  const auto aside = UnixAddress::of(aside_path);
  if (!address || !aside) return std::unexpected((address ? aside : address).error());
  struct stat found {};
  const bool is_there = ::lstat(path.c_str(), &found) == 0;
  if (is_there && (!S_ISSOCK(found.st_mode) || is_served(*address))) return fail_errno(EADDRINUSE, "bind", path);
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno(errno, "open", "a Unix socket");
  // Before bind(): at no time may others write to it.
  ::fchmod(fd.fd(), S_IRUSR | S_IWUSR);
  // In the place of another one in one step: who sends meanwhile finds either, never nothing.
  if (is_there) ::unlink(aside_path.c_str());
  const auto& where = is_there ? *aside : *address;
  if (::bind(fd.fd(), where.address(), where.length) != 0) return fail_errno(errno, "bind", path);
  if (is_there && ::rename(aside_path.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(aside_path.c_str());
    return fail_errno(error, "bind", path);
  }
  return UnixListener(std::move(fd), path);
}

UnixListener::~UnixListener() {
  if (fd_) ::unlink(path_.c_str());
}

}  // namespace tickwire::game
