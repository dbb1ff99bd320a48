// What it owns: one client's numbering and acknowledging of messages, and what it may send in a second.
// Who may use it: a front.
// Thread: its gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "gameserver/common/clock.h"
#include "gameserver/protocol/ack_window.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

class Session {
 public:
  // Messages of a player in a second, beyond which he is put out.
  static constexpr unsigned kMostMessagesPerSecond = 1000;

  // 0 until welcome(); not guessable: who knows it has received our welcome.
  [[nodiscard]] std::uint32_t conn() const { return conn_; }
  void welcome(std::uint32_t conn) { conn_ = conn; }

  // The sequence number that next_header() will take.
  [[nodiscard]] std::uint16_t next_seq() const { return next_seq_; }
  // The header of the next message to the client; takes its sequence number.
  [[nodiscard]] Header next_header(Nanoseconds now_mono) {
    Header header{.conn = conn_, .seq = next_seq_++};
    received_.fill(header, now_mono);
    return header;
  }
  // False when the client has sent a message with this seq before.
  [[nodiscard]] bool receive(std::uint16_t seq, Nanoseconds now_mono) {
    return received_.receive(seq, now_mono) != AckWindow::Arrival::kDuplicate;
  }
  // Counts a message, whatever it is; false when they are too many.
  [[nodiscard]] bool within_rate(Nanoseconds now_mono) {
    if (now_mono - second_mono_ >= std::chrono::seconds(1)) {
      second_mono_ = now_mono;
      in_second_ = 0;
    }
    return ++in_second_ <= kMostMessagesPerSecond;
  }
  // False, and nothing changed, for an input that is not newer than one before.
  [[nodiscard]] bool take_input(std::uint16_t input_seq) {
    if (has_input_ && !is_newer(input_seq, last_input_)) return false;
    has_input_ = true;
    last_input_ = input_seq;
    return true;
  }

  [[nodiscard]] Nanoseconds heard_mono() const { return heard_mono_; }
  void set_heard(Nanoseconds now_mono) { heard_mono_ = now_mono; }

 private:
  std::uint32_t conn_ = 0;
  AckWindow received_;
  std::uint16_t next_seq_ = 1;
  std::uint16_t last_input_ = 0;
  bool has_input_ = false;
  Nanoseconds heard_mono_{};
  Nanoseconds second_mono_ = Nanoseconds::min() / 2;
  unsigned in_second_ = 0;
};

}  // namespace tickwire::game
