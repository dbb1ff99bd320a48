// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/ws_stream.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <cctype>
#include <new>

#include "gameserver/bots/ws_handshake.h"
#include "gameserver/protocol/message.h"
#include "gameserver/token/random.h"

namespace tickwire::game {

// What the library calls; its context's user data is the stream.
struct WsStream::Callbacks {
  static WsStream& stream(void* user_data) { return *static_cast<WsStream*>(user_data); }

  static ssize_t receive(wslay_event_context* context, std::uint8_t* buffer, std::size_t length, int, void* user_data) {
    auto& input = stream(user_data).input_;
    if (input.empty()) {
      wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
      return -1;
    }
    const auto count = std::min(length, input.size());
    std::copy_n(input.begin(), count, reinterpret_cast<std::byte*>(buffer));
    input = input.subspan(count);
    return static_cast<ssize_t>(count);
  }

  static ssize_t send(wslay_event_context*, const std::uint8_t* data, std::size_t length, int, void* user_data) {
    const auto bytes = std::as_bytes(std::span(data, length));
    auto& output = stream(user_data).output_;
    output.insert(output.end(), bytes.begin(), bytes.end());
    return static_cast<ssize_t>(length);
  }

  static int make_mask(wslay_event_context*, std::uint8_t* buffer, std::size_t length, void*) {
    fill_random(std::as_writable_bytes(std::span(buffer, length)));
    return 0;
  }

  static void take(wslay_event_context*, const wslay_event_on_msg_recv_arg* message, void* user_data) {
    WsStream& self = stream(user_data);
    const auto bytes = std::as_bytes(std::span(message->msg, message->msg_length));
    if (message->opcode == WSLAY_PING) ++self.pings_;
    if (message->opcode == WSLAY_BINARY_FRAME) (*self.on_message_)(bytes);
    constexpr std::size_t kCodeBytes = 2;
    if (message->opcode == WSLAY_CONNECTION_CLOSE && bytes.size() > kCodeBytes) {
      self.close_reason_.assign(reinterpret_cast<const char*>(message->msg) + kCodeBytes, bytes.size() - kCodeBytes);
    }
  }
};

void WsStream::FreeContext::operator()(wslay_event_context* context) const { wslay_event_context_free(context); }

WsStream::WsStream(std::string_view host) : key_(make_ws_key()) {
  constexpr wslay_event_callbacks kCallbacks = {.recv_callback = Callbacks::receive,
                                                .send_callback = Callbacks::send,
                                                .genmask_callback = Callbacks::make_mask,
                                                .on_frame_recv_start_callback = nullptr,
                                                .on_frame_recv_chunk_callback = nullptr,
                                                .on_frame_recv_end_callback = nullptr,
                                                .on_msg_recv_callback = Callbacks::take};
  wslay_event_context* context = nullptr;
  if (wslay_event_context_client_init(&context, &kCallbacks, this) != 0) throw std::bad_alloc();
  context_.reset(context);
  wslay_event_config_set_max_recv_msg_length(context, kMaxFrameBytes);
  const auto request = ws_request(host, key_);
  const auto bytes = std::as_bytes(std::span(request));
  output_.assign(bytes.begin(), bytes.end());
}

Result<void> WsStream::feed(std::span<const std::byte> bytes, const OnMessage& on_message) {
  if (!open_) {
    if (const auto taken = take_head(bytes); !taken || !open_) return taken;
  }
  input_ = bytes;
  on_message_ = &on_message;
  const int outcome = wslay_event_recv(context_.get());
  input_ = {};
  write();
  if (outcome != 0) return std::unexpected(std::string("the WebSocket library gave up"));
  if (wslay_event_get_read_enabled(context_.get()) == 0) return std::unexpected(end_text());
  if (output().size() > kMostOutput) return std::unexpected(std::string("the server pings and takes no answer"));
  return {};
}

Result<void> WsStream::take_head(std::span<const std::byte>& bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const auto known = head_.size();
  head_.append(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kMostHeadBytes + 1 - known));
  const auto end = head_.find(kEnd, known < kEnd.size() ? 0 : known - kEnd.size());
  if (end == std::string::npos) {
    if (head_.size() > kMostHeadBytes) return std::unexpected(std::string("the server's answer to the upgrade has no end"));
    return {};
  }
  const auto checked = check_ws_response(std::string_view(head_).substr(0, end + kEnd.size()), key_);
  open_ = checked.has_value();
  bytes = bytes.subspan(end + kEnd.size() - known);
  head_ = {};
  return checked;
}

std::size_t WsStream::send(std::span<const std::byte> message) {
  const wslay_event_msg queued{
      .opcode = WSLAY_BINARY_FRAME, .msg = reinterpret_cast<const std::uint8_t*>(message.data()), .msg_length = message.size()};
  wslay_event_queue_msg(context_.get(), &queued);
  return write();
}

std::size_t WsStream::close(std::uint16_t code) {
  wslay_event_queue_close(context_.get(), code, nullptr, 0);
  return write();
}

std::size_t WsStream::write() {
  const auto before = output_.size();
  wslay_event_send(context_.get());
  return output_.size() - before;
}

void WsStream::sent(std::size_t count) { output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(count)); }

std::string WsStream::end_text() const {
  if (wslay_event_get_close_received(context_.get()) == 0) {
    return fmt::format("the server broke the WebSocket protocol: {}", wslay_event_get_status_code_sent(context_.get()));
  }
  std::string reason = close_reason_;
  // It is the peer's: what is no printable ASCII would harm a terminal.
  std::ranges::replace_if(
      reason, [](unsigned char c) { return std::isprint(c) == 0; }, '?');
  const auto code = wslay_event_get_status_code_received(context_.get());
  return fmt::format("the server closed the connection: {}{}{}", code, reason.empty() ? "" : " ", reason);
}

std::size_t WsStream::frame_bytes(std::size_t message_bytes) {
  // RFC 6455, section 5.2: the length is in 7 bits, or in 16 or 64 more.
  if (message_bytes < 126) return 2 + message_bytes;
  return (message_bytes <= 0xffff ? 4 : 10) + message_bytes;
}

}  // namespace tickwire::game
