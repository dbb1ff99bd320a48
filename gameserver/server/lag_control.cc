// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/lag_control.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace tickwire::game {
namespace {

// Commands per wake-up: ticks must not wait for a flood.
constexpr int kCommandsPerWakeUp = 16;
constexpr std::string_view kOk = "ok";
constexpr std::string_view kError = "error: ";

struct Address {
  sockaddr_un name{};
  socklen_t length = sizeof name;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&name); }
};

Result<Address> address_of(const std::string& path) {
  Address address;
  address.name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.name.sun_path) {
    return std::unexpected(
        fmt::format("'{}': the path of a Unix socket has 1 to {} bytes", path, sizeof address.name.sun_path - 1));
  }
  std::memcpy(address.name.sun_path, path.data(), path.size());
  return address;
}

// Whether a program serves the socket at this address.
bool is_served(const Address& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return ::connect(probe.fd(), address.get(), address.length) == 0 || errno != ECONNREFUSED;
}

Result<UniqueFd> open_at(const std::string& path, const Address& address) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno(errno, "open", "a Unix socket");
  // Before bind(): at no time may others write to it.
  ::fchmod(fd.fd(), S_IRUSR | S_IWUSR);
  if (::bind(fd.fd(), address.get(), address.length) != 0) return fail_errno(errno, "bind", path);
  return fd;
}

// A path that is removed at the end of a scope.
struct Removed {
  explicit Removed(std::string removed_path) : path(std::move(removed_path)) {}
  Removed(const Removed&) = delete;
  Removed& operator=(const Removed&) = delete;
  ~Removed() { ::unlink(path.c_str()); }
  std::string path;
};

}  // namespace

Result<LagControl> LagControl::open(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return std::unexpected(address.error());
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode) || is_served(*address)) return fail_errno(EADDRINUSE, "bind", path);
    ::unlink(path.c_str());
  }
  auto fd = open_at(path, *address);
  if (!fd) return std::unexpected(fd.error());
  return LagControl(std::move(*fd), path);
}

LagControl::~LagControl() {
  if (fd_) ::unlink(path_.c_str());
}

void LagControl::serve(Lag& lag) const {
  for (int i = 0; i < kCommandsPerWakeUp; ++i) {
    // One byte more than is allowed, so that a longer one is seen to be longer.
    std::array<char, kMostCommandBytes + 1> bytes;
    Address from;
    const auto count = ::recvfrom(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT, from.get(), &from.length);
    if (count < 0) return;
    const std::string_view text(bytes.data(), static_cast<std::size_t>(count));
    const auto now = monotonic_now();
    const auto command =
        text.size() > kMostCommandBytes ? std::unexpected(std::string("the command is too long")) : parse_lag_command(text);
    const auto outcome = command ? lag.apply(*command, now) : Result<void>(std::unexpected(command.error()));
    lag.log_command(text, outcome, now);
    const std::string answer = outcome ? std::string(kOk) : fmt::format("{}{}", kError, outcome.error());
    // Who does not wait for the answer does not get one.
    ::sendto(fd(), answer.data(), answer.size(), MSG_DONTWAIT, from.get(), from.length);
  }
}

Result<void> ask_for_lag(const std::string& path, std::string_view command) {
  const auto server = address_of(path);
  if (!server) return std::unexpected(server.error());
  // The answer needs an address; a name in the file system is seen from every network namespace.
  const std::string own_path = fmt::format("{}.{}", path, ::getpid());
  const auto own = address_of(own_path);
  if (!own) return std::unexpected(own.error());
  const auto fd = open_at(own_path, *own);
  if (!fd) return std::unexpected(fd.error());
  const Removed removed(own_path);
  const timeval patience{.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(kMostLag).count() + 2, .tv_usec = 0};
  ::setsockopt(fd->fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(fd->fd(), server->get(), server->length) != 0) return fail_errno(errno, "connect to", path);
  if (::send(fd->fd(), command.data(), command.size(), 0) < 0) return fail_errno(errno, "send to", path);
  std::array<char, 2 * LagControl::kMostCommandBytes> bytes;
  const auto count = ::recv(fd->fd(), bytes.data(), bytes.size(), 0);
  if (count < 0) return fail_errno(errno, "wait for the answer of", path);
  const std::string_view answer(bytes.data(), static_cast<std::size_t>(count));
  if (answer == kOk) return {};
  return std::unexpected(std::string(answer.starts_with(kError) ? answer.substr(kError.size()) : answer));
}

}  // namespace tickwire::game
