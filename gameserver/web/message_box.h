// What it owns: what one WebSocket client is still to be sent, within a bound.
// Who may use it: web/.
// Thread: the web gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <utility>
#include <vector>

namespace tickwire::game {

// Messages keep their order. Of snapshots that have not begun to go only the newest is kept, and it goes once nothing else waits: what
// was queued behind it overtakes it, as over UDP.
class MessageBox {
 public:
  using Bytes = std::vector<std::byte>;

  // Room for what waits besides one snapshot, with what a message costs in memory besides its bytes.
  static constexpr std::size_t kMaxBytes = 64 * 1024;
  static constexpr std::size_t kMessageCostBytes = 64;

  // Queues a message that must arrive. False, and nothing queued, when there is no room: the client is too slow.
  [[nodiscard]] bool push(Bytes message);
  // The last one, for which there is always room. No other is to follow.
  void push_last(Bytes message) { add(std::move(message)); }
  // Queues a snapshot. True when it took the place of an older one that the client never got.
  bool offer(Bytes snapshot);
  // Takes back a snapshot that waits.
  void drop_snapshot() { snapshot_.reset(); }

  // The message to send next; an empty one when nothing waits. It is the caller's from here on.
  [[nodiscard]] std::optional<Bytes> take();
  [[nodiscard]] bool empty() const { return messages_.empty() && !snapshot_; }

 private:
  void add(Bytes message);

  std::list<Bytes> messages_;
  std::size_t bytes_ = 0;  // of messages_, with their cost
  std::optional<Bytes> snapshot_;
};

}  // namespace tickwire::game
