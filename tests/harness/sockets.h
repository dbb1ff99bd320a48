// What it owns: plain sockets inside a namespace, with deadlines: the test's own players and servers, whose counts are the truth.
// Who may use it: tests.
// Thread: any; each socket by one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "harness/network.h"

namespace tickwire::harness {

// An address of either family, in text, and a port.
struct Address {
  std::string ip;
  std::uint16_t port = 0;  // 0: any
};

// All of these throw std::runtime_error when the system refuses, or when nothing happens for five seconds.

// A bound UDP socket; connected when `to` has a port.
[[nodiscard]] UniqueFd udp_socket(const Namespace& network, const Address& bound, const Address& to = {});
[[nodiscard]] UniqueFd tcp_listener(const Namespace& network, const Address& bound);
// An established connection.
[[nodiscard]] UniqueFd tcp_connect(const Namespace& network, const Address& to, const Address& from = {});
[[nodiscard]] UniqueFd tcp_accept(int borrowed_listener);
[[nodiscard]] std::uint16_t local_port(int borrowed_fd);

// One datagram to the peer of a connected socket, or to `to`.
void send_datagram(int borrowed_fd, std::size_t bytes);
void send_datagram(int borrowed_fd, std::span<const std::uint8_t> content);
void send_datagram_to(int borrowed_fd, const Address& to, std::size_t bytes);
// Takes one datagram; gives its size.
std::size_t take_datagram(int borrowed_fd);
// All of it, however many segments that takes.
void send_bytes(int borrowed_fd, std::size_t bytes);
// Exactly so many.
void take_bytes(int borrowed_fd, std::size_t bytes);
// Waits for the peer's FIN: true; a reset instead: false.
[[nodiscard]] bool take_end(int borrowed_fd);
// Acknowledgements of what comes next leave at once; the kernel forgets this, so ask again after each read.
void acknowledge_at_once(int borrowed_fd);
// For frames as they are, tagged ones too, that leave by the interface.
[[nodiscard]] UniqueFd frame_socket(const Namespace& network, const std::string& interface);
void send_frame(int borrowed_fd, std::span<const std::uint8_t> frame);
// Closing resets the connection instead of ending it.
void reset_on_close(int borrowed_fd);

}  // namespace tickwire::harness
