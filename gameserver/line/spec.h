// What it owns: what a line does to packets, as values and as text.
// Who may use it: line/.
// Thread: any, values; parse_rule() may read a file.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "gameserver/common/clock.h"
#include "gameserver/common/result.h"

namespace tickwire::game {

enum class Direction : std::uint8_t { kUp, kDown };  // from the players to the node, and back
[[nodiscard]] std::string_view direction_name(Direction direction);

// From `offset` after the begin of the line on, `delay`.
struct TracePoint {
  Nanoseconds offset{};
  Nanoseconds delay{};
  friend bool operator==(const TracePoint&, const TracePoint&) = default;
};

struct DelaySpec {
  Nanoseconds mean{};
  Nanoseconds deviation{};        // of a normal distribution; what falls below 0 is 0
  std::vector<TracePoint> trace;  // not empty: instead of the above; by offset, the first at 0
  Nanoseconds trace_period{};     // not 0: the trace begins anew after it
  friend bool operator==(const DelaySpec&, const DelaySpec&) = default;
};

// Gilbert and Elliott: two states, each with a chance of loss; a packet is judged by the state, which then may change. All chances are
// 0 .. 1. Independent loss is `in_good` alone.
struct LossSpec {
  double in_good = 0;
  double in_bad = 0;
  double to_bad = 0;   // a packet's chance to go from good to bad
  double to_good = 0;  // and back: 1 / to_good packets is the mean length of a bad time
  friend bool operator==(const LossSpec&, const LossSpec&) = default;
};

struct Impairment {
  DelaySpec delay;
  LossSpec loss;
  double reorder = 0;           // the chance that a packet is held back by reorder_by and overtaken
  Nanoseconds reorder_by{};     //
  double duplicate = 0;         // the chance that a packet arrives twice
  std::uint64_t rate_bps = 0;   // bits per second of whole frames; 0: no limit
  std::size_t queue_bytes = 0;  // with a rate: what may wait, the frame that is being sent included; more is dropped
  friend bool operator==(const Impairment&, const Impairment&) = default;
};

using Address16 = std::array<std::uint8_t, 16>;  // IPv6, or IPv4 mapped into it

// Whose packets: all that is set must fit.
struct LineMatch {
  std::optional<Direction> direction;
  std::optional<Address16> player;
  std::optional<std::uint16_t> player_port;
  std::optional<std::uint8_t> protocol;  // IPPROTO_TCP or IPPROTO_UDP
  friend bool operator==(const LineMatch&, const LineMatch&) = default;
};

struct LineRule {
  LineMatch match;
  Impairment impairment;
  friend bool operator==(const LineRule&, const LineRule&) = default;
};

// Words: first up, down or both; then in any order, each at most once:
//   player=ADDRESS, player=ADDRESS:PORT, protocol=udp|tcp                           whose packets
//   delay=30ms, delay=normal:30ms:5ms, delay=trace:FILE
//   loss=1%, loss=gilbert:TO_BAD:TO_GOOD[:IN_BAD[:IN_GOOD]] (default 100% and 0%)
//   reorder=1%:5ms, duplicate=1%, rate=2mbit (kbit, mbit, gbit), queue=64kb (b, kb, mb; default 64kb)
// A line of a trace is "OFFSET DELAY"; the last one may be "OFFSET repeat". The error names the word, or the file and its line.
[[nodiscard]] Result<LineRule> parse_rule(std::string_view text);
[[nodiscard]] Result<DelaySpec> parse_trace(std::string_view content);

}  // namespace tickwire::game
