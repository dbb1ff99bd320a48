// What it owns: the Unix socket on which a running server is asked for lag.
// Who may use it: the server; main, to ask one.
// Thread: the server's loop; ask_for_lag() blocks.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gameserver/common/result.h"
#include "gameserver/common/unix_socket.h"
#include "gameserver/server/lag.h"

namespace tickwire::game {

// A datagram socket of mode 0600 at a path, removed at the end: one datagram is one command, of at most kMostCommandBytes, and is
// answered with "ok" or "error: ...". No network reaches it.
class LagControl {
 public:
  static constexpr std::size_t kMostCommandBytes = 256;

  // A socket that nobody serves any more is replaced. The error names the path.
  [[nodiscard]] static Result<LagControl> open(const std::string& path) {
    auto listener = UnixListener::open(path);
    if (!listener) return std::unexpected(std::move(listener.error()));
    return LagControl(std::move(*listener));
  }

  [[nodiscard]] int fd() const { return listener_.fd(); }
  // Carries out the commands that wait, within a bound.
  void serve(Lag& lag) const;

 private:
  explicit LagControl(UnixListener listener) : listener_(std::move(listener)) {}

  UnixListener listener_;
};

// Sends one command to the server behind the path and waits for its answer, up to kMostLag and two seconds, as a stalled loop does
// not answer. The error is the server's, or says why there is no answer.
[[nodiscard]] Result<void> ask_for_lag(const std::string& path, std::string_view command);

}  // namespace tickwire::game
