// SPDX-License-Identifier: Apache-2.0
#include "gameserver/web/websocket_client.h"

#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/websocket.hpp>
#include <string_view>

#include "gameserver/gateway/front.h"
#include "gameserver/protocol/frame.h"
#include "gameserver/web/message_box.h"

namespace tickwire::game {
namespace {

namespace websocket = boost::beast::websocket;
using boost::beast::bind_front_handler;
using ErrorCode = boost::system::error_code;

// What a client keeps of its read buffer between two messages.
constexpr std::size_t kKeptReadBytes = 2 * 1024;

websocket::close_code close_code_of(Reason reason) {
  if (reason == Reason::kShutdown) return websocket::close_code::going_away;
  const bool normal = reason == Reason::kDone || reason == Reason::kIdle;
  return normal ? websocket::close_code::normal : websocket::close_code::policy_error;
}

class WebSocketClient final : public WebConnection, public ClientLink, public std::enable_shared_from_this<WebSocketClient> {
 public:
  explicit WebSocketClient(WebCore& borrowed_core) : core_(&borrowed_core) {}
  ~WebSocketClient() override = default;

  // Asks the front.
  [[nodiscard]] std::expected<void, Reason> apply(const Endpoint& remote);
  void start(WebSocketStreamSocket socket, AddressSlot slot, const WebRequest& request);

  void send(const Message& message) override;
  void offer(const Message& message) override;
  void pause() override { paused_ = true; }
  void resume() override;
  void close(Reason reason) override;

  void sweep(Nanoseconds now_mono) override;
  void stop(Nanoseconds now_mono) override;

 private:
  // No compression: messages are small, and the server's own codec shrinks them where it pays.
  using Stream = websocket::stream<WebSocketStreamSocket, false>;
  enum class Phase { kHandshake, kOpen, kFarewell, kOver };

  template <typename... Arguments>
  auto bound(void (WebSocketClient::*member)(Arguments...)) {
    return bind_front_handler(member, shared_from_this());
  }

  void hear() {
    heard_mono_ = monotonic_now();
    unanswered_mono_.reset();
  }
  void on_accepted(ErrorCode error);
  void read();
  void on_read(ErrorCode error, std::size_t bytes);
  // The message in the read buffer.
  void take();
  void fail(ErrorCode error);
  void flush();
  void on_written(ErrorCode error, std::size_t bytes);
  void say_goodbye();
  void check_heartbeat(Nanoseconds now_mono);
  void on_pinged(ErrorCode error);
  // Says that the client is gone, once.
  void leave_front();
  // Ends the session; the front sends the client the reason and calls close().
  void end_session(Reason reason);
  // The client does not take what it is sent.
  void evict();
  // Drops the socket, whatever is under way.
  void drop();

  WebCore* core_;
  std::optional<AddressSlot> slot_;
  std::optional<Stream> stream_;
  std::optional<ClientId> client_;  // while the front knows it
  Phase phase_ = Phase::kHandshake;
  Nanoseconds deadline_mono_{};  // of the handshake and of the farewell
  std::optional<websocket::close_code> farewell_code_;
  std::string_view farewell_name_;

  boost::beast::flat_buffer in_{kMaxFrameBytes + 1};  // one more, to see that there is no more
  bool reading_ = false;
  bool paused_ = false;
  bool held_ = false;  // in_ holds a message that came while nothing was to be read

  MessageBox out_;
  MessageBox::Bytes going_;  // with the length of its frame in front; empty: nothing is being written
  Nanoseconds going_since_mono_{};
  bool overflown_ = false;
  bool saying_goodbye_ = false;

  Nanoseconds heard_mono_{};
  Nanoseconds pinged_mono_{};
  std::optional<Nanoseconds> unanswered_mono_;  // the first ping since anything was heard
  bool pinging_ = false;                        // it has not left
};

std::expected<void, Reason> WebSocketClient::apply(const Endpoint& remote) {
  const auto client = core_->front->add(*this, Transport::kWebSocket, remote, monotonic_now());
  if (!client) return std::unexpected(client.error());
  client_ = *client;
  return {};
}

void WebSocketClient::start(WebSocketStreamSocket socket, AddressSlot slot, const WebRequest& request) {
  slot_.emplace(std::move(slot));
  stream_.emplace(std::move(socket));
  ++core_->stats.websockets;
  heard_mono_ = pinged_mono_ = monotonic_now();
  deadline_mono_ = heard_mono_ + core_->options.timeouts.write;
  stream_->binary(true);
  stream_->auto_fragment(false);
  stream_->read_message_max(kMaxFrameBytes);
  stream_->set_option(websocket::stream_base::decorator(
      [](websocket::response_type& response) { response.set(boost::beast::http::field::server, "tickwire-gameserver"); }));
  stream_->control_callback([this](websocket::frame_type kind, boost::beast::string_view) {
    hear();
    if (kind == websocket::frame_type::close) leave_front();
  });
  stream_->async_accept(request, bound(&WebSocketClient::on_accepted));
}

void WebSocketClient::on_accepted(ErrorCode error) {
  if (phase_ == Phase::kOver) return;
  if (error) return drop();
  ++core_->stats.upgrades;
  if (phase_ == Phase::kHandshake) phase_ = Phase::kOpen;
  read();
  flush();
}

void WebSocketClient::read() {
  if (reading_ || held_ || paused_ || phase_ != Phase::kOpen) return;
  reading_ = true;
  stream_->async_read(in_, bound(&WebSocketClient::on_read));
}

void WebSocketClient::on_read(ErrorCode error, std::size_t /*bytes*/) {
  reading_ = false;
  if (phase_ == Phase::kOver) return;
  if (error) return fail(error);
  hear();
  held_ = true;
  if (!paused_) take();
}

void WebSocketClient::take() {
  held_ = false;
  if (phase_ != Phase::kOpen) return;
  ++core_->stats.messages_received;
  if (stream_->got_text()) {
    ++core_->stats.texts;
    farewell_code_ = websocket::close_code::unknown_data;
    return end_session(Reason::kMalformed);
  }
  const auto bytes = in_.cdata();
  const auto message = parse_frame({static_cast<const std::byte*>(bytes.data()), bytes.size()});
  if (!message) {
    ++core_->stats.errors[static_cast<std::size_t>(message.error())];
    return end_session(Reason::kMalformed);
  }
  if (client_) core_->front->take(*client_, *message, heard_mono_);
  in_.consume(in_.size());
  if (in_.capacity() > kKeptReadBytes) in_.shrink_to_fit();
  read();
}

void WebSocketClient::leave_front() {
  if (const auto client = std::exchange(client_, std::nullopt)) core_->front->lost(*client);
}

// The stream has said why by itself, and nothing can be sent on it any more.
void WebSocketClient::fail(ErrorCode error) {
  const bool protocol =
      error.category() == ErrorCode(websocket::error::bad_opcode).category() && error != websocket::error::closed;
  if (phase_ == Phase::kOpen && protocol) {
    const bool too_long = error == websocket::error::message_too_big;
    ++(too_long ? core_->stats.too_long : core_->stats.protocol_errors);
    end_session(too_long ? Reason::kFrameTooLong : Reason::kMalformed);
  }
  drop();
}

void WebSocketClient::send(const Message& message) {
  if (phase_ == Phase::kFarewell || phase_ == Phase::kOver) return;
  MessageBox::Bytes bytes;
  encode_frame(message, bytes);
  // The last one must find room.
  const bool last = std::holds_alternative<Bye>(message.body) || std::holds_alternative<Reject>(message.body);
  if (last) {
    out_.push_last(std::move(bytes));
  } else if (!out_.push(std::move(bytes)) && !std::exchange(overflown_, true)) {
    boost::asio::post(core_->io, [self = shared_from_this()] { self->evict(); });
  }
  flush();
}

void WebSocketClient::offer(const Message& message) {
  if (phase_ == Phase::kFarewell || phase_ == Phase::kOver) return;
  MessageBox::Bytes bytes;
  encode_frame(message, bytes);
  if (out_.offer(std::move(bytes))) ++core_->stats.coalesced_snapshots;
  flush();
}

void WebSocketClient::resume() {
  if (!std::exchange(paused_, false)) return;
  hear();
  // The front may be in the middle of something.
  boost::asio::post(core_->io, [self = shared_from_this()] {
    if (self->paused_ || self->phase_ != Phase::kOpen) return;
    if (self->held_) return self->take();
    self->read();
  });
}

void WebSocketClient::close(Reason reason) {
  client_.reset();
  if (phase_ == Phase::kFarewell || phase_ == Phase::kOver) return;
  phase_ = Phase::kFarewell;
  deadline_mono_ = monotonic_now() + core_->options.timeouts.farewell;
  if (!farewell_code_) farewell_code_ = close_code_of(reason);
  farewell_name_ = reason_name(reason);
  out_.drop_snapshot();
  flush();
}

void WebSocketClient::flush() {
  if (phase_ == Phase::kHandshake || phase_ == Phase::kOver || !going_.empty() || !stream_->is_open()) return;
  auto next = out_.take();
  if (!next) {
    if (phase_ == Phase::kFarewell) say_goodbye();
    return;
  }
  going_ = std::move(*next);
  going_since_mono_ = monotonic_now();
  ++core_->stats.messages_sent;
  stream_->async_write(boost::asio::buffer(going_) + kFrameLengthBytes, bound(&WebSocketClient::on_written));
}

void WebSocketClient::on_written(ErrorCode error, std::size_t bytes) {
  core_->stats.bytes_sent += bytes;
  going_.clear();
  if (phase_ == Phase::kOver) return;
  // Why reading ends says more; when it does not end, the sweep sees that the stream is closed.
  if (!error) flush();
}

void WebSocketClient::say_goodbye() {
  if (std::exchange(saying_goodbye_, true)) return;
  const websocket::close_reason farewell(*farewell_code_, {farewell_name_.data(), farewell_name_.size()});
  stream_->async_close(farewell, [self = shared_from_this()](ErrorCode) { self->drop(); });
}

void WebSocketClient::end_session(Reason reason) {
  if (client_) core_->front->end(*client_, reason, monotonic_now());
}

void WebSocketClient::evict() {
  if (phase_ != Phase::kOpen) return;
  ++core_->stats.slow_evictions;
  end_session(Reason::kSlow);
}

void WebSocketClient::sweep(Nanoseconds now_mono) {
  const auto& timeouts = core_->options.timeouts;
  if (phase_ == Phase::kHandshake || phase_ == Phase::kFarewell) {
    if (now_mono >= deadline_mono_) drop();
    return;
  }
  if (phase_ != Phase::kOpen) return;
  if (!stream_->is_open()) {
    // Beast waits for the client to close its side; not for ever.
    phase_ = Phase::kFarewell;
    deadline_mono_ = now_mono + timeouts.farewell;
    return;
  }
  if (!going_.empty() && now_mono - going_since_mono_ >= timeouts.write) return evict();
  check_heartbeat(now_mono);
}

void WebSocketClient::check_heartbeat(Nanoseconds now_mono) {
  const auto& timeouts = core_->options.timeouts;
  // Who is not read cannot show that he lives.
  if (!paused_ && unanswered_mono_ && now_mono - *unanswered_mono_ >= timeouts.pong_within) {
    ++core_->stats.pong_timeouts;
    return end_session(Reason::kIdle);
  }
  if (pinging_ || now_mono - pinged_mono_ < timeouts.ping_every) return;
  if (!unanswered_mono_) unanswered_mono_ = now_mono;
  pinging_ = true;
  pinged_mono_ = now_mono;
  stream_->async_ping({}, bound(&WebSocketClient::on_pinged));
}

void WebSocketClient::on_pinged(ErrorCode /*error*/) { pinging_ = false; }

void WebSocketClient::stop(Nanoseconds now_mono) {
  if (phase_ == Phase::kHandshake) return drop();
  if (phase_ == Phase::kOpen && client_) core_->front->end(*client_, Reason::kShutdown, now_mono);
}

void WebSocketClient::drop() {
  if (phase_ == Phase::kOver) return;
  phase_ = Phase::kOver;
  --core_->stats.websockets;
  leave_front();
  ErrorCode ignored;
  stream_->next_layer().close(ignored);
  core_->leave(*this);
}

}  // namespace

std::expected<void, Reason> open_websocket(WebCore& core, WebSocketStreamSocket& socket, AddressSlot& slot,
                                           const WebRequest& request) {
  const auto client = std::make_shared<WebSocketClient>(core);
  if (const auto taken = client->apply(slot.remote()); !taken) return taken;
  core.enter(client);
  client->start(std::move(socket), std::move(slot), request);
  return {};
}

}  // namespace tickwire::game
