// SPDX-License-Identifier: Apache-2.0
#include "gameserver/snapshot/reader.h"

#include <algorithm>

namespace tickwire::game {
namespace {

// count states of kStateBytes; ordered by id afterwards.
std::expected<void, SnapshotError> decode_states(std::span<const std::byte> content, std::size_t count,
                                                 std::vector<PlayerState>& out) {
  if (count > kMaxStates || content.size() != count * kStateBytes) return std::unexpected(SnapshotError::kBadStates);
  out.clear();
  for (std::size_t i = 0; i < count; ++i) out.push_back(decode_state(content.subspan(i * kStateBytes).first<kStateBytes>()));
  std::ranges::sort(out, {}, &PlayerState::id);
  const bool different = std::ranges::adjacent_find(out, {}, &PlayerState::id) == out.end();
  if (!different || (!out.empty() && out.front().id == 0)) return std::unexpected(SnapshotError::kBadStates);
  return {};
}

}  // namespace

std::string_view snapshot_error_name(SnapshotError error) {
  static constexpr std::array<std::string_view, kSnapshotErrorCount> kNames = {"unknown_baseline", "no_dictionary", "corrupt",
                                                                               "bad_states", "bad_delta"};
  return kNames[static_cast<std::size_t>(error)];
}

std::expected<std::span<const PlayerState>, SnapshotError> SnapshotReader::read(std::uint16_t seq, const Snapshot& snapshot) {
  if (const auto decoded = decode(snapshot); !decoded) {
    ++errors_[static_cast<std::size_t>(decoded.error())];
    return std::unexpected(decoded.error());
  }
  ++read_;
  return keep(seq);
}

std::expected<void, SnapshotError> SnapshotReader::decode(const Snapshot& snapshot) {
  const auto baseline = std::ranges::find_if(kept_, [&](const Kept& kept) { return kept.used && kept.seq == snapshot.baseline; });
  if (snapshot.baseline != 0 && baseline == kept_.end()) return std::unexpected(SnapshotError::kUnknownBaseline);
  const auto content = plain_content(snapshot);
  if (!content) return std::unexpected(content.error());
  if (snapshot.baseline == 0) return decode_states(*content, snapshot.count, states_);
  if (!apply_delta(baseline->states, *content, snapshot.count, states_)) return std::unexpected(SnapshotError::kBadDelta);
  return {};
}

std::expected<std::span<const std::byte>, SnapshotError> SnapshotReader::plain_content(const Snapshot& snapshot) {
  if (snapshot.plain_bytes == 0) return snapshot.content;
  if (borrowed_decompressor_ == nullptr) return std::unexpected(SnapshotError::kNoDictionary);
  if (snapshot.plain_bytes > kMaxContentBytes) return std::unexpected(SnapshotError::kCorrupt);
  const auto plain = borrowed_decompressor_->decompress(snapshot.content, snapshot.plain_bytes);
  if (plain) return *plain;
  return std::unexpected(plain.error() == DecompressError::kOtherDictionary ? SnapshotError::kNoDictionary
                                                                            : SnapshotError::kCorrupt);
}

// In the place of the oldest one, so that a late one does not push out what the server may still use.
std::span<const PlayerState> SnapshotReader::keep(std::uint16_t seq) {
  const auto older = [](const Kept& a, const Kept& b) {
    if (a.used != b.used) return !a.used;
    return is_newer(b.seq, a.seq);
  };
  Kept& oldest = *std::ranges::min_element(kept_, older);
  if (oldest.used && is_newer(oldest.seq, seq)) return states_;
  oldest.used = true;
  oldest.seq = seq;
  oldest.states.assign(states_.begin(), states_.end());
  return oldest.states;
}

}  // namespace tickwire::game
