// What it owns: what lag can be asked of the server, as values and as one line of text.
// Who may use it: lag/, and the options of the server.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "gameserver/common/recurrence.h"
#include "gameserver/common/result.h"

namespace tickwire::game {

// What is injected again and again; its name in commands and in the log.
enum class LagKind : std::uint8_t {
  kTickStall,  // "tick-stall": the world's thread sleeps at the begin of a tick
  kBurn,       // "burn": the world's thread uses up processor time at the begin of a tick
  kIoStall,    // "io-stall": nothing is read from any player's socket, while ticks go on
  kLockHeld,   // "lock-held": the lock of the input board is held, which the next input and the next tick wait for
};
inline constexpr std::size_t kLagKindCount = 4;
[[nodiscard]] std::string_view lag_name(LagKind kind);

// Replaces what recurs of this kind.
struct RecurLag {
  LagKind kind{};
  RecurrenceSpec spec;
  friend bool operator==(const RecurLag&, const RecurLag&) = default;
};
// Ends everything that recurs; one that has begun goes on to its end.
struct StopLag {
  friend bool operator==(const StopLag&, const StopLag&) = default;
};
// SO_RCVBUF of the UDP socket; the kernel doubles it and has a least value.
struct SetReceiveBuffer {
  int bytes = 0;
  friend bool operator==(const SetReceiveBuffer&, const SetReceiveBuffer&) = default;
};
using LagCommand = std::variant<RecurLag, StopLag, SetReceiveBuffer>;

// A stall is at most this long: the server must stay able to end.
inline constexpr Nanoseconds kMostLag = std::chrono::seconds(10);
inline constexpr int kMostReceiveBytes = 64 * 1024 * 1024;

// "tick-stall 120ms", "tick-stall 120ms every 5s", the same with burn, io-stall and lock-held; "receive-buffer 4096"; "stop". The error says
// what is wrong with it.
[[nodiscard]] Result<LagCommand> parse_lag_command(std::string_view text);
// The reverse.
[[nodiscard]] std::string lag_command_text(const LagCommand& command);
// The error names what is out of range: a length above kMostLag, or one that is not shorter than its interval.
[[nodiscard]] Result<void> check_recurrence(std::string_view name, const RecurrenceSpec& spec);

}  // namespace tickwire::game
