// What it owns: the Unix socket on which a running server is asked for lag.
// Who may use it: lag/; main, to ask a server.
// Thread: one at a time; ask_for_lag() blocks.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "gameserver/common/result.h"
#include "gameserver/common/unix_socket.h"
#include "gameserver/lag/lag_command.h"

namespace tickwire::game {

// A datagram socket of mode 0600 at a path, removed at the end: one datagram is one command, of at most kMostCommandBytes, and is
// answered with "ok" or "error: ...". No network reaches it.
class LagControl {
 public:
  static constexpr std::size_t kMostCommandBytes = 256;

  // A socket that nobody serves any more is replaced. The error names the path.
  [[nodiscard]] static Result<LagControl> open(const std::string& path);

  [[nodiscard]] int fd() const { return listener_.fd(); }
  // Carries out one command, if one waits, so that it has begun before the next is looked at; what carry_out returns is the answer.
  using CarryOut = std::function<Result<void>(std::string_view text, const Result<LagCommand>& command)>;
  void serve(const CarryOut& carry_out) const;

 private:
  explicit LagControl(UnixListener listener) : listener_(std::move(listener)) {}

  UnixListener listener_;
};

// Sends one command to the server behind the path and waits for its answer, up to two seconds. The error is the server's, or says why
// there is no answer.
[[nodiscard]] Result<void> ask_for_lag(const std::string& path, std::string_view command);

}  // namespace tickwire::game
