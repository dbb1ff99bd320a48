// SPDX-License-Identifier: Apache-2.0
// What comes over a WebSocket: a message means the same as the datagram with its bytes, and a bot survives whatever a server sends, however
// it is cut into reads.
//
// An input: a byte; when it is even, a message; when it is odd, what a server sends once the connection is open, in reads whose lengths
// follow from the byte.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/game_message.h"
#include "gameserver/bots/ws_handshake.h"
#include "gameserver/bots/ws_stream.h"
#include "gameserver/protocol/datagram.h"
#include "gameserver/protocol/frame.h"

namespace tickwire::fuzz {
namespace {

using Bytes = std::vector<std::byte>;

// With four bytes of acknowledgement where a datagram has them.
void check_against_datagram(std::span<const std::byte> bytes, const std::expected<game::Message, game::ParseError>& message) {
  constexpr std::size_t kAckBitsAt = 12;
  constexpr std::uint32_t kAckBits = 0xa1b2c3d4;
  if (bytes.size() < kAckBitsAt || bytes.size() + sizeof kAckBits > game::kMaxDatagramBytes) return;
  Bytes datagram(bytes.begin(), bytes.begin() + kAckBitsAt);
  game::ByteWriter(datagram).write(kAckBits);
  datagram.insert(datagram.end(), bytes.begin() + kAckBitsAt, bytes.end());
  // A hello in a datagram has padding, and has other faults for it.
  constexpr std::byte kHello{1};
  const bool is_hello = (bytes[2] & std::byte{0x0f}) == kHello;
  if (is_hello && message) datagram.resize(std::max(datagram.size(), game::kLeastHelloDatagramBytes));
  const auto same = game::parse_datagram(datagram);
  check(same.has_value() == message.has_value(), "both forms of a message are taken, or neither");
  if (!same) return check(is_hello || same.error() == message.error(), "both are refused for the same reason");
  auto header = message->header;
  header.ack_bits = kAckBits;
  check(same->header == header && same->body.index() == message->body.index(), "both have the same header and type");
  Bytes left, right;
  game::encode_message(*same, game::HeaderForm::kWithoutAckBits, left);
  game::encode_message(*message, game::HeaderForm::kWithoutAckBits, right);
  check(left == right, "both have the same body");
}

void one_message(std::span<const std::byte> bytes) {
  const auto message = game::parse_frame(bytes);
  check_against_datagram(bytes, message);
  if (message) check_message(bytes, *message, game::HeaderForm::kWithoutAckBits);
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

void open(game::WsStream& stream) {
  const auto output = stream.output();
  const std::string_view request(reinterpret_cast<const char*>(output.data()), output.size());
  constexpr std::string_view kName = "Sec-WebSocket-Key: ";
  const auto accept = game::ws_accept_of(request.substr(request.find(kName) + kName.size(), 24));
  stream.sent(output.size());
  const auto fed = stream.feed(
      bytes_of("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n"),
      [](std::span<const std::byte>) {});
  check(fed && stream.is_open(), "a right answer opens the connection");
}

// The messages that came. Where exactly a broken connection ends is not compared: the library sees some breaches before their frame is
// complete, depending on the reads.
std::vector<Bytes> feed(std::span<const std::byte> bytes, std::size_t read_bytes) {
  game::WsStream stream("192.0.2.1:8080");
  open(stream);
  std::vector<Bytes> messages;
  while (!bytes.empty()) {
    const auto read = bytes.first(std::min(read_bytes, bytes.size()));
    bytes = bytes.subspan(read.size());
    const auto fed = stream.feed(read, [&messages](std::span<const std::byte> message) {
      check(message.size() <= game::kMaxFrameBytes, "a message is bounded");
      messages.emplace_back(message.begin(), message.end());
    });
    check(fed || !fed.error().empty(), "the end of a connection has a reason");
    if (!fed) break;
  }
  return messages;
}

void run(std::span<const std::byte> input) {
  if (input.empty()) return;
  const auto bytes = input.subspan(1);
  const auto choice = std::to_integer<std::size_t>(input[0]);
  if (choice % 2 == 0) return one_message(bytes);
  const auto whole = feed(bytes, SIZE_MAX);
  check(feed(bytes, 1 + choice / 2) == whole, "messages do not depend on how the stream was read");
  for (const auto& message : whole) one_message(message);
}

}  // namespace
}  // namespace tickwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t length) {
  tickwire::fuzz::run(std::as_bytes(std::span(bytes, length)));
  return 0;
}
