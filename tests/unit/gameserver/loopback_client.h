// What it owns: plain sockets that talk to a server on loopback.
// Who may use it: the tests of gameserver/.
// Thread: the test's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gameserver/common/endpoint.h"
#include "gameserver/common/unique_fd.h"
#include "gameserver/protocol/datagram.h"
#include "gameserver/protocol/frame.h"

namespace tickwire::game {

// A blocking socket; a read gives up after five seconds.
class RawClient {
 public:
  // receive_buffer_bytes: of the socket; 0: the kernel's choice.
  RawClient(int socket_type, std::uint16_t port, int receive_buffer_bytes = 0)
      : fd_(::socket(AF_INET, socket_type | SOCK_CLOEXEC, 0)) {
    if (receive_buffer_bytes > 0) {
      ::setsockopt(fd_.fd(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    }
    const timeval timeout{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd_.fd(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    const auto server = *Endpoint::resolve("127.0.0.1", port);
    EXPECT_EQ(::connect(fd_.fd(), server.address(), server.length), 0);
  }

  [[nodiscard]] int fd() const { return fd_.fd(); }
  [[nodiscard]] std::string local() const { return Endpoint::local_of(fd()).text(); }
  void send(const std::vector<std::byte>& bytes) const {
    EXPECT_EQ(::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // One datagram, or what one read of a stream gives; empty at the end of a stream or after five seconds.
  [[nodiscard]] std::vector<std::byte> receive() const {
    std::vector<std::byte> bytes(4096);
    const auto count = ::recv(fd(), bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  // Everything until the stream ends.
  [[nodiscard]] std::vector<std::byte> receive_all() const {
    std::vector<std::byte> all;
    for (auto part = receive(); !part.empty(); part = receive()) all.insert(all.end(), part.begin(), part.end());
    return all;
  }

 private:
  UniqueFd fd_;
};

inline std::vector<std::byte> framed(const Message& message) {
  std::vector<std::byte> bytes;
  encode_frame(message, bytes);
  return bytes;
}

inline std::vector<std::byte> datagram(const Message& message) {
  std::vector<std::byte> bytes;
  encode_datagram(message, bytes);
  return bytes;
}

// The reason in the last frame before the stream ended.
inline std::optional<Reason> farewell(const RawClient& client) {
  const auto all = client.receive_all();
  std::optional<Reason> reason;
  for (std::span<const std::byte> rest(all); rest.size() >= kFrameLengthBytes;) {
    const auto length = ByteReader(rest).read<std::uint32_t>();
    if (rest.size() < kFrameLengthBytes + length) break;
    const auto message = parse_frame(rest.subspan(kFrameLengthBytes, length));
    if (message && std::holds_alternative<Reject>(message->body)) reason = std::get<Reject>(message->body).reason;
    if (message && std::holds_alternative<Bye>(message->body)) reason = std::get<Bye>(message->body).reason;
    rest = rest.subspan(kFrameLengthBytes + length);
  }
  return reason;
}

}  // namespace tickwire::game
