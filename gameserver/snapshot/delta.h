// What it owns: the content of a snapshot that is a delta: what changed since its baseline.
// Who may use it: snapshot/, its bench and the fuzzers.
// Thread: any, pure functions and values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "gameserver/common/identity.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

// PROTOCOL.md, "Snapshots": records in ascending order of id. There is exactly one content for two lists of states: whatever
// apply_delta() accepts, encode_delta() writes again.

// A record's mask.
inline constexpr std::uint8_t kChangeX = 0x01;
inline constexpr std::uint8_t kChangeY = 0x02;
inline constexpr std::uint8_t kChangeHp = 0x04;
inline constexpr std::uint8_t kChangeStatus = 0x08;
inline constexpr std::uint8_t kChangeNew = 0x40;   // not in the baseline: the fields count from zero
inline constexpr std::uint8_t kChangeGone = 0x80;  // in the baseline and not here any more; nothing follows

// Mask 1, x and y 5 each (a difference of two 32-bit numbers has 33 bits, 7 of them a byte), hp 3, status 1.
inline constexpr std::size_t kMaxChangeBytes = 15;
inline constexpr std::size_t kMaxIdBytes = 5;
// Everybody of the baseline gone, and kMaxStates others new.
inline constexpr std::size_t kMaxDeltaBytes = kMaxStates * (kMaxIdBytes + 1) + kMaxStates * (kMaxIdBytes + kMaxChangeBytes);

// A record without its id.
class Change {
 public:
  // None yet: is_known() is false.
  Change() = default;
  // before: the baseline's state of the same player; nullptr: there is none.
  Change(const PlayerState* before, const PlayerState& now);
  [[nodiscard]] static Change gone();

  [[nodiscard]] bool is_known() const { return length_ != kUnknown; }
  // Nothing changed: there is no record.
  [[nodiscard]] bool is_empty() const { return length_ == 0; }

 private:
  friend class DeltaBuilder;
  static constexpr std::uint8_t kUnknown = 255;
  void put(std::byte byte) { bytes_[length_++] = byte; }
  void put_difference(std::uint8_t field, std::int64_t difference);

  std::uint8_t length_ = kUnknown;
  std::array<std::byte, kMaxChangeBytes> bytes_{};
};
static_assert(sizeof(Change) == 16);

// Puts records together; ids have to ascend.
class DeltaBuilder {
 public:
  // A known change; an empty one is left out. At most 2 * kMaxStates records.
  void add(PlayerId id, const Change& change);
  void add_gone(PlayerId id) { add(id, Change::gone()); }
  void clear() { length_ = count_ = last_id_ = 0; }

  [[nodiscard]] std::uint16_t count() const { return static_cast<std::uint16_t>(count_); }
  [[nodiscard]] std::span<const std::byte> content() const { return std::span(bytes_).first(length_); }

 private:
  std::size_t length_ = 0;
  std::size_t count_ = 0;
  PlayerId last_id_ = 0;
  // Every record as long as it can be, which is also room for copying a change as a whole.
  std::array<std::byte, 2 * kMaxStates*(kMaxIdBytes + kMaxChangeBytes)> bytes_;
};

// Both ordered by id, each id once and not 0, at most kMaxStates. Adds to an empty builder.
void encode_delta(std::span<const PlayerState> baseline, std::span<const PlayerState> states, DeltaBuilder& out);

// Why a content is no delta to this baseline.
enum class DeltaError : std::uint8_t {
  kTruncated,    // it ends within a record
  kTrailing,     // bytes behind the last record
  kNumber,       // a number with more bytes than it needs, or of more than 33 bits
  kOrder,        // an id of 0, twice or descending, or beyond 32 bits
  kMask,         // an unknown bit, nothing changed, or a field that changes by nothing
  kNotThere,     // changed or gone, but not in the baseline
  kThereBefore,  // new, but in the baseline
  kRange,        // x, y or hp beyond what its field holds
  kTooMany,      // more than kMaxStates states would come out
};
inline constexpr std::size_t kDeltaErrorCount = 9;
// "truncated" and so on.
[[nodiscard]] std::string_view delta_error_name(DeltaError error);

// Replaces out with the states, ordered by id, at most kMaxStates; its content is unspecified after an error. baseline as above; count: of
// records.
[[nodiscard]] std::expected<void, DeltaError> apply_delta(std::span<const PlayerState> baseline,
                                                          std::span<const std::byte> content, std::size_t count,
                                                          std::vector<PlayerState>& out);

}  // namespace tickwire::game
