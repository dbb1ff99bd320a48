// What it owns: making a session's snapshots: which baseline, delta or complete states, compressed or not.
// Who may use it: gateway/.
// Thread: its gateway's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "gameserver/snapshot/delta.h"
#include "gameserver/snapshot/dictionary.h"
#include "gameserver/snapshot/frame_history.h"

namespace tickwire::game {

// What a gateway thread's snapshots were.
struct SnapshotCounts {
  std::uint64_t complete = 0;  // sent as complete states: no baseline, or a delta would not be smaller
  std::uint64_t delta = 0;
  std::uint64_t compressed = 0;      // of either
  std::uint64_t not_shrunk = 0;      // compression was tried for nothing
  std::uint64_t complete_bytes = 0;  // what all would have been as complete states
  std::uint64_t plain_bytes = 0;     // content before compression
  std::uint64_t content_bytes = 0;   // content as sent
};

// What the sessions of a gateway thread share.
class SnapshotDesk {
 public:
  // dictionary: null: nothing is compressed.
  explicit SnapshotDesk(std::shared_ptr<const SnapshotDictionary> dictionary);

  // The world's newest frame; as FrameHistory::push().
  void push(std::shared_ptr<const WorldFrame> frame) { history_.push(std::move(frame)); }
  [[nodiscard]] const SnapshotCounts& counts() const { return counts_; }

 private:
  friend class SnapshotWriter;
  // sight_ in ascending order, without comparing.
  [[nodiscard]] std::span<const std::uint16_t> sorted_sight();

  FrameHistory history_;
  std::optional<SnapshotCompressor> compressor_;
  SnapshotCounts counts_;
  // Of the snapshot that is being made.
  std::vector<std::uint16_t> sight_;  // as in_sight() orders them
  std::vector<std::uint64_t> marks_;  // a bit for each place, all zero between uses
  std::vector<std::uint16_t> sorted_;
  DeltaBuilder delta_;
  std::vector<std::byte> states_;
};

// One a session. Memory: below 6 KiB, whatever the client acknowledges.
class SnapshotWriter {
 public:
  static constexpr std::size_t kSent = FrameHistory::kFrames;

  struct Made {
    Snapshot snapshot;       // content is the desk's, until it makes the next one
    std::uint8_t flags = 0;  // of kFlagInput and kFlagPartial, for the header
  };
  // What viewer sees in the newest frame, for the message with this seq. Nothing when he is not in it, or there is none.
  [[nodiscard]] std::optional<Made> make(SnapshotDesk& desk, PlayerId viewer, std::uint16_t seq);
  // A header's ack and ack_bits (0 in the form without). Only a snapshot that is named exactly may become a baseline: over TCP one of
  // those in between may have been replaced before it went.
  void acknowledge(std::uint16_t ack, std::uint32_t ack_bits);

 private:
  struct Sent {
    std::uint32_t tick = 0;
    std::uint16_t seq = 0;
    std::uint8_t count = 0;  // of places; 0: nothing was sent
    bool acknowledged = false;
    bool compressed = false;
    std::array<std::uint16_t, kMaxStates> places;  // in the frame of that tick, ascending; the first count are written
  };
  // When compression does not pay, it is tried for each second snapshot, each fourth, and so on down to this.
  static constexpr std::uint8_t kLongestPeriod = 16;
  // When the client acknowledges none of so many that were compressed, it may have another dictionary: it gets plain ones for a while.
  static constexpr std::uint8_t kMostUnanswered = kSent;
  static constexpr std::uint16_t kRestAfterNoAnswer = 1024;

  [[nodiscard]] const Sent* baseline(const FrameHistory& history) const;
  // The delta or the complete states, whichever is smaller; places: who is in sight, ascending.
  void write_content(SnapshotDesk& desk, std::span<const std::uint16_t> places, Snapshot& snapshot) const;
  // Fills the desk's delta.
  static void write_delta(SnapshotDesk& desk, std::uint32_t baseline_tick, std::span<const std::uint16_t> baseline_places,
                          std::span<const std::uint16_t> places);
  void compress(SnapshotDesk& desk, Snapshot& snapshot);
  void remember(const Snapshot& snapshot, std::uint16_t seq, std::span<const std::uint16_t> places);

  std::array<Sent, kSent> sent_;
  std::uint8_t next_ = 0;        // index into sent_, of the oldest
  std::uint8_t unanswered_ = 0;  // compressed ones since the last that was acknowledged
  std::uint8_t period_ = 1;      // compression is tried for each so many-th snapshot
  std::uint16_t rest_ = 0;       // snapshots until it is tried
};
static_assert(sizeof(SnapshotWriter) <= 6 * 1024);

}  // namespace tickwire::game
