// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/ws_carrier.h"

#include "gameserver/protocol/frame.h"

namespace tickwire::game {
namespace {

constexpr std::uint16_t kNormalClosure = 1000;  // RFC 6455, section 7.4.1

}  // namespace

bool WsCarrier::take(std::span<const std::byte> bytes, Nanoseconds arrived_unix) {
  const bool was_open = stream_.is_open();
  const auto waited = stream_.output().size();
  const auto fed = stream_.feed(bytes, [&](std::span<const std::byte> message) { take_message(message, arrived_unix); });
  if (!was_open && stream_.is_open()) {
    // The server's answer has acknowledged the request, so the numbers of stamps begin behind it.
    witness_.opened(protocol(), fd_.fd(), local_, spec_.remote);
    player_.connected();
  } else {
    witness_.passed_over(stream_.output().size() - waited);
  }
  flush();
  if (fed) return fd_ && player_.state() != BotState::kFailed;
  player_.fail(fed.error());
  stop();
  return false;
}

void WsCarrier::take_message(std::span<const std::byte> bytes, Nanoseconds arrived_unix) {
  const auto now = monotonic_now();
  const auto frame_bytes = WsStream::frame_bytes(bytes.size());
  ++counts_.messages_received;
  counts_.payload_bytes_received += frame_bytes;
  const auto message = parse_frame(bytes);
  if (!message) return player_.fail(fmt::format("the server sent a bad message: {}", parse_error_name(message.error())));
  witness_.received(*message, frame_bytes, arrived_unix, now);
  player_.take(*message, now);
}

std::size_t WsCarrier::append(const Message& message) {
  encode_frame(message, buffer_);
  return stream_.send(std::span(buffer_).subspan(kFrameLengthBytes));
}

std::size_t WsCarrier::append_end() { return stream_.close(kNormalClosure); }

}  // namespace tickwire::game
