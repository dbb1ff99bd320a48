// What it owns: which sequence numbers were received, and what the next header says about them.
// Who may use it: server/, bots/: one per direction of a connection.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "gameserver/common/clock.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

class AckWindow {
 public:
  enum class Arrival { kNewest, kLate, kDuplicate };

  // A message with this seq came at received_mono. Something older than the 32 bits reach counts as a duplicate: it cannot be
  // told.
  Arrival receive(std::uint16_t seq, Nanoseconds received_mono);
  // Fills flags, ack, ack_bits and ack_delay of a header that leaves at now_mono. Changes nothing before the first receive().
  void fill(Header& header, Nanoseconds now_mono) const;

  [[nodiscard]] std::uint64_t received() const { return received_; }
  // Sequence numbers up to the newest one that never came, as far as known now: a late one is taken off again.
  [[nodiscard]] std::uint64_t missing() const { return expected_ - received_; }

 private:
  std::uint16_t newest_ = 0;
  std::uint32_t bits_ = 0;
  Nanoseconds newest_at_{};
  std::uint64_t received_ = 0;  // without duplicates
  std::uint64_t expected_ = 0;  // distance from the first to the newest, both included
};

}  // namespace tickwire::game
