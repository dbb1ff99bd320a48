// What it owns: the client's side of one WebSocket (RFC 6455) without its socket: bytes in, messages out, and back.
// Who may use it: bots/.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gameserver/common/result.h"

struct wslay_event_context;

namespace tickwire::game {

// Memory: 9 KiB, what waits to be sent (at most kMostOutput and one message), and one message that is being received, at most
// kMaxFrameBytes.
class WsStream {
 public:
  static constexpr std::size_t kMostOutput = 64 * 1024;
  static constexpr std::size_t kMostHeadBytes = 8 * 1024;
  // A binary message; valid during the call.
  using OnMessage = std::function<void(std::span<const std::byte>)>;

  // host: of the Host header. The request for the upgrade waits in output(). Throws std::bad_alloc.
  explicit WsStream(std::string_view host);
  WsStream(const WsStream&) = delete;
  WsStream& operator=(const WsStream&) = delete;

  // Takes bytes of the connection, calls on_message for each message that is complete, and answers pings and a close. The error says
  // why the connection is over: no upgrade, a close frame (its code and reason), a breach of the protocol, or too many pings. What
  // output() holds then is still to be sent.
  [[nodiscard]] Result<void> feed(std::span<const std::byte> bytes, const OnMessage& on_message);
  // Whether the server has upgraded the connection.
  [[nodiscard]] bool is_open() const { return open_; }
  [[nodiscard]] std::uint64_t pings() const { return pings_; }

  // Puts one binary message, or a close frame, into output(); only while is_open(). Returns how many bytes it became.
  std::size_t send(std::span<const std::byte> message);
  std::size_t close(std::uint16_t code);

  // What waits to be sent; sent() takes its first bytes off.
  [[nodiscard]] std::span<const std::byte> output() const { return output_; }
  void sent(std::size_t count);

  // Bytes of a frame that the server sends with so many bytes in it.
  [[nodiscard]] static std::size_t frame_bytes(std::size_t message_bytes);

 private:
  struct FreeContext {
    void operator()(wslay_event_context* context) const;
  };
  struct Callbacks;
  Result<void> take_head(std::span<const std::byte>& bytes);
  std::size_t write();
  [[nodiscard]] std::string end_text() const;

  std::unique_ptr<wslay_event_context, FreeContext> context_;
  std::string key_;
  std::string head_;  // of the response, until the connection is open
  bool open_ = false;
  std::uint64_t pings_ = 0;
  std::string close_reason_;
  std::span<const std::byte> input_;  // during feed()
  const OnMessage* on_message_ = nullptr;
  std::vector<std::byte> output_;
};

}  // namespace tickwire::game
