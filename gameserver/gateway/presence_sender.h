// What it owns: how far one client has been told who came and went.
// Who may use it: a front, one for each session.
// Thread: its gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "gameserver/common/clock.h"
#include "gameserver/protocol/message.h"
#include "gameserver/world/frame.h"

namespace tickwire::game {

// Events that one message is to carry: `count` from number `first` on.
struct PresenceStretch {
  std::uint32_t first = 0;
  std::size_t count = 0;
  bool gap = false;     // events before it are kept no longer, and were never sent
  bool repeat = false;  // sent before, and not acknowledged
};

// Over UDP nothing new is sent before what was sent is acknowledged, so a client that takes only what follows what it has gets every
// event, in order; over a stream what was sent has arrived.
class PresenceSender {
 public:
  // A message that is not acknowledged for so long is sent again: above the round trip of most players, and well within the second that
  // the 32 acknowledged messages of a header reach back at 30 messages a second.
  static constexpr Nanoseconds kRepeatAfter = std::chrono::milliseconds(300);
  // The newest sendings whose acknowledgement counts: round trips of up to 1.2 s are served.
  static constexpr std::size_t kSendings = 4;

  // begin: number of the first event that the client is to get.
  PresenceSender(bool reliable, std::uint32_t begin) : reliable_(reliable), place_(begin) {}

  // What is to be sent now. To be followed by sent() when it was.
  [[nodiscard]] std::optional<PresenceStretch> next(const PresenceWindow& window, Nanoseconds now_mono) const;
  void sent(const PresenceStretch& stretch, std::uint16_t seq, Nanoseconds now_mono);
  // The header of a message of the client, over UDP.
  void acknowledged(const Header& header);

 private:
  struct Sending {
    std::uint16_t seq = 0;
    std::uint32_t end = 0;  // number behind the last event
  };
  bool reliable_;
  std::uint32_t place_;  // number of the first event that the client may not have
  std::array<Sending, kSendings> sendings_{};
  std::size_t under_way_ = 0;  // sendings that none was acknowledged of
  Nanoseconds sent_mono_{};    // the newest of them
};

// Whether the header says that this seq of ours was received; over UDP.
[[nodiscard]] bool acknowledges(const Header& header, std::uint16_t seq);

}  // namespace tickwire::game
