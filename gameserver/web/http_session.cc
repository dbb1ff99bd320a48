// SPDX-License-Identifier: Apache-2.0
#include "gameserver/web/http_session.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/write.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <cerrno>
#include <ctime>
#include <string>
#include <string_view>

#include "gameserver/web/handshake.h"
#include "gameserver/web/serve_http.h"
#include "gameserver/web/websocket_client.h"

namespace tickwire::game {
namespace {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::beast::bind_front_handler;

constexpr std::string_view kWebSocketPath = "/ws";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
// What a client may still send while it is closed.
constexpr std::size_t kDiscardBytes = 1024;
constexpr std::size_t kMaxDiscardedBytes = 64 * 1024;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

// RFC 9110 5.6.7.
std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

http::response<http::string_body> answer_message(HttpResponse response, unsigned version, bool keep_alive) {
  http::response<http::string_body> message;
  message.version(version);
  message.result(response.status);
  message.set(http::field::server, "tickwire-gameserver");
  message.set(http::field::date, date_now());
  // Answers hold tokens, and what is true only now.
  message.set(http::field::cache_control, "no-store");
  if (!response.body.empty()) message.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.keep_alive(keep_alive);
  message.content_length(response.body.size());
  message.body() = std::move(response.body);
  return message;
}

}  // namespace

void HttpSession::wait() {
  if (buffer_.size() > 0) return read_header();
  buffer_.shrink_to_fit();
  socket_.async_wait(WebSocketStreamSocket::wait_read, bound(&HttpSession::on_readable));
}

void HttpSession::on_readable(ErrorCode error) {
  if (phase_ != Phase::kIdle) return;
  if (error) return close();
  read_header();
}

void HttpSession::read_header() {
  // A newcomer's time runs from when it was accepted.
  if (first_) {
    phase_ = Phase::kHeader;
  } else {
    enter(Phase::kHeader, core_->options.timeouts.header);
  }
  parser_.emplace();
  parser_->header_limit(WebGateway::kMaxHeaderBytes);
  parser_->body_limit(WebGateway::kMaxBodyBytes);
  http::async_read_header(socket_, buffer_, *parser_, bound(&HttpSession::on_header));
}

void HttpSession::on_header(ErrorCode error, std::size_t bytes) {
  if (phase_ != Phase::kHeader) return;
  if (error) return fail(error);
  // The parser's own limit is one of the first line, and one of all others.
  if (bytes > WebGateway::kMaxHeaderBytes) return fail(http::error::header_limit);
  ++core_->stats.requests;
  const auto& header = parser_->get();
  version_ = header.version();
  head_ = header.method() == http::verb::head;
  keep_alive_ = header.keep_alive();
  if (version_ == 11 ? header.count(http::field::host) != 1 : header.count(http::field::host) > 1) {
    return refuse_for_good(400, "host", "exactly one Host is wanted");
  }
  if (const auto length = parser_->content_length(); length && *length > WebGateway::kMaxBodyBytes) {
    return fail(http::error::body_limit);
  }
  const auto target = split_target(view(header.target()));
  if (core_->front != nullptr && target && target->path == kWebSocketPath && websocket::is_upgrade(header)) return upgrade();
  enter(Phase::kBody, core_->options.timeouts.body);
  if (parser_->is_done()) return handle();
  if (!boost::beast::iequals(header[http::field::expect], "100-continue")) return read_body();
  boost::asio::async_write(socket_, boost::asio::buffer(kContinue), bound(&HttpSession::on_continue));
}

void HttpSession::on_continue(ErrorCode error, std::size_t /*bytes*/) {
  if (phase_ != Phase::kBody) return;
  if (error) return fail(error);
  read_body();
}

void HttpSession::read_body() { http::async_read(socket_, buffer_, *parser_, bound(&HttpSession::on_body)); }

void HttpSession::on_body(ErrorCode error, std::size_t /*bytes*/) {
  if (phase_ != Phase::kBody) return;
  if (error) return fail(error);
  handle();
}

void HttpSession::fail(ErrorCode error) {
  if (timed_out_) {
    // Who has not said a word is not waiting for one.
    if (!parser_->got_some()) return close();
    return refuse_for_good(408, "timeout", "the request did not come in time");
  }
  if (error == http::error::header_limit || (error == http::error::buffer_overflow && phase_ == Phase::kHeader)) {
    return refuse_for_good(431, "header_too_long", "a header is at most 8 KiB");
  }
  if (error == http::error::body_limit || error == http::error::buffer_overflow) {
    return refuse_for_good(413, "body_too_long", "a body is at most 4 KiB");
  }
  const bool gone = error == http::error::end_of_stream || error == http::error::partial_message;
  const bool of_http = error.category() == ErrorCode(http::error::bad_method).category();
  if (gone || !of_http) return close();
  refuse_for_good(400, "bad_request", "this is not HTTP/1.1");
}

void HttpSession::upgrade() {
  auto& stats = core_->stats;
  const auto& header = parser_->get();
  const auto only = [&](http::field field) -> std::optional<std::string_view> {
    return header.count(field) > 1 ? std::nullopt : std::optional(view(header[field]));
  };
  const Handshake handshake{.version = only(http::field::sec_websocket_version),
                            .key = only(http::field::sec_websocket_key),
                            .origin = only(http::field::origin),
                            .host = view(header[http::field::host]),
                            .alone = parser_->is_done() && buffer_.size() == 0};
  if (const auto error = check_handshake(handshake, core_->options.origins)) {
    ++(*error == HandshakeError::kOrigin ? stats.refused_origin : stats.refused_upgrades);
    keep_alive_ = false;
    return write(handshake_refusal(*error));
  }
  if (const auto opened = open_websocket(*core_, socket_, slot_, header); !opened) {
    ++stats.refused_clients;
    return refuse(opened.error() == Reason::kTooMany ? 429 : 503, reason_name(opened.error()), "no more players are taken now");
  }
  close();
}

void HttpSession::handle() {
  const auto verb = parser_->get().method();
  const auto target = split_target(view(parser_->get().target()));
  if (!target) {
    ++core_->stats.bad_requests;
    return refuse(400, "target", "a target is a path");
  }
  const bool websocket = core_->front != nullptr && target->path == kWebSocketPath;
  if (websocket && verb == http::verb::get) {
    return refuse(426, "upgrade", "this speaks WebSocket", {{"Upgrade", "websocket"}});
  }
  const HttpRoute* route = nullptr;
  if (verb == http::verb::get || verb == http::verb::head) route = core_->routes.find(target->path, HttpMethod::kGet);
  if (verb == http::verb::post) route = core_->routes.find(target->path, HttpMethod::kPost);
  if (route != nullptr) return call(*route, *target);
  auto allowed = websocket ? std::string("GET") : core_->routes.allowed(target->path);
  if (allowed.empty()) return refuse(404, "not_found", "there is nothing here");
  refuse(405, "method", "not with this method", {{"Allow", std::move(allowed)}});
}

void HttpSession::call(const HttpRoute& route, const Target& target) {
  auto& message = parser_->get();
  const HttpRequest request{.method = route.method,
                            .path = std::string(target.path),
                            .query = std::string(target.query),
                            .authorization = std::string(view(message[http::field::authorization])),
                            .body = std::move(message.body()),
                            .remote = slot_.remote(),
                            .when_gone = [this](std::move_only_function<void()> then) { gone_ = std::move(then); }};
  enter(Phase::kReply, core_->options.timeouts.reply);
  in_handler_ = true;
  try {
    route.handler(request, make_reply(core_->replies, weak_from_this(), ++number_));
  } catch (...) {
    // The answer went with it, which says so.
  }
  in_handler_ = false;
  if (early_) return write(*std::exchange(early_, std::nullopt));
  watch(WebSocketStreamSocket::wait_read);
}

void HttpSession::take_reply(std::uint64_t number, std::optional<HttpResponse> reply) {
  if (number != number_ || phase_ != Phase::kReply || early_) return;
  if (!reply) {
    ++core_->stats.thrown_answers;
    reply = http_error(500, "no_answer", "the request was given up");
  }
  if (in_handler_) {
    early_ = std::move(reply);
    return;
  }
  // Ends the look-out.
  ErrorCode ignored;
  static_cast<void>(socket_.cancel(ignored));
  write(std::move(*reply));
}

void HttpSession::watch(WebSocketStreamSocket::wait_type what) {
  socket_.async_wait(what, bind_front_handler(&HttpSession::on_watched, shared_from_this(), number_));
}

void HttpSession::on_watched(std::uint64_t number, ErrorCode error) {
  if (number != number_ || phase_ != Phase::kReply || error == boost::asio::error::operation_aborted) return;
  char byte = 0;
  const auto count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return watch(WebSocketStreamSocket::wait_read);
  if (count <= 0) {
    ++core_->stats.gone_clients;
    return close();
  }
  // The next request is there already and hides an end behind it; a reset still shows.
  watch(WebSocketStreamSocket::wait_error);
}

void HttpSession::refuse(unsigned status, std::string_view reason, std::string_view message,
                         std::vector<std::pair<std::string, std::string>> headers) {
  if (!parser_->is_done()) keep_alive_ = false;
  auto response = http_error(status, reason, message);
  response.headers = std::move(headers);
  write(std::move(response));
}

void HttpSession::refuse_for_good(unsigned status, std::string_view reason, std::string_view message) {
  if (status != 408) ++core_->stats.bad_requests;
  keep_alive_ = false;
  write(http_error(status, reason, message));
}

void HttpSession::write(HttpResponse response) {
  enter(Phase::kWrite, core_->options.timeouts.write);
  gone_ = nullptr;
  ++core_->stats.by_status[std::min<std::size_t>(response.status / 100, core_->stats.by_status.size() - 1)];
  keep_alive_ = keep_alive_ && !core_->stopping;
  auto& message = message_.emplace(answer_message(std::move(response), version_, keep_alive_));
  if (head_) message.body().clear();
  http::async_write(socket_, message, bound(&HttpSession::on_written));
}

void HttpSession::on_written(ErrorCode error, std::size_t bytes) {
  core_->stats.bytes_sent += bytes;
  if (phase_ != Phase::kWrite) return;
  if (error && error != http::error::end_of_stream) return close();
  first_ = false;
  message_.reset();
  parser_.reset();
  if (!keep_alive_) return linger();
  enter(Phase::kIdle, core_->options.timeouts.keep_alive);
  wait();
}

void HttpSession::linger() {
  enter(Phase::kLinger, core_->options.timeouts.farewell);
  ErrorCode ignored;
  static_cast<void>(socket_.shutdown(WebSocketStreamSocket::shutdown_send, ignored));
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(kDiscardBytes), bound(&HttpSession::on_discarded));
}

void HttpSession::on_discarded(ErrorCode error, std::size_t bytes) {
  discarded_bytes_ += bytes;
  if (phase_ != Phase::kLinger) return;
  if (error || discarded_bytes_ > kMaxDiscardedBytes) return close();
  socket_.async_read_some(buffer_.prepare(kDiscardBytes), bound(&HttpSession::on_discarded));
}

void HttpSession::close() {
  phase_ = Phase::kOver;
  ErrorCode ignored;
  static_cast<void>(socket_.close(ignored));
  if (auto gone = std::exchange(gone_, nullptr)) gone();
  core_->leave(*this);
}

void HttpSession::sweep(Nanoseconds now_mono) {
  if (now_mono < deadline_mono_) return;
  auto& stats = core_->stats;
  ErrorCode ignored;
  switch (phase_) {
    case Phase::kIdle:
      ++(first_ ? stats.header_timeouts : stats.idle_closes);
      return close();
    case Phase::kHeader:
    case Phase::kBody:
      if (timed_out_) return;
      ++(phase_ == Phase::kHeader ? stats.header_timeouts : stats.body_timeouts);
      timed_out_ = true;
      static_cast<void>(socket_.cancel(ignored));
      return;
    case Phase::kReply: {
      ++stats.reply_timeouts;
      keep_alive_ = false;
      auto gone = std::exchange(gone_, nullptr);
      take_reply(number_, http_error(503, "timeout", "there is no answer in time"));
      if (gone) gone();
      return;
    }
    case Phase::kWrite:
      ++stats.write_timeouts;
      return close();
    case Phase::kLinger:
      return close();
    case Phase::kOver:
      return;
  }
}

void HttpSession::stop(Nanoseconds /*now_mono*/) {
  if (phase_ != Phase::kWrite && phase_ != Phase::kLinger) return close();
  keep_alive_ = false;
}

void serve_http(WebCore& core, WebSocketStreamSocket socket, AddressSlot slot) {
  const auto connection = std::make_shared<HttpSession>(core, std::move(socket), std::move(slot));
  core.enter(connection);
  connection->start();
}

}  // namespace tickwire::game
