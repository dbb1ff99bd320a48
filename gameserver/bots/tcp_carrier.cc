// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/tcp_carrier.h"

namespace tickwire::game {

void TcpCarrier::connected() {
  witness_.opened(protocol(), fd_.fd(), local_, spec_.remote);
  player_.connected();
}

bool TcpCarrier::take(std::span<const std::byte> bytes, Nanoseconds arrived_unix) {
  counts_.payload_bytes_received += bytes.size();
  in_.commit(bytes.size());
  take_frames(arrived_unix);
  return player_.state() != BotState::kFailed;
}

void TcpCarrier::take_frames(Nanoseconds arrived_unix) {
  const auto now = monotonic_now();
  for (;;) {
    const auto frame = in_.next();
    if (!frame) return player_.fail("the server sent a frame that is too long");
    if (!*frame) return;
    ++counts_.messages_received;
    const auto message = parse_frame(**frame);
    if (!message) return player_.fail(fmt::format("the server sent a bad frame: {}", parse_error_name(message.error())));
    witness_.received(*message, kFrameLengthBytes + (*frame)->size(), arrived_unix, now);
    player_.take(*message, now);
  }
}

std::size_t TcpCarrier::append(const Message& message) {
  encode_frame(message, out_);
  return out_.size();
}

}  // namespace tickwire::game
