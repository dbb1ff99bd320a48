// What it owns: a plain blocking client of a web gateway: bytes as they are on the wire, HTTP answers, WebSocket frames.
// Who may use it: the tests of gameserver/web.
// Thread: the test's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "gameserver/common/endpoint.h"
#include "gameserver/common/unique_fd.h"

namespace tickwire::game {

struct HttpAnswer {
  int status = 0;  // 0: the connection ended without one
  std::map<std::string, std::string> headers;
  std::string body;
};

struct WebSocketFrame {
  unsigned opcode = 0;  // RFC 6455 5.2; 0 also when the connection ended without one
  bool last = false;
  std::string payload;
  // Of a close frame.
  [[nodiscard]] unsigned close_code() const {
    return payload.size() < 2
               ? 0
               : static_cast<unsigned>(static_cast<std::uint8_t>(payload[0]) << 8 | static_cast<std::uint8_t>(payload[1]));
  }
  [[nodiscard]] std::string close_reason() const { return payload.size() < 2 ? std::string() : payload.substr(2); }
};

inline constexpr unsigned kTextFrame = 1;
inline constexpr unsigned kBinaryFrame = 2;
inline constexpr unsigned kCloseFrame = 8;
inline constexpr unsigned kPingFrame = 9;
inline constexpr unsigned kPongFrame = 10;

// The handshake of RFC 6455 1.2. more: header lines, each with its end.
inline std::string handshake(const std::string& more = {}) {
  return "GET /ws HTTP/1.1\r\nHost: 192.0.2.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         more + "\r\n";
}

// A read gives up after five seconds.
class WebClient {
 public:
  // receive_buffer_bytes 0: as the kernel likes.
  explicit WebClient(std::uint16_t port, int receive_buffer_bytes = 0) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval timeout{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(fd_.fd(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(fd_.fd(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (receive_buffer_bytes != 0)
      ::setsockopt(fd_.fd(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    const auto server = *Endpoint::resolve("127.0.0.1", port);
    EXPECT_EQ(::connect(fd_.fd(), server.address(), server.length), 0);
  }

  [[nodiscard]] int fd() const { return fd_.fd(); }
  // False when the server has closed.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto count = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void close() { fd_.reset(); }
  // Something comes, or the connection ends, within this time.
  [[nodiscard]] bool readable_within(std::chrono::milliseconds time) const {
    pollfd waiting{.fd = fd(), .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, static_cast<int>(time.count())) > 0;
  }
  // Nothing but the end of the connection comes.
  [[nodiscard]] bool ended() {
    if (!buffer_.empty()) return false;
    char byte = 0;
    const auto count = ::recv(fd(), &byte, 1, 0);
    return count == 0 || (count < 0 && errno == ECONNRESET);
  }

  // head_only: the answer to HEAD.
  [[nodiscard]] HttpAnswer answer(bool head_only = false) {
    HttpAnswer answer;
    const auto head = take_until("\r\n\r\n");
    if (head.empty()) return answer;
    answer.status = std::atoi(head.c_str() + head.find(' '));
    for (auto at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
      const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
      if (const auto colon = line.find(": "); colon != std::string::npos)
        answer.headers[line.substr(0, colon)] = line.substr(colon + 2);
    }
    const auto length = answer.headers.find("Content-Length");
    if (!head_only && length != answer.headers.end()) answer.body = take(std::strtoul(length->second.c_str(), nullptr, 10));
    return answer;
  }
  [[nodiscard]] HttpAnswer ask(std::string_view request) {
    send(request);
    return answer();
  }

  // Sends one frame; masked by 37 fa 21 3d, as in RFC 6455 5.7, or not at all.
  bool send_frame(unsigned opcode, std::string_view payload, bool last = true, bool masked = true) const {
    return send(frame(opcode, payload, last, masked));
  }
  [[nodiscard]] static std::string frame(unsigned opcode, std::string_view payload, bool last = true, bool masked = true) {
    constexpr std::string_view kMask = "\x37\xfa\x21\x3d";
    std::string bytes = head_of(opcode, payload.size(), last, masked);
    if (masked) bytes += kMask;
    for (std::size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ (masked ? kMask[i % 4] : 0));
    return bytes;
  }
  [[nodiscard]] static std::string head_of(unsigned opcode, std::uint64_t payload_bytes, bool last = true, bool masked = true) {
    std::string bytes(1, static_cast<char>(opcode | (last ? 0x80 : 0)));
    const char mask_bit = masked ? '\x80' : '\0';
    const int length_bytes = payload_bytes < 126 ? 0 : payload_bytes < 65'536 ? 2 : 8;
    const auto short_length = length_bytes == 0 ? payload_bytes : length_bytes == 2 ? 126 : 127;
    bytes += static_cast<char>(static_cast<char>(short_length) | mask_bit);
    for (int i = length_bytes - 1; i >= 0; --i) bytes += static_cast<char>(payload_bytes >> (8 * i));
    return bytes;
  }
  [[nodiscard]] WebSocketFrame read_frame() {
    WebSocketFrame frame;
    const auto head = take(2);
    if (head.size() < 2) return frame;
    frame.opcode = static_cast<unsigned>(head[0]) & 0x0f;
    frame.last = (static_cast<unsigned>(head[0]) & 0x80) != 0;
    EXPECT_EQ(static_cast<unsigned>(head[1]) & 0x80, 0U) << "a server masks nothing";
    std::size_t length = static_cast<std::size_t>(head[1]);
    if (length == 126) {
      length = 0;
      for (const char byte : take(2)) length = length << 8 | static_cast<std::uint8_t>(byte);
    }
    frame.payload = take(length);
    return frame;
  }
  // The next frame of this kind; others are thrown away.
  [[nodiscard]] WebSocketFrame read_frame_of(unsigned opcode) {
    for (;;) {
      auto frame = read_frame();
      if (frame.opcode == opcode || frame.opcode == 0) return frame;
    }
  }

 private:
  bool more() {
    char bytes[4096];
    const auto count = ::recv(fd(), bytes, sizeof bytes, 0);
    if (count > 0) buffer_.append(bytes, static_cast<std::size_t>(count));
    return count > 0;
  }
  // With the mark; empty when the connection ends before it.
  std::string take_until(std::string_view mark) {
    for (;;) {
      if (const auto at = buffer_.find(mark); at != std::string::npos) return take(at + mark.size());
      if (!more()) return {};
    }
  }
  // Fewer when the connection ends.
  std::string take(std::size_t count) {
    while (buffer_.size() < count && more()) {
    }
    auto taken = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return taken;
  }

  UniqueFd fd_;
  std::string buffer_;
};

}  // namespace tickwire::game
