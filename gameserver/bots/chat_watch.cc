// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/chat_watch.h"

#include <charconv>

namespace tickwire::game {

std::string_view ChatWatch::next_line() {
  line_ = fmt::format("{}", ++said_);
  return line_;
}

Result<void> ChatWatch::take(const Chat& chat, bool in_order) {
  ++heard_;
  std::uint64_t number = 0;
  const auto* end = chat.text.data() + chat.text.size();
  const auto [rest, error] = std::from_chars(chat.text.data(), end, number);
  if (error != std::errc() || rest != end) return {};
  if (last_.size() >= kMostSpeakers && !last_.contains(chat.player_id)) return {};
  std::uint64_t& last = last_[chat.player_id];
  if (number > last) {
    last = number;
  } else if (in_order) {
    return std::unexpected(fmt::format("line {} of player {} came behind line {}", number, chat.player_id, last));
  }
  return {};
}

}  // namespace tickwire::game
