// SPDX-License-Identifier: Apache-2.0
#include "api/listener.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <vector>

namespace tickwire::api {
namespace {

constexpr int kBacklog = 128;
constexpr mode_t kFolderMask = 0022;  // folders 0755
constexpr mode_t kSocketMask = 0117;  // sockets 0660

// The umask belongs to the process: it is changed at start-up only, and for as short as possible.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(before_); }

 private:
  mode_t before_;
};

std::string text(const config::ListenAddress& address) {
  return address.host.find(':') == std::string::npos ? fmt::format("{}:{}", address.host, address.port)
                                                     : fmt::format("[{}]:{}", address.host, address.port);
}

struct Freeaddrinfo {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

std::unexpected<Error> fail_listen(int error, const config::ListenAddress& address) {
  std::string hint;
  if (error == EADDRINUSE) hint = "another process listens there: stop it, or choose another address with --listen";
  if (error == EADDRNOTAVAIL) hint = "no interface of this machine has this address: choose another one with --listen";
  if (error == EACCES) hint = "ports below 1024 need CAP_NET_BIND_SERVICE: choose a higher one with --listen";
  return fail_errno(error, "listen on", text(address), hint);
}

// A listening socket of one address, or the errno of the step that failed.
std::expected<UniqueFd, int> listen_on(const addrinfo& address, bool both_families) {
  UniqueFd socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(errno);
  const int on = 1;
  const int off = 0;
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (both_families) ::setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(socket.fd(), address.ai_addr, address.ai_addrlen) != 0) return std::unexpected(errno);
  if (::listen(socket.fd(), kBacklog) != 0) return std::unexpected(errno);
  return socket;
}

std::uint16_t bound_port(int borrowed_fd) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  if (::getsockname(borrowed_fd, reinterpret_cast<sockaddr*>(&bound), &length) != 0) return 0;
  // The port has the same place in both families' addresses (RFC 3493 3.3).
  return ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

// Whether somebody answers behind a socket file; an errno other than "nobody" is an error.
Result<bool> answers(const std::string& path, const sockaddr_un& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!probe) return fail_errno(errno, "socket", path);
  if (::connect(probe.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  const int error = errno;
  if (error == ECONNREFUSED || error == ENOENT) return false;
  if (error == EAGAIN || error == EINPROGRESS) return true;  // its queue is full: busy, not dead
  return fail_errno(error, "connect to", path);
}

// Frees the path for us, or says why it cannot be ours.
Result<void> clear_path(const std::string& path, const sockaddr_un& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    const int error = errno;
    if (error == ENOENT) return {};
    return fail_errno(error, "look at", path);
  }
  if (!S_ISSOCK(found.st_mode)) {
    return fail(fmt::format("api socket {}: something else than a socket is there", path),
                "remove it, or choose another path with --api-socket");
  }
  const auto alive = answers(path, address);
  if (!alive) return std::unexpected(alive.error());
  if (*alive) {
    return fail(fmt::format("api socket {}: another agent answers there", path),
                "stop it, or choose another path with --api-socket");
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "remove the dead socket", path);
  return {};
}

Result<void> make_folder(const std::filesystem::path& folder) {
  if (folder.empty()) return {};
  const Umask mask(kFolderMask);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail_errno(error.value(), "create folder", folder.string());
  return {};
}

}  // namespace

Result<TcpListener> listen_tcp(const config::ListenAddress& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  const std::string port = std::to_string(address.port);
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(address.host.empty() ? nullptr : address.host.c_str(), port.c_str(), &hints, &found);
  if (code != 0)
    return fail(fmt::format("listen on {}: {}", text(address), ::gai_strerror(code)), "choose another address with --listen");
  const std::unique_ptr<addrinfo, Freeaddrinfo> list(found);

  std::vector<const addrinfo*> candidates;
  for (const addrinfo* each = list.get(); each != nullptr; each = each->ai_next) candidates.push_back(each);
  // The IPv6 wildcard takes IPv4 as well, so it comes first where all addresses are wanted.
  const bool all = address.host.empty();
  std::ranges::stable_partition(candidates, [&](const addrinfo* each) { return each->ai_family == (all ? AF_INET6 : AF_INET); });

  int error = EADDRNOTAVAIL;
  for (const addrinfo* each : candidates) {
    auto socket = listen_on(*each, all && each->ai_family == AF_INET6);
    if (socket) {
      const std::uint16_t bound = bound_port(socket->fd());
      return TcpListener{.socket = *std::move(socket), .port = bound};
    }
    error = socket.error();
    if (error != EADDRNOTAVAIL && error != EAFNOSUPPORT) break;
  }
  return fail_listen(error, address);
}

Result<std::unique_ptr<UnixListener>> UnixListener::listen(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail_usage(fmt::format("api socket '{}': a path of 1 .. {} bytes is wanted", path, sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size());
  if (auto made = make_folder(std::filesystem::path(path).parent_path()); !made) return std::unexpected(made.error());
  if (auto cleared = clear_path(path, address); !cleared) return std::unexpected(cleared.error());

  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno(errno, "socket", path);
  {
    const Umask mask(kSocketMask);
    const int bound = ::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = errno;
    if (bound != 0) return fail_errno(error, "bind", path, "choose another path with --api-socket");
  }
  struct stat made {};
  if (::lstat(path.c_str(), &made) != 0) return fail_errno(errno, "look at", path);
  std::unique_ptr<UnixListener> listener(new UnixListener(std::move(socket), path, made.st_dev, made.st_ino));
  if (::listen(listener->borrowed_fd(), kBacklog) != 0) return fail_errno(errno, "listen on", path);
  return listener;
}

UnixListener::~UnixListener() {
  struct stat found {};
  if (::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_) ::unlink(path_.c_str());
}

}  // namespace tickwire::api
