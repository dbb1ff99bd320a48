// What it owns: one client that speaks HTTP/1.1.
// Who may use it: web/ only: it includes Boost.
// Thread: the web gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>  // Boost.Asio 1.74 needs it and does not include it
//
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gameserver/web/core.h"

namespace tickwire::game {

// Serves requests one after the other. What the client sends meanwhile stays in the socket, beyond one header and body.
class HttpSession final : public WebConnection, public ReplyTarget, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(WebCore& borrowed_core, WebSocketStreamSocket socket, AddressSlot slot)
      : core_(&borrowed_core), socket_(std::move(socket)), slot_(std::move(slot)) {}

  void start() {
    enter(Phase::kIdle, core_->options.timeouts.header);
    wait();
  }
  void sweep(Nanoseconds now_mono) override;
  void stop(Nanoseconds now_mono) override;
  void take_reply(std::uint64_t number, std::optional<HttpResponse> reply) override;

 private:
  using ErrorCode = boost::system::error_code;
  enum class Phase { kIdle, kHeader, kBody, kReply, kWrite, kLinger, kOver };

  void enter(Phase phase, Nanoseconds limit) {
    phase_ = phase;
    deadline_mono_ = monotonic_now() + limit;
    timed_out_ = false;
  }
  template <typename... Arguments>
  auto bound(void (HttpSession::*member)(Arguments...)) {
    return boost::beast::bind_front_handler(member, shared_from_this());
  }

  void wait();
  void on_readable(ErrorCode error);
  void read_header();
  void on_header(ErrorCode error, std::size_t bytes);
  void on_continue(ErrorCode error, std::size_t bytes);
  void read_body();
  void on_body(ErrorCode error, std::size_t bytes);
  // What the parser or the socket said of a request that is not complete.
  void fail(ErrorCode error);
  void upgrade();
  void handle();
  void call(const HttpRoute& route, const Target& target);
  // Looks whether the client goes away while its answer is not there.
  void watch(WebSocketStreamSocket::wait_type what);
  void on_watched(std::uint64_t number, ErrorCode error);

  // Answers without a handler.
  void refuse(unsigned status, std::string_view reason, std::string_view message,
              std::vector<std::pair<std::string, std::string>> headers = {});
  // The same, for a request behind which nobody knows where the next one begins.
  void refuse_for_good(unsigned status, std::string_view reason, std::string_view message);
  void write(HttpResponse response);
  void on_written(ErrorCode error, std::size_t bytes);
  // Closes so that the client can read what it was sent: a close with unread bytes would reset the connection.
  void linger();
  void on_discarded(ErrorCode error, std::size_t bytes);
  void close();

  WebCore* core_;
  WebSocketStreamSocket socket_;
  AddressSlot slot_;
  Phase phase_ = Phase::kIdle;
  Nanoseconds deadline_mono_{};
  bool timed_out_ = false;  // the operation under way was cancelled for that
  bool first_ = true;       // no request has been answered
  bool keep_alive_ = false;
  bool head_ = false;
  unsigned version_ = 11;
  boost::beast::flat_buffer buffer_{WebGateway::kMaxHeaderBytes + WebGateway::kMaxBodyBytes};
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::optional<boost::beast::http::response<boost::beast::http::string_body>> message_;
  std::uint64_t number_ = 0;  // of the request that is with its handler, or was last
  bool in_handler_ = false;
  std::optional<HttpResponse> early_;     // given before the handler returned
  std::move_only_function<void()> gone_;  // as HttpWhenGone; empty: nobody wants to know
  std::size_t discarded_bytes_ = 0;
};

}  // namespace tickwire::game
