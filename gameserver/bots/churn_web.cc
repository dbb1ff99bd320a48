// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <string>
#include <vector>

#include "gameserver/bots/churn_visit.h"
#include "gameserver/bots/raw_socket.h"
#include "gameserver/bots/ws_stream.h"
#include "gameserver/protocol/frame.h"

namespace tickwire::game {
namespace {

using std::chrono::seconds;

// The server gives a request 5 s.
constexpr Nanoseconds kAnswerTimeout = seconds(10);
constexpr std::string_view kHost = "Host: 192.0.2.1\r\nConnection: close\r\n";

std::string random_text(std::mt19937_64& random, std::size_t length) {
  std::string text(length, '\0');
  std::ranges::generate(text, [&random] { return static_cast<char>(random()); });
  return text;
}

// 0: no status line.
int status_of(std::span<const std::byte> answer) {
  const std::string_view text(reinterpret_cast<const char*>(answer.data()), answer.size());
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  int status = 0;
  if (text.starts_with(kVersion)) std::from_chars(text.data() + kVersion.size(), text.data() + text.size(), status);
  return status;
}

// Sends a request and reads until the connection ends.
VisitResult expect_status(const ChurnTarget& target, std::string_view request, std::initializer_list<int> statuses) {
  auto socket = RawSocket::connect(target.http, target.source, SOCK_STREAM);
  if (!socket) return std::unexpected(socket.error());
  socket->send(request);
  std::vector<std::byte> answer;
  if (socket->read_to_end(answer, monotonic_now() + kAnswerTimeout) == ReadEnd::kTimeout) {
    return std::unexpected(std::string("the connection did not end"));
  }
  // Beyond its connections the server closes without a word.
  if (answer.empty()) return VisitEnd::kRefused;
  const int status = status_of(answer);
  if (status == 429 || status == 503) return VisitEnd::kRefused;
  if (std::ranges::find(statuses, status) != statuses.end()) return VisitEnd::kAsExpected;
  return std::unexpected(fmt::format("the answer was HTTP {}", status));
}

VisitResult http_garbage(const ChurnTarget& target, std::mt19937_64& random) {
  return expect_status(target, "\x01" + random_text(random, 1 + random() % 400) + "\r\n\r\n", {400});
}
VisitResult http_unfinished(const ChurnTarget& target, std::mt19937_64&) {
  return expect_status(target, "POST /login HTTP/1.1\r\nHost: 192.0.2.1\r\n", {408});
}
VisitResult http_long_header(const ChurnTarget& target, std::mt19937_64&) {
  return expect_status(target, fmt::format("GET / HTTP/1.1\r\n{}X: {}\r\n\r\n", kHost, std::string(16'384, 'x')), {431});
}
VisitResult http_long_body(const ChurnTarget& target, std::mt19937_64&) {
  return expect_status(target, fmt::format("POST /login HTTP/1.1\r\n{}Content-Length: 100000\r\n\r\n", kHost), {413});
}
VisitResult http_bad_login(const ChurnTarget& target, std::mt19937_64& random) {
  const auto body = random_text(random, random() % 300);
  return expect_status(target, fmt::format("POST /login HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{}", kHost, body.size(), body),
                       {400});
}
VisitResult http_nowhere(const ChurnTarget& target, std::mt19937_64&) {
  return expect_status(target, fmt::format("GET /nowhere HTTP/1.1\r\n{}\r\n", kHost), {404});
}
VisitResult http_forged_token(const ChurnTarget& target, std::mt19937_64&) {
  const std::string token(84, 'A');
  return expect_status(target,
                       fmt::format("POST /match HTTP/1.1\r\n{}Authorization: Bearer {}\r\nContent-Length: 16\r\n\r\n"
                                   R"({{"mode":"state"}})",
                                   kHost, token),
                       {401});
}
VisitResult ws_no_key(const ChurnTarget& target, std::mt19937_64&) {
  return expect_status(target, "GET /ws HTTP/1.1\r\nHost: 192.0.2.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
                       {400, 426});
}
VisitResult ws_other_origin(const ChurnTarget& target, std::mt19937_64&) {
  return expect_status(
      target,
      "GET /ws HTTP/1.1\r\nHost: 192.0.2.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
      "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://192.0.2.66\r\n\r\n",
      {403});
}

// A WebSocket that is open, for what follows.
class OpenSocket {
 public:
  OpenSocket(const ChurnTarget& target, RawSocket socket) : socket_(std::move(socket)), stream_(target.http.text()) {}

  // Nothing: the server has no room.
  Result<VisitEnd> open() {
    flush();
    while (!stream_.is_open()) {
      std::vector<std::byte> bytes;
      if (socket_.read(bytes, deadline_) != ReadEnd::kBytes) return VisitEnd::kRefused;
      const int status = status_of(bytes);
      if (status == 429 || status == 503) return VisitEnd::kRefused;
      if (const auto fed = stream_.feed(bytes, [](std::span<const std::byte>) {}); !fed) return std::unexpected(fed.error());
    }
    return VisitEnd::kAsExpected;
  }
  void send_message(std::span<const std::byte> message) {
    stream_.send(message);
    flush();
  }
  void send_raw(std::string_view bytes) { socket_.send(bytes); }
  // Reads until the connection ends; its close code is to be one of these.
  VisitResult expect_close(std::initializer_list<std::uint16_t> codes) {
    std::vector<std::byte> bytes;
    const auto end = socket_.read_to_end(bytes, deadline_);
    if (end == ReadEnd::kTimeout && bytes.empty()) return std::unexpected(std::string("the WebSocket was not closed"));
    static_cast<void>(stream_.feed(bytes, [](std::span<const std::byte>) {}));
    const auto code = stream_.close_code();
    if (!code) return std::unexpected(std::string("the WebSocket ended without a close"));
    if (std::ranges::find(codes, *code) != codes.end()) return VisitEnd::kAsExpected;
    return std::unexpected(fmt::format("the WebSocket was closed with {}", *code));
  }

 private:
  void flush() {
    socket_.send(stream_.output());
    stream_.sent(stream_.output().size());
  }

  RawSocket socket_;
  WsStream stream_;
  Nanoseconds deadline_ = monotonic_now() + kAnswerTimeout;
};

// Opens a WebSocket, does harm, and expects a close.
template <typename Harm>
VisitResult expect_close(const ChurnTarget& target, Harm harm, std::initializer_list<std::uint16_t> codes) {
  auto socket = RawSocket::connect(target.http, target.source, SOCK_STREAM);
  if (!socket) return std::unexpected(socket.error());
  OpenSocket open(target, std::move(*socket));
  if (const auto opened = open.open(); !opened || *opened == VisitEnd::kRefused) return opened;
  harm(open);
  return open.expect_close(codes);
}

// RFC 6455, section 7.4.1.
constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kUnsupportedData = 1003;
constexpr std::uint16_t kPolicyViolation = 1008;

VisitResult ws_garbage(const ChurnTarget& target, std::mt19937_64& random) {
  const auto text = random_text(random, 1 + random() % 400);
  return expect_close(target, [&](OpenSocket& open) { open.send_message(std::as_bytes(std::span(text))); }, {kPolicyViolation});
}
VisitResult ws_input_first(const ChurnTarget& target, std::mt19937_64&) {
  std::vector<std::byte> frame;
  encode_frame({.header = {.seq = 1}, .body = Input{.input_seq = 1}}, frame);
  return expect_close(target, [&](OpenSocket& open) { open.send_message(std::span(frame).subspan(kFrameLengthBytes)); },
                      {kPolicyViolation});
}
VisitResult ws_text(const ChurnTarget& target, std::mt19937_64&) {
  constexpr std::string_view kMaskedText("\x81\x81\x00\x00\x00\x00x", 7);
  return expect_close(target, [&](OpenSocket& open) { open.send_raw(kMaskedText); }, {kUnsupportedData});
}
VisitResult ws_unmasked(const ChurnTarget& target, std::mt19937_64&) {
  return expect_close(target, [](OpenSocket& open) { open.send_raw("\x82\x01x"); }, {kProtocolError});
}

constexpr auto kVisits = std::to_array<VisitKind>({{"http_garbage", 2, http_garbage},
                                                   {"http_unfinished", 1, http_unfinished},
                                                   {"http_long_header", 1, http_long_header},
                                                   {"http_long_body", 1, http_long_body},
                                                   {"http_bad_login", 2, http_bad_login},
                                                   {"http_nowhere", 1, http_nowhere},
                                                   {"http_forged_token", 1, http_forged_token},
                                                   {"ws_no_key", 1, ws_no_key},
                                                   {"ws_other_origin", 1, ws_other_origin},
                                                   {"ws_garbage", 2, ws_garbage},
                                                   {"ws_input_first", 1, ws_input_first},
                                                   {"ws_text", 1, ws_text},
                                                   {"ws_unmasked", 1, ws_unmasked}});

}  // namespace

std::span<const VisitKind> web_hostile_visits() { return kVisits; }

}  // namespace tickwire::game
