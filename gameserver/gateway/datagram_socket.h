// What it owns: a UDP socket that receives and sends in batches and answers from the address that was asked.
// Who may use it: the UDP gateway, the echo.
// Thread: the server's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "gameserver/common/clock.h"
#include "gameserver/common/endpoint.h"
#include "gameserver/common/result.h"
#include "gameserver/common/unique_fd.h"

namespace tickwire::game {

// The address of ours that a datagram was sent to; its answer leaves from it. On a machine with several addresses the route alone
// would choose another one, and a connected client would drop the answer.
struct OwnAddress {
  int family = 0;  // AF_INET, AF_INET6, or 0: let the route choose
  in_addr v4{};
  in6_addr v6{};
  int interface_index = 0;  // for link-local addresses; else 0
};

struct ReceivedDatagram {
  std::span<const std::byte> bytes;  // owned by the socket until its next receive()
  bool truncated = false;            // longer than kReceiveBytes
  Endpoint remote;
  OwnAddress own;
  Nanoseconds arrived_unix{};  // the kernel's stamp (SCM_TIMESTAMPNS); zero when it gave none
};

struct SendCounts {
  std::size_t sent = 0;
  std::size_t dropped = 0;  // refused by the kernel, most often because the send buffer is full
};

class DatagramSocket {
 public:
  static constexpr std::size_t kBatch = 64;
  static constexpr std::size_t kReceiveBytes = 2048;

  // host and port as open_bound() takes them.
  [[nodiscard]] static Result<DatagramSocket> open(const std::string& host, std::uint16_t port);
  DatagramSocket(DatagramSocket&&) noexcept;
  DatagramSocket& operator=(DatagramSocket&&) noexcept;
  ~DatagramSocket();

  [[nodiscard]] int fd() const { return fd_.fd(); }
  [[nodiscard]] std::uint16_t port() const { return Endpoint::local_of(fd()).port(); }

  // Asks for buffers of so many bytes, beyond net.core.rmem_max and wmem_max where the process may (CAP_NET_ADMIN); the kernel gives what
  // it gives.
  void widen_buffers(int bytes);

  // Datagrams that the kernel could not put into this socket so far (SO_MEMINFO, Linux 4.12); a 32-bit count that wraps. 0 when
  // the kernel does not say.
  [[nodiscard]] std::uint64_t receive_drops() const;

  // At most kBatch datagrams that wait; empty when there is none.
  [[nodiscard]] std::span<const ReceivedDatagram> receive();
  // Copies a datagram of at most kReceiveBytes into the batch; sends the batch when it is full.
  SendCounts queue(const Endpoint& remote, const OwnAddress& own, std::span<const std::byte> bytes);
  // Sends what is queued. Never blocks: what the kernel does not take is dropped, as the network would.
  SendCounts flush();

 private:
  struct Buffers;
  DatagramSocket();

  UniqueFd fd_;
  std::unique_ptr<Buffers> buffers_;
  std::size_t queued_ = 0;
};

}  // namespace tickwire::game
