// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lockstep/room.h"

#include <algorithm>
#include <utility>

namespace tickwire::game {

LockstepRoom::LockstepRoom(unsigned tick_rate_hz, std::uint64_t seed, LockstepStats& borrowed_stats)
    : tick_rate_hz_(tick_rate_hz), stats_(borrowed_stats), simulation_(seed) {
  auto empty = std::make_shared<LockstepWindow>();
  empty->first = 1;
  simulation_.encode(empty->state);
  window_ = std::move(empty);
}

LockstepRoom::Member* LockstepRoom::find(PlayerId player) {
  const auto member = std::ranges::find(members_, player, &Member::player);
  return player == 0 || member == members_.end() ? nullptr : &*member;
}

bool LockstepRoom::is_full() const { return std::ranges::find(members_, PlayerId{0}, &Member::player) == members_.end(); }

bool LockstepRoom::join(PlayerId player) {
  if (find(player) != nullptr) return true;
  const auto seat = std::ranges::find(members_, PlayerId{0}, &Member::player);
  if (seat == members_.end()) {
    ++stats_.refused_joins;
    return false;
  }
  *seat = {.player = player, .leaves = seat->leaves, .joins = true};
  return true;
}

void LockstepRoom::leave(PlayerId player) {
  Member* member = find(player);
  if (member == nullptr) return;
  // Who came and went between two frames was never in the simulation.
  *member = {.leaves = member->leaves || !member->joins};
}

std::shared_ptr<const LockstepWindow> LockstepRoom::advance(std::span<const BoardEntry> inputs) {
  for (const BoardEntry& input : inputs) {
    Member* member = find(input.player);
    if (member == nullptr || member->buttons == input.newest.buttons) continue;
    member->buttons = input.newest.buttons;
    member->pressed = true;
  }
  take_commands();
  simulation_.step(commands_);
  ++stats_.frames;
  stats_.commands += commands_.size();

  auto encoded = std::make_shared<std::vector<std::byte>>();
  encode_frame(commands_, *encoded);
  auto next = std::make_shared<LockstepWindow>();
  const std::size_t dropped = window_->frames.size() == LockstepWindow::kMaxFrames ? 1 : 0;
  next->first = window_->first + static_cast<std::uint32_t>(dropped);
  next->frames.reserve(LockstepWindow::kMaxFrames);
  next->frames.assign(window_->frames.begin() + static_cast<std::ptrdiff_t>(dropped), window_->frames.end());
  next->frames.push_back(std::move(encoded));
  next->state.reserve(LockstepSimulation::kMaxStateBytes);
  simulation_.encode(next->state);
  hashes_[simulation_.frame() % hashes_.size()] = lockstep_hash(next->state);
  window_ = next;
  return next;
}

// In the order of a frame: by seat, and leave, join, buttons.
void LockstepRoom::take_commands() {
  commands_.clear();
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const auto seat = static_cast<std::uint8_t>(i);
    Member& member = members_[i];
    if (member.leaves) commands_.push_back({.seat = seat, .kind = Command::Kind::kLeave});
    if (member.joins) commands_.push_back({.seat = seat, .kind = Command::Kind::kJoin, .player = member.player});
    if (member.pressed) commands_.push_back({.seat = seat, .kind = Command::Kind::kButtons, .buttons = member.buttons});
    member.leaves = member.joins = member.pressed = false;
  }
}

LockstepSource::Verdict LockstepRoom::check(PlayerId player, const StateHash& hash) {
  Member* member = find(player);
  const std::uint32_t newest = simulation_.frame();
  if (member == nullptr || hash.frame == 0 || hash.frame > newest || hash.frame % tick_rate_hz_ != 0) {
    ++stats_.unasked_hashes;
    return {};
  }
  if (newest - hash.frame >= hashes_.size()) {
    ++stats_.old_hashes;
    return {};
  }
  if (hash.frame < member->trusted_from) {
    ++stats_.repeated_hashes;
    return {};
  }
  const std::uint64_t expected = hashes_[hash.frame % hashes_.size()];
  if (hash.hash == expected) {
    ++stats_.agreed_hashes;
    return {};
  }
  ++stats_.diverged_hashes;
  member->trusted_from = newest + 1;
  Verdict verdict{.diverged = Diverged{.frame = hash.frame, .expected = expected, .received = hash.hash}};
  verdict.evict = ++member->divergences >= kMostDivergences;
  if (verdict.evict) ++stats_.evictions;
  return verdict;
}

}  // namespace tickwire::game
