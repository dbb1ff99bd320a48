// What it owns: which samples of latency a log of frames allows, token by token, and whether a histogram's samples are among them.
// Who may use it: tests/vm. It shares no code with the programs under test.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/frame_log.h"

namespace tickwire::vm {

// The game's header, as docs/rules.md has it: all that its rule reads.
struct Header {
  std::uint16_t seq = 0, ack = 0;
  std::chrono::nanoseconds ack_delay{};
};
inline constexpr std::size_t kHeaderBytes = 20;
inline constexpr std::chrono::nanoseconds kDelayUnit = std::chrono::microseconds(32);
[[nodiscard]] std::vector<std::uint8_t> written(const Header& header);
// None for a message of another kind.
[[nodiscard]] std::optional<Header> read(std::span<const std::uint8_t> message);

using Samples = std::vector<std::chrono::nanoseconds>;

// One connection's frames, seen at the node's interface, in their order.
struct Conversation {
  std::vector<harness::LoggedFrame> frames;
  std::uint16_t node_port = 0, player_port = 0;
};

// From the first new data with a timestamp to the first frame that echoes just that one (RFC 7323), unless a newer one's echo came
// before.
[[nodiscard]] Samples timestamp_samples(const Conversation& conversation);
// From the newest segment that an acknowledgement covers to this acknowledgement, but of nothing that was sent twice (RFC 6298 3).
[[nodiscard]] Samples sequence_samples(const Conversation& conversation);

struct RuleTruth {
  Samples rtt;      // from a message's first sending to the first one that echoes just this, if no newer one's echo came before
  Samples network;  // the same less the delay in the echoing message
  Samples turnaround;  // of the first message that came since the last answer, to the first one out that echoes it or a newer one
  std::uint64_t lost = 0, reordered = 0, duplicated = 0;  // of messages in
  std::uint64_t messages = 0;                             // in
};
[[nodiscard]] RuleTruth rule_truth(const Conversation& conversation);

// A histogram's cell and what is in it.
struct Cell {
  std::chrono::nanoseconds from{}, to{};
  std::uint64_t samples = 0;
};

// How many samples of the histogram cannot be any of `possible`, each taken once and stamped up to `allowance` apart: 0 when all of
// them can. By Hall's condition, over every run of cells; the worst run is told.
struct Impossible {
  std::uint64_t samples = 0;
  std::chrono::nanoseconds from{}, to{};
};
[[nodiscard]] Impossible impossible(const std::vector<Cell>& cells, const Samples& possible, std::chrono::nanoseconds allowance);

}  // namespace tickwire::vm
