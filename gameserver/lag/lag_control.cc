// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lag/lag_control.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace tickwire::game {
namespace {

constexpr std::string_view kOk = "ok";
constexpr std::string_view kError = "error: ";

}  // namespace

Result<LagControl> LagControl::open(const std::string& path) {
  auto listener = UnixListener::open(path);
  if (!listener) return std::unexpected(std::move(listener.error()));
  return LagControl(std::move(*listener));
}

void LagControl::serve(const CarryOut& carry_out) const {
  // One byte more than is allowed, so that a longer one is seen to be longer.
  std::array<char, kMostCommandBytes + 1> bytes;
  UnixAddress from;
  const auto count = ::recvfrom(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT, from.address(), &from.length);
  if (count < 0) return;
  const std::string_view text(bytes.data(), static_cast<std::size_t>(count));
  const auto outcome = carry_out(
      text, text.size() > kMostCommandBytes ? std::unexpected(std::string("the command is too long")) : parse_lag_command(text));
  const std::string answer = outcome ? std::string(kOk) : fmt::format("{}{}", kError, outcome.error());
  // Who does not wait for the answer does not get one.
  ::sendto(fd(), answer.data(), answer.size(), MSG_DONTWAIT, from.address(), from.length);
}

Result<void> ask_for_lag(const std::string& path, std::string_view command) {
  const auto server = UnixAddress::of(path);
  if (!server) return std::unexpected(server.error());
  // The answer needs an address; a name in the file system is seen from every network namespace.
  const auto own = UnixListener::open(fmt::format("{}.{}", path, ::getpid()));
  if (!own) return std::unexpected(own.error());
  const timeval patience{.tv_sec = 2, .tv_usec = 0};
  ::setsockopt(own->fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(own->fd(), server->address(), server->length) != 0) return fail_errno(errno, "connect to", path);
  if (::send(own->fd(), command.data(), command.size(), 0) < 0) return fail_errno(errno, "send to", path);
  std::array<char, 2 * LagControl::kMostCommandBytes> bytes;
  const auto count = ::recv(own->fd(), bytes.data(), bytes.size(), 0);
  if (count < 0) return fail_errno(errno, "wait for the answer of", path);
  const std::string_view answer(bytes.data(), static_cast<std::size_t>(count));
  if (answer == kOk) return {};
  return std::unexpected(std::string(answer.starts_with(kError) ? answer.substr(kError.size()) : answer));
}

}  // namespace tickwire::game
