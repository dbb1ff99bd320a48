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

void TcpCarrier::send(const Message& message, Nanoseconds intended_mono) {
  if (!fd_) return;
  flush();
  // An input that waits for the one before it would be measured from the wrong time.
  if (!fd_ || !out_.empty()) {
    ++counts_.send_drops;
    return;
  }
  encode_frame(message, out_);
  ++counts_.messages_sent;
  witness_.sent(message, out_.size(), intended_mono, monotonic_now());
  flush();
  if (fd_) witness_.collect(fd_.fd());
}

void TcpCarrier::flush() {
  const auto count = give(out_);
  counts_.payload_bytes_sent += count;
  out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace tickwire::game
