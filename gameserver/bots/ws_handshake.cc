// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/ws_handshake.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <optional>
#include <span>

#include "gameserver/token/random.h"

namespace tickwire::game {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

std::string base64(std::span<const unsigned char> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The value of a header, whose name is given in lower case; nullopt when it is not there.
std::optional<std::string_view> header_of(std::string_view head, std::string_view name) {
  for (auto line_begin = head.find(kLineEnd); line_begin != std::string_view::npos;) {
    line_begin += kLineEnd.size();
    const auto line_end = head.find(kLineEnd, line_begin);
    const auto line = head.substr(line_begin, line_end - line_begin);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && lower(line.substr(0, colon)) == name) return trimmed(line.substr(colon + 1));
    line_begin = line_end;
  }
  return std::nullopt;
}

std::unexpected<std::string> wrong(std::string_view what) {
  return std::unexpected(fmt::format("the server's answer to the upgrade has {}", what));
}

}  // namespace

std::string make_ws_key() {
  std::array<unsigned char, 16> bytes;
  fill_random(std::as_writable_bytes(std::span(bytes)));
  return base64(bytes);
}

std::string ws_accept_of(std::string_view key) {
  // RFC 6455, section 1.3.
  const auto text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return base64(digest);
}

std::string ws_request(std::string_view host, std::string_view key) {
  return fmt::format(
      "GET /ws HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {}\r\n"
      "Sec-WebSocket-Version: 13\r\n\r\n",
      host, key);
}

Result<void> check_ws_response(std::string_view head, std::string_view key) {
  const auto status_line = head.substr(0, head.find(kLineEnd));
  constexpr std::string_view kVersion11 = "HTTP/1.1 ";
  if (!status_line.starts_with(kVersion11)) return wrong("no status line of HTTP/1.1");
  const auto status = status_line.substr(kVersion11.size(), 3);
  if (status != "101") return std::unexpected(fmt::format("the server refused the upgrade: HTTP {}", status));
  if (lower(header_of(head, "upgrade").value_or("")) != "websocket") return wrong("no Upgrade: websocket");
  if (lower(header_of(head, "connection").value_or("")).find("upgrade") == std::string::npos) {
    return wrong("no Connection: Upgrade");
  }
  if (header_of(head, "sec-websocket-accept") != ws_accept_of(key)) return wrong("another Sec-WebSocket-Accept");
  // Neither was asked for: RFC 6455, section 4.1.
  if (header_of(head, "sec-websocket-extensions")) return wrong("an extension");
  if (header_of(head, "sec-websocket-protocol")) return wrong("a subprotocol");
  return {};
}

}  // namespace tickwire::game
