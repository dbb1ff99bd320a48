// What it owns: a socket that sends whatever bytes it is given, for those who do not keep to the protocol.
// Who may use it: the churn.
// Thread: one at a time; blocks up to the deadlines that it is given.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "gameserver/common/clock.h"
#include "gameserver/common/endpoint.h"
#include "gameserver/common/result.h"
#include "gameserver/common/unique_fd.h"

namespace tickwire::game {

// How a wait for bytes ended.
enum class ReadEnd : std::uint8_t { kBytes, kTimeout, kClosed, kReset };

class RawSocket {
 public:
  // Connected; a stream within 5 s. socket_type and receive_bytes as open_connecting() takes them.
  [[nodiscard]] static Result<RawSocket> connect(const Endpoint& remote, const std::optional<Endpoint>& source, int socket_type,
                                                 int receive_bytes = 0);

  // What the socket does not take at once is dropped: whoever sends garbage does not mind.
  void send(std::span<const std::byte> bytes);
  void send(std::string_view text);
  // One datagram, or what one read of a stream gives; empty unless it ends with kBytes.
  [[nodiscard]] ReadEnd read(std::vector<std::byte>& bytes, Nanoseconds deadline_mono);
  // Everything until the stream ends, at most kMostBytes of it; kTimeout when it does not end.
  [[nodiscard]] ReadEnd read_to_end(std::vector<std::byte>& bytes, Nanoseconds deadline_mono);
  // The connection ends with a reset instead of an orderly end, when this object goes.
  void reset_on_close();

  static constexpr std::size_t kMostBytes = 256 * 1024;

 private:
  explicit RawSocket(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace tickwire::game
