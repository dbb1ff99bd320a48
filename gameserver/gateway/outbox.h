// What it owns: what one TCP client is still to be sent, within a bound.
// Who may use it: the TCP gateway.
// Thread: the server's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "gameserver/common/clock.h"

namespace tickwire::game {

// Messages keep their order; of snapshots that the client has not taken yet only the newest is kept.
class Outbox {
 public:
  // Room for what waits besides one snapshot.
  static constexpr std::size_t kMaxBytes = 64 * 1024;

  // Queues a frame that must arrive. False, and nothing queued, when there is no room: the client is too slow.
  [[nodiscard]] bool push(std::span<const std::byte> frame, Nanoseconds now_mono);
  // Queues the last frame of all, for which there is always room; the snapshot that waits is given up.
  void push_last(std::span<const std::byte> frame, Nanoseconds now_mono);
  // Queues a snapshot. True when it took the place of an older one that the client never got.
  bool offer_snapshot(std::span<const std::byte> frame, Nanoseconds now_mono);

  // The bytes to send next, valid until the next call of a function that is not const; empty when everything has gone.
  [[nodiscard]] std::span<const std::byte> pending() const { return std::span(bytes_).subspan(sent_); }
  // The socket took count of the pending bytes.
  void consume(std::size_t count, Nanoseconds now_mono);
  // How long bytes have been waiting without one of them taken; zero when nothing waits.
  [[nodiscard]] Nanoseconds stuck_for(Nanoseconds now_mono) const;

 private:
  void append(std::span<const std::byte> frame, Nanoseconds now_mono);

  std::vector<std::byte> bytes_;     // frames that are being sent
  std::size_t sent_ = 0;             // how much of bytes_ has gone
  std::vector<std::byte> snapshot_;  // the newest one, waiting for bytes_ to be empty
  Nanoseconds progress_mono_{};      // when bytes_ last became non-empty or shorter
};

}  // namespace tickwire::game
