// What it owns: a client's side of snapshots: from what arrives to complete states.
// Who may use it: bots/; one a connection.
// Thread: its connection's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "gameserver/protocol/message.h"
#include "gameserver/snapshot/delta.h"
#include "gameserver/snapshot/dictionary.h"

namespace tickwire::game {

// Why a snapshot gave no states.
enum class SnapshotError : std::uint8_t {
  kUnknownBaseline,  // its baseline was never read, or is too old
  kNoDictionary,     // compressed, with a dictionary that is not ours
  kCorrupt,          // compressed, and not to be decompressed
  kBadStates,        // complete states that are no list of different players
  kBadDelta,         // changes that the baseline cannot have
};
inline constexpr std::size_t kSnapshotErrorCount = 5;
// "unknown_baseline" and so on.
[[nodiscard]] std::string_view snapshot_error_name(SnapshotError error);

// **Acknowledge a snapshot only after read() gave its states**: what is acknowledged may become a baseline. One that could not be read is
// to be treated as if it had never come. Memory: kKept lists of at most kMaxStates states, 38 KB.
class SnapshotReader {
 public:
  static constexpr std::size_t kKept = 32;

  // decompressor: of this thread, may be shared by its connections; null: compressed ones are counted and skipped.
  explicit SnapshotReader(SnapshotDecompressor* borrowed_decompressor) : borrowed_decompressor_(borrowed_decompressor) {}

  // seq: of the message's header. The states, ordered by id, hold until the next call.
  [[nodiscard]] std::expected<std::span<const PlayerState>, SnapshotError> read(std::uint16_t seq, const Snapshot& snapshot);

  [[nodiscard]] std::uint64_t read_count() const { return read_; }
  [[nodiscard]] std::uint64_t errors(SnapshotError error) const { return errors_[static_cast<std::size_t>(error)]; }

 private:
  struct Kept {
    bool used = false;
    std::uint16_t seq = 0;
    std::vector<PlayerState> states;
  };
  [[nodiscard]] std::expected<void, SnapshotError> decode(const Snapshot& snapshot);
  [[nodiscard]] std::expected<std::span<const std::byte>, SnapshotError> plain_content(const Snapshot& snapshot);
  [[nodiscard]] std::span<const PlayerState> keep(std::uint16_t seq);

  SnapshotDecompressor* borrowed_decompressor_;
  std::array<Kept, kKept> kept_;
  std::vector<PlayerState> states_;  // of the snapshot that is being read
  std::uint64_t read_ = 0;
  std::array<std::uint64_t, kSnapshotErrorCount> errors_{};
};

}  // namespace tickwire::game
