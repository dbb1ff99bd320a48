// SPDX-License-Identifier: Apache-2.0
#include "gameserver/snapshot/writer.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace tickwire::game {

SnapshotDesk::SnapshotDesk(std::shared_ptr<const SnapshotDictionary> dictionary) {
  if (dictionary) compressor_.emplace(std::move(dictionary));
}

std::span<const std::uint16_t> SnapshotDesk::sorted_sight() {
  constexpr unsigned kBits = 64;
  marks_.resize(history_.newest()->players().size() / kBits + 1);
  for (const std::uint16_t place : sight_) marks_[place / kBits] |= std::uint64_t{1} << place % kBits;
  sorted_.clear();
  for (std::size_t word = 0; word < marks_.size(); ++word) {
    for (std::uint64_t bits = std::exchange(marks_[word], 0); bits != 0; bits &= bits - 1)
      sorted_.push_back(static_cast<std::uint16_t>(word * kBits + static_cast<unsigned>(std::countr_zero(bits))));
  }
  return sorted_;
}

std::optional<SnapshotWriter::Made> SnapshotWriter::make(SnapshotDesk& desk, PlayerId viewer, std::uint16_t seq) {
  const WorldFrame* frame = desk.history_.newest();
  if (frame == nullptr) return std::nullopt;
  const auto own_place = frame->find(viewer);
  if (!own_place) return std::nullopt;
  const bool everybody = frame->in_sight(*own_place, kMaxStates, desk.sight_);
  const auto places = desk.sorted_sight();
  const FramePlayer& own = frame->players()[*own_place];
  Made made{.snapshot = {.server_tick = frame->tick(), .last_input = own.last_input}};
  made.flags = static_cast<std::uint8_t>((own.has_input ? kFlagInput : 0) | (everybody ? 0 : kFlagPartial));
  write_content(desk, places, made.snapshot);
  compress(desk, made.snapshot);
  desk.counts_.content_bytes += made.snapshot.content.size();
  remember(made.snapshot, seq, places);
  return made;
}

void SnapshotWriter::acknowledge(std::uint16_t ack, std::uint32_t ack_bits) {
  for (Sent& sent : sent_) {
    if (sent.acknowledged || sent.count == 0) continue;
    const auto behind = static_cast<std::uint16_t>(ack - sent.seq);
    if (behind != 0 && (behind > 32 || (ack_bits >> (behind - 1) & 1) == 0)) continue;
    sent.acknowledged = true;
    if (sent.compressed) unanswered_ = 0;
  }
}

// The newest that the client has and whose frame is kept. Number 0 stands for "complete states" and is never a baseline.
const SnapshotWriter::Sent* SnapshotWriter::baseline(const FrameHistory& history) const {
  for (std::size_t age = 1; age <= kSent; ++age) {
    const Sent& sent = sent_[(next_ + kSent - age) % kSent];
    if (sent.acknowledged && sent.seq != 0 && history.find(sent.tick) != nullptr) return &sent;
  }
  return nullptr;
}

void SnapshotWriter::write_content(SnapshotDesk& desk, std::span<const std::uint16_t> places, Snapshot& snapshot) const {
  const std::size_t complete_bytes = places.size() * kStateBytes;
  desk.counts_.complete_bytes += complete_bytes;
  const Sent* from = baseline(desk.history_);
  if (from != nullptr) write_delta(desk, from->tick, std::span(from->places).first(from->count), places);
  // A delta has two bytes for its length, which complete states do not need.
  const std::size_t delta_bytes = from != nullptr ? desk.delta_.content().size() + 2 : complete_bytes;
  if (delta_bytes < complete_bytes && delta_bytes <= kMaxContentBytes + 2) {
    snapshot.baseline = from->seq;
    snapshot.count = desk.delta_.count();
    snapshot.content = desk.delta_.content();
    ++desk.counts_.delta;
  } else {
    desk.states_.clear();
    for (const std::uint16_t place : desk.sight_) encode_state(desk.history_.newest()->players()[place].state, desk.states_);
    snapshot.count = static_cast<std::uint16_t>(places.size());
    snapshot.content = desk.states_;
    ++desk.counts_.complete;
  }
  desk.counts_.plain_bytes += snapshot.content.size();
}

// As encode_delta(), out of the records that are kept.
void SnapshotWriter::write_delta(SnapshotDesk& desk, std::uint32_t baseline_tick, std::span<const std::uint16_t> baseline_places,
                                 std::span<const std::uint16_t> places) {
  const auto now = desk.history_.newest()->players();
  const auto then = desk.history_.find(baseline_tick)->players();
  auto before = baseline_places.begin();
  desk.delta_.clear();
  for (const std::uint16_t place : places) {
    const PlayerId id = now[place].state.id;
    while (before != baseline_places.end() && then[*before].state.id < id) desk.delta_.add_gone(then[*before++].state.id);
    const bool there = before != baseline_places.end() && then[*before].state.id == id;
    desk.delta_.add(id, there ? desk.history_.change(baseline_tick, place, *before) : desk.history_.change_from_nothing(place));
    if (there) ++before;
  }
  while (before != baseline_places.end()) desk.delta_.add_gone(then[*before++].state.id);
}

void SnapshotWriter::compress(SnapshotDesk& desk, Snapshot& snapshot) {
  const auto plain = snapshot.content;
  if (!desk.compressor_ || plain.size() < SnapshotCompressor::kMinBytes || plain.size() > kMaxContentBytes) return;
  if (rest_ > 0) {
    --rest_;
    return;
  }
  const auto shorter = desk.compressor_->compress(plain);
  if (!shorter) {
    ++desk.counts_.not_shrunk;
    period_ = std::min<std::uint8_t>(period_ * 2, kLongestPeriod);
    rest_ = period_ - 1;
    return;
  }
  period_ = 1;
  snapshot.plain_bytes = static_cast<std::uint16_t>(plain.size());
  snapshot.content = *shorter;
  ++desk.counts_.compressed;
  if (++unanswered_ < kMostUnanswered) return;
  unanswered_ = 0;
  rest_ = kRestAfterNoAnswer;
}

void SnapshotWriter::remember(const Snapshot& snapshot, std::uint16_t seq, std::span<const std::uint16_t> places) {
  Sent& sent = sent_[next_];
  sent.tick = snapshot.server_tick;
  sent.seq = seq;
  sent.count = static_cast<std::uint8_t>(places.size());
  sent.acknowledged = false;
  sent.compressed = snapshot.plain_bytes != 0;
  std::ranges::copy(places, sent.places.begin());
  next_ = static_cast<std::uint8_t>((next_ + 1) % kSent);
}

}  // namespace tickwire::game
