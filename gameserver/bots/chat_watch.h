// What it owns: what a bot says in chat, and whether it hears what others say in order.
// Who may use it: Player.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "gameserver/common/result.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

// A bot's lines are numbers, each one more than the one before. Lines that are no numbers are a human's, and are counted alone.
class ChatWatch {
 public:
  // Of so many speakers the last number is remembered; the lines of others are counted alone.
  static constexpr std::size_t kMostSpeakers = 256;

  // The next line to say; valid until the next call.
  [[nodiscard]] std::string_view next_line();
  // in_order: the message that brought the line is newer than every one before. The error says that an older line came in a newer message.
  [[nodiscard]] Result<void> take(const Chat& chat, bool in_order);

  [[nodiscard]] std::uint64_t said() const { return said_; }
  [[nodiscard]] std::uint64_t heard() const { return heard_; }

 private:
  std::string line_;
  std::uint64_t said_ = 0;
  std::uint64_t heard_ = 0;
  std::map<std::uint32_t, std::uint64_t> last_;  // by player id
};

}  // namespace tickwire::game
