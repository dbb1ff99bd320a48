// SPDX-License-Identifier: Apache-2.0
#include "gameserver/protocol/ack_window.h"

#include <algorithm>

namespace tickwire::game {
namespace {

constexpr Nanoseconds kAckDelayUnit{32'000};

}  // namespace

AckWindow::Arrival AckWindow::receive(std::uint16_t seq, Nanoseconds received_mono) {
  if (received_ == 0) {
    newest_ = seq;
    newest_at_ = received_mono;
    received_ = expected_ = 1;
    return Arrival::kNewest;
  }
  if (is_newer(seq, newest_)) {
    const auto step = static_cast<std::uint16_t>(seq - newest_);
    bits_ = step <= 32 ? static_cast<std::uint32_t>((std::uint64_t{bits_} << 1 | 1) << (step - 1)) : 0;
    newest_ = seq;
    newest_at_ = received_mono;
    expected_ += step;
    ++received_;
    return Arrival::kNewest;
  }
  const auto age = static_cast<std::uint16_t>(newest_ - seq);
  // The first message may itself have been overtaken: what is older than it was never expected.
  if (age == 0 || age > 32 || age >= expected_ || (bits_ >> (age - 1) & 1) != 0) return Arrival::kDuplicate;
  bits_ |= std::uint32_t{1} << (age - 1);
  ++received_;
  return Arrival::kLate;
}

void AckWindow::fill(Header& header, Nanoseconds now_mono) const {
  if (received_ == 0) return;
  header.flags |= kFlagAck;
  header.ack = newest_;
  header.ack_bits = bits_;
  const auto held = std::max(now_mono - newest_at_, Nanoseconds::zero()) / kAckDelayUnit;
  header.ack_delay = static_cast<std::uint16_t>(std::min<std::int64_t>(held, 0xffff));
}

}  // namespace tickwire::game
