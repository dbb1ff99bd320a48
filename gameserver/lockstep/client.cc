// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lockstep/client.h"

#include <span>
#include <utility>

namespace tickwire::game {

bool LockstepClient::take(const Frames& frames) {
  if (awaits_state_ || frames.first == 0 || frames.first > simulation_->frame() + 1) {
    ++counts_.unusable;
    return false;
  }
  // Nothing is applied of a message that is broken further on.
  auto content = frames.content;
  bool good = true;
  for (unsigned i = 0; i < frames.count && good; ++i) good = decode_frame(content, commands_);
  if (!good || !content.empty()) {
    ++counts_.malformed;
    return false;
  }
  content = frames.content;
  for (std::uint32_t number = frames.first; number != frames.first + frames.count; ++number) {
    static_cast<void>(decode_frame(content, commands_));
    if (number <= simulation_->frame()) {
      ++counts_.repeated;
      continue;
    }
    simulation_->step(commands_);
    ++counts_.applied;
    if (number % tick_rate_hz_ == 0) hash_ = StateHash{.frame = number, .hash = simulation_->hash()};
  }
  return true;
}

bool LockstepClient::take(const RoomState& state) {
  auto decoded = LockstepSimulation::decode(state.content);
  if (!decoded || decoded->frame() != state.frame) {
    ++counts_.malformed;
    return false;
  }
  if (simulation_ && decoded->frame() < simulation_->frame()) {
    ++counts_.stale_states;
    return false;
  }
  simulation_ = std::move(decoded);
  awaits_state_ = false;
  ++counts_.states;
  return true;
}

void LockstepClient::take(const Diverged&) {
  awaits_state_ = true;
  hash_.reset();
  ++counts_.divergences;
}

std::optional<StateHash> LockstepClient::take_hash() { return std::exchange(hash_, std::nullopt); }

void LockstepClient::corrupt() {
  if (!simulation_) return;
  std::vector<std::byte> state;
  simulation_->encode(state);
  constexpr std::size_t kRandomStateByte = 4;
  state[kRandomStateByte] ^= std::byte{1};
  if (auto other = LockstepSimulation::decode(state)) simulation_ = std::move(other);
}

}  // namespace tickwire::game
