// What it owns: the game of the lockstep room: one state, the same on every machine that applies the same frames.
// Who may use it: room.h on the server, client.h in clients, tests.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gameserver/lockstep/command.h"
#include "gameserver/protocol/message.h"

namespace tickwire::game {

// Integers only, lengths in 16.16 fixed point, one order for everything: nothing depends on the compiler, its options or the machine.
// Players push off with their buttons, slide, bump into each other and into the walls, and shoot at whom they face; who was hit and where
// one comes back depends on the order of all that came before.
class LockstepSimulation {
 public:
  static constexpr std::int32_t kMetre = 1 << 16;
  static constexpr std::int32_t kHalfSize = 20 * kMetre;        // a square arena around the origin
  static constexpr std::int32_t kWidth = kMetre;                // of a player, who is a square
  static constexpr std::int32_t kPush = kMetre / 16;            // gained in a frame by a button
  static constexpr std::int32_t kFriction = 8;                  // this part of the speed is lost in a frame
  static constexpr std::int32_t kMaxSpeed = kPush * kFriction;  // friction takes from it what a push gives, and more
  static constexpr std::int32_t kRange = 10 * kMetre;           // of a shot
  static constexpr std::uint16_t kFullHp = 100;
  static constexpr std::uint8_t kReloadFrames = 10;

  // Frame, random state, seats taken, and 28 bytes for each of them.
  static constexpr std::size_t kMaxStateBytes = 4 + 8 + 4 + 28 * kLockstepSeats;
  static_assert(kMaxStateBytes <= kMaxContentBytes);

  struct Seat {
    PlayerId player = 0;  // 0: nobody sits here, and the rest is zero
    std::int32_t x = 0;   // 16.16 metres
    std::int32_t y = 0;
    std::int32_t vx = 0;  // 16.16 metres a frame
    std::int32_t vy = 0;
    std::uint16_t buttons = 0;  // kButton..., held
    std::uint16_t hp = 0;       // 1 .. kFullHp
    std::uint8_t heading = 0;   // 0 up, 1 right, 2 down, 3 left
    std::uint8_t reload = 0;    // frames until the next shot
    std::uint16_t score = 0;    // modulo 2^16
    friend bool operator==(const Seat&, const Seat&) = default;
  };

  // An empty room behind frame 0. seed: of everything random; any.
  explicit LockstepSimulation(std::uint64_t seed);

  // The next frame. Any commands of a frame will do: one that means nothing here (a button of an empty seat) has no effect.
  void step(std::span<const Command> commands);

  // Number of the newest frame that was applied; 0: none.
  [[nodiscard]] std::uint32_t frame() const { return frame_; }
  [[nodiscard]] const std::array<Seat, kLockstepSeats>& seats() const { return seats_; }

  // Appends the state as RoomState carries it.
  void encode(std::vector<std::byte>& out) const;
  // Nothing when content is not what encode() writes, or goes beyond what frames can lead to.
  [[nodiscard]] static std::optional<LockstepSimulation> decode(std::span<const std::byte> content);
  // Of the encoded state, as StateHash carries it.
  [[nodiscard]] std::uint64_t hash() const;

  friend bool operator==(const LockstepSimulation&, const LockstepSimulation&) = default;

 private:
  [[nodiscard]] std::uint32_t random(std::uint32_t below);
  void apply(const Command& command);
  // To a random place, at rest.
  void place(Seat& seat);
  void fire(std::size_t shooter);

  std::uint32_t frame_ = 0;
  std::uint64_t random_state_;  // xorshift64*: never 0
  std::array<Seat, kLockstepSeats> seats_{};
};

// FNV-1a, 64 bits, of an encoded state.
[[nodiscard]] std::uint64_t lockstep_hash(std::span<const std::byte> encoded_state);

}  // namespace tickwire::game
