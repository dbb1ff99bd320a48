// What it owns: the bots' log of what was really sent and received, and when: JSON lines.
// Who may use it: bots/.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gameserver/common/clock_offset.h"
#include "gameserver/common/line_file.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

// Whose line it is.
struct TruthTuple {
  std::string protocol, local, remote;
};

// Times are CLOCK_MONOTONIC.
struct SentTruth {
  std::string_view type;                   // "hello", "input", "chat", "bye", "state_hash"
  std::uint16_t seq = 0;                   // of its header
  std::optional<std::uint16_t> input_seq;  // of an input
  std::optional<std::uint32_t> frame;      // of a state_hash
  std::size_t payload_bytes = 0;           // behind the UDP or TCP header; a WebSocket frame has its own in it
  Nanoseconds intended_mono{};             // when it was due
  Nanoseconds called_mono{};               // just before the socket was given it
};
struct ReceivedTruth {
  std::string_view type;
  std::uint16_t seq = 0;
  std::optional<std::uint16_t> ack;         // newest seq of ours that its header acknowledges
  std::uint16_t ack_delay = 0;              // as in the header, in units of 32 us
  std::optional<std::uint16_t> last_input;  // of a snapshot, or frames, with an input in it
  std::optional<std::uint32_t> frame;       // of frames: the newest; of room_state and diverged: theirs
  std::size_t payload_bytes = 0;
  Nanoseconds read_mono{};  // when the bot had read it
};

class TruthLog {
 public:
  // path as LineFile::open() takes it.
  [[nodiscard]] static Result<TruthLog> open(const std::string& path);

  // left_unix, arrived_unix: the kernel's stamps, CLOCK_REALTIME; nullopt: there is none, and the line says null.
  void sent(const TruthTuple& tuple, const SentTruth& truth, std::optional<Nanoseconds> left_unix);
  void received(const TruthTuple& tuple, const ReceivedTruth& truth, std::optional<Nanoseconds> arrived_unix);
  // What the bot did not do by its own choice: "hitch".
  void interval(const TruthTuple& tuple, std::string_view kind, Nanoseconds begin_mono, Nanoseconds end_mono);
  // The clocks' distance once more: had it changed, somebody has set the clock, and the kernel's stamps are off by as much.
  void close();

 private:
  TruthLog(LineFile file, Nanoseconds offset) : file_(std::move(file)), offset_(offset) {}
  void clock(Nanoseconds offset);
  [[nodiscard]] std::string monotonic(std::optional<Nanoseconds> unix_time) const;

  LineFile file_;
  Nanoseconds offset_;
};

}  // namespace tickwire::game
