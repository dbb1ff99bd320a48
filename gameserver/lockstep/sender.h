// What it owns: which frames of the lockstep room a client is still to be sent.
// Who may use it: gateway/; one a session.
// Thread: its gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "gameserver/protocol/message.h"
#include "gameserver/world/frame.h"

namespace tickwire::game {

// Over datagrams each message carries every frame that was not acknowledged, so that a lost one costs nothing. A client begins with the
// room's state, and is given it again when it has fallen behind the window or diverged. Memory: below 1 KiB.
class LockstepSender {
 public:
  enum class Delivery {
    kDatagrams,
    kStream,  // what was sent will arrive, in order: it has to be sent, not offered
  };
  // Messages for one window; further frames wait for the next.
  static constexpr unsigned kMostMessages = 2;

  explicit LockstepSender(Delivery delivery) : delivery_(delivery) {}

  using Due = std::variant<RoomState, Frames>;
  // A message of the newest window, for each of which sent() is to be called; nothing: that was all for now. Contents are borrowed from
  // window and from buffer, which is replaced. last_input is the caller's to fill in: it belongs to frames that reach window.end().
  [[nodiscard]] std::optional<Due> next(const LockstepWindow& window, std::vector<std::byte>& buffer);
  // What next() gave went as the message with this seq.
  void sent(std::uint16_t seq);
  // A header's ack and ack_bits.
  void acknowledge(std::uint16_t ack, std::uint32_t ack_bits);
  // The client diverged: only the state helps.
  void resync();

 private:
  // Until it is acknowledged, the state goes again after this many frames: a round trip of 130 ms at 30 Hz.
  static constexpr std::uint32_t kFramesBetweenStates = 4;

  struct Sent {
    std::uint32_t end = 0;  // the client that could use it has all frames before this; 0: nothing was sent
    std::uint16_t seq = 0;
    bool state = false;
  };
  [[nodiscard]] bool is_state_due(const LockstepWindow& window) const;
  [[nodiscard]] Frames gather(const LockstepWindow& window, std::vector<std::byte>& buffer) const;
  void confirm(const Sent& sent);

  const Delivery delivery_;
  bool synced_ = false;           // the client has the state, or frames that follow from it
  std::uint32_t have_ = 0;        // synced: the client has all frames before this
  std::uint32_t state_end_ = 0;   // end of the window whose state was sent last; 0: none since resync()
  std::uint32_t window_end_ = 0;  // of the newest window that next() saw
  std::uint32_t cursor_ = 0;      // first frame that the next message for this window begins with
  unsigned messages_ = 0;         // for this window
  Sent given_;                    // what next() gave
  std::array<Sent, 64> sent_{};   // by seq modulo its size
};

}  // namespace tickwire::game
