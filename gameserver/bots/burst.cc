// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/burst.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "gameserver/bots/connect.h"
#include "gameserver/bots/player.h"
#include "gameserver/protocol/frame.h"

namespace tickwire::game {
namespace {

constexpr int kStepTimeoutMs = 5'000;

Result<void> wait_for(int borrowed_fd, short events) {
  pollfd poll_fd{.fd = borrowed_fd, .events = events, .revents = 0};
  const int ready = ::poll(&poll_fd, 1, kStepTimeoutMs);
  if (ready < 0) return fail_errno(errno, "wait for", "connection");
  if (ready == 0) return std::unexpected(std::string("no answer within 5 s"));
  return {};
}

Result<void> send_frame(int borrowed_fd, const Message& message) {
  std::vector<std::byte> bytes;
  encode_frame(message, bytes);
  // A frame of some 40 bytes fits into the empty send buffer of a new connection.
  if (::send(borrowed_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
    return fail_errno(errno, "send to", "server");
  }
  return {};
}

// Reads frames into the player until done() or the end of the stream.
template <typename Done>
Result<void> read_until(int borrowed_fd, FrameReader& in, Player& player, Done done) {
  while (!done()) {
    if (const auto ready = wait_for(borrowed_fd, POLLIN); !ready) return ready;
    const auto space = in.writable();
    const auto count = ::recv(borrowed_fd, space.data(), space.size(), 0);
    if (count < 0) return fail_errno(errno, "read from", "server");
    if (count == 0) return {};
    in.commit(static_cast<std::size_t>(count));
    for (;;) {
      const auto frame = in.next();
      if (!frame) return std::unexpected(std::string("the server sent a frame that is too long"));
      if (!*frame) break;
      const auto message = parse_frame(**frame);
      if (message) player.take(*message, monotonic_now());
    }
  }
  return {};
}

Result<void> visit(const Endpoint& remote, const std::optional<Endpoint>& source, std::uint32_t nonce) {
  auto fd = open_connecting(remote, source, SOCK_STREAM);
  if (!fd) return std::unexpected(fd.error());
  Player player(nonce);
  FrameReader in;
  int error = 0;
  socklen_t length = sizeof error;
  return in_order([&] { return wait_for(fd->fd(), POLLOUT); },
                  [&]() -> Result<void> {
                    ::getsockopt(fd->fd(), SOL_SOCKET, SO_ERROR, &error, &length);
                    if (error != 0) return fail_errno(error, "connect to", remote.text());
                    player.connected();
                    return send_frame(fd->fd(), player.hello(monotonic_now()));
                  },
                  [&] { return read_until(fd->fd(), in, player, [&] { return player.state() != BotState::kJoining; }); },
                  [&]() -> Result<void> {
                    if (player.state() == BotState::kFailed) return std::unexpected(player.failure());
                    if (player.state() != BotState::kPlaying) return std::unexpected(std::string("no welcome"));
                    return send_frame(fd->fd(), player.bye(monotonic_now()));
                  },
                  // The server's end of the stream: the connection is closed on both sides before the next one is opened.
                  [&] { return read_until(fd->fd(), in, player, [] { return false; }); });
}

}  // namespace

Result<BurstOutcome> run_burst(const BotOptions& options, int borrowed_stop_fd) {
  const auto remote = Endpoint::resolve(options.server, options.tcp_port);
  if (!remote) return std::unexpected(remote.error());
  std::optional<Endpoint> source;
  if (!options.source_address.empty()) {
    const auto resolved = Endpoint::resolve(options.source_address, 0);
    if (!resolved) return std::unexpected(resolved.error());
    source = *resolved;
  }
  BurstOutcome outcome;
  const auto started = monotonic_now();
  while (outcome.attempted < options.burst_connections) {
    pollfd stop{.fd = borrowed_stop_fd, .events = POLLIN, .revents = 0};
    if (::poll(&stop, 1, 0) > 0) break;
    ++outcome.attempted;
    const auto visited = visit(*remote, source, static_cast<std::uint32_t>(outcome.attempted));
    if (visited) {
      ++outcome.welcomed;
    } else if (outcome.first_failure.empty()) {
      outcome.first_failure = visited.error();
    }
  }
  outcome.duration = monotonic_now() - started;
  return outcome;
}

}  // namespace tickwire::game
