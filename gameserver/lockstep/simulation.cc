// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lockstep/simulation.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

namespace tickwire::game {
namespace {

using Sim = LockstepSimulation;

int pressed(std::uint16_t buttons, std::uint16_t button) { return (buttons & button) != 0 ? 1 : 0; }

// One axis of a player's movement: push, friction, and the wall, which gives half of the speed back.
void slide(std::int32_t& at, std::int32_t& speed, int direction) {
  speed += direction * Sim::kPush;
  speed -= speed / Sim::kFriction;
  at += speed;
  if (at >= -Sim::kHalfSize && at <= Sim::kHalfSize) return;
  at = std::clamp(at, -Sim::kHalfSize, Sim::kHalfSize);
  speed = -speed / 2;
}

void move(Sim::Seat& seat) {
  const int right = pressed(seat.buttons, kButtonRight) - pressed(seat.buttons, kButtonLeft);
  const int up = pressed(seat.buttons, kButtonUp) - pressed(seat.buttons, kButtonDown);
  if (right != 0) seat.heading = right > 0 ? 1 : 3;
  if (up != 0) seat.heading = up > 0 ? 0 : 2;
  slide(seat.x, seat.vx, right);
  slide(seat.y, seat.vy, up);
  if (seat.reload > 0) --seat.reload;
}

// Two players who overlap change their speeds along this axis and are put apart, half each; the first gives way to the lower side.
void push_apart(std::int32_t& a, std::int32_t& a_speed, std::int32_t& b, std::int32_t& b_speed) {
  const std::int32_t overlap = Sim::kWidth - std::abs(b - a);
  const std::int32_t side = b >= a ? 1 : -1;
  a = std::clamp(a - side * (overlap / 2), -Sim::kHalfSize, Sim::kHalfSize);
  b = std::clamp(b + side * (overlap - overlap / 2), -Sim::kHalfSize, Sim::kHalfSize);
  std::swap(a_speed, b_speed);
}

void collide(Sim::Seat& a, Sim::Seat& b) {
  const std::int32_t dx = std::abs(b.x - a.x);
  const std::int32_t dy = std::abs(b.y - a.y);
  if (dx >= Sim::kWidth || dy >= Sim::kWidth) return;
  if (dx >= dy) return push_apart(a.x, a.vx, b.x, b.vx);
  push_apart(a.y, a.vy, b.y, b.vy);
}

// How far target is in front of shooter; nothing when he is beside or behind.
std::optional<std::int32_t> distance_ahead(const Sim::Seat& shooter, const Sim::Seat& target) {
  const std::int32_t dx = target.x - shooter.x;
  const std::int32_t dy = target.y - shooter.y;
  const bool vertical = shooter.heading % 2 == 0;
  const std::int32_t along = vertical ? dy : dx;
  const std::int32_t ahead = shooter.heading < 2 ? along : -along;
  if (ahead <= 0 || ahead > Sim::kRange || std::abs(vertical ? dx : dy) > Sim::kWidth) return std::nullopt;
  return ahead;
}

template <std::signed_integral Field>
void write_signed(ByteWriter& writer, Field value) {
  writer.write(static_cast<std::make_unsigned_t<Field>>(value));
}

Sim::Seat read_seat(ByteReader& reader) {
  Sim::Seat seat;
  seat.player = reader.read<std::uint32_t>();
  seat.x = static_cast<std::int32_t>(reader.read<std::uint32_t>());
  seat.y = static_cast<std::int32_t>(reader.read<std::uint32_t>());
  seat.vx = static_cast<std::int32_t>(reader.read<std::uint32_t>());
  seat.vy = static_cast<std::int32_t>(reader.read<std::uint32_t>());
  seat.buttons = reader.read<std::uint16_t>();
  seat.hp = reader.read<std::uint16_t>();
  seat.heading = reader.read<std::uint8_t>();
  seat.reload = reader.read<std::uint8_t>();
  seat.score = reader.read<std::uint16_t>();
  return seat;
}

// Beyond these no frame leads, and arithmetic on them could overflow.
bool is_possible(const Sim::Seat& seat) {
  const auto within = [](std::int32_t value, std::int32_t most) { return value >= -most && value <= most; };
  return seat.player != 0 && within(seat.x, Sim::kHalfSize) && within(seat.y, Sim::kHalfSize) &&
         within(seat.vx, Sim::kMaxSpeed) && within(seat.vy, Sim::kMaxSpeed) && seat.hp >= 1 && seat.hp <= Sim::kFullHp &&
         seat.heading <= 3 && seat.reload <= Sim::kReloadFrames;
}

}  // namespace

// Any number but 0 starts the generator; multiplying by an odd number spreads the small ones.
LockstepSimulation::LockstepSimulation(std::uint64_t seed) : random_state_(seed * 0x9e3779b97f4a7c15U | 1) {}

// xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016).
std::uint32_t LockstepSimulation::random(std::uint32_t below) {
  random_state_ ^= random_state_ >> 12;
  random_state_ ^= random_state_ << 25;
  random_state_ ^= random_state_ >> 27;
  return static_cast<std::uint32_t>(random_state_ * 0x2545f4914f6cdd1dU >> 32) % below;
}

void LockstepSimulation::step(std::span<const Command> commands) {
  ++frame_;
  for (const Command& command : commands) apply(command);
  for (Seat& seat : seats_)
    if (seat.player != 0) move(seat);
  for (std::size_t a = 0; a < seats_.size(); ++a) {
    for (std::size_t b = a + 1; b < seats_.size() && seats_[a].player != 0; ++b)
      if (seats_[b].player != 0) collide(seats_[a], seats_[b]);
  }
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    if (seats_[i].player != 0 && seats_[i].reload == 0 && (seats_[i].buttons & kButtonFire) != 0) fire(i);
  }
}

void LockstepSimulation::apply(const Command& command) {
  Seat& seat = seats_[command.seat];
  switch (command.kind) {
    case Command::Kind::kLeave:
      seat = {};
      return;
    case Command::Kind::kJoin:
      seat = {.player = command.player, .hp = kFullHp};
      return place(seat);
    case Command::Kind::kButtons:
      if (seat.player != 0) seat.buttons = command.buttons;
      return;
  }
}

void LockstepSimulation::place(Seat& seat) {
  seat.x = static_cast<std::int32_t>(random(2 * kHalfSize + 1)) - kHalfSize;
  seat.y = static_cast<std::int32_t>(random(2 * kHalfSize + 1)) - kHalfSize;
  seat.vx = seat.vy = 0;
}

void LockstepSimulation::fire(std::size_t shooter) {
  Seat& from = seats_[shooter];
  from.reload = kReloadFrames;
  Seat* nearest = nullptr;
  std::int32_t nearest_ahead = std::numeric_limits<std::int32_t>::max();
  for (Seat& seat : seats_) {
    const auto ahead = seat.player != 0 ? distance_ahead(from, seat) : std::nullopt;
    if (!ahead || *ahead >= nearest_ahead) continue;
    nearest = &seat;
    nearest_ahead = *ahead;
  }
  if (nearest == nullptr) return;
  const auto damage = static_cast<std::uint16_t>(10 + random(11));
  if (nearest->hp > damage) {
    nearest->hp = static_cast<std::uint16_t>(nearest->hp - damage);
    return;
  }
  ++from.score;
  nearest->hp = kFullHp;
  place(*nearest);
}

void LockstepSimulation::encode(std::vector<std::byte>& out) const {
  ByteWriter writer(out);
  writer.write(frame_);
  writer.write(random_state_);
  std::uint32_t taken = 0;
  for (std::size_t i = 0; i < seats_.size(); ++i) taken |= std::uint32_t{seats_[i].player != 0} << i;
  writer.write(taken);
  for (const Seat& seat : seats_) {
    if (seat.player == 0) continue;
    writer.write(seat.player);
    write_signed(writer, seat.x);
    write_signed(writer, seat.y);
    write_signed(writer, seat.vx);
    write_signed(writer, seat.vy);
    writer.write(seat.buttons);
    writer.write(seat.hp);
    writer.write(seat.heading);
    writer.write(seat.reload);
    writer.write(seat.score);
  }
}

std::optional<LockstepSimulation> LockstepSimulation::decode(std::span<const std::byte> content) {
  ByteReader reader(content);
  LockstepSimulation made(0);
  made.frame_ = reader.read<std::uint32_t>();
  made.random_state_ = reader.read<std::uint64_t>();
  const auto taken = reader.read<std::uint32_t>();
  for (std::size_t i = 0; i < kLockstepSeats; ++i) {
    if ((taken >> i & 1) == 0) continue;
    made.seats_[i] = read_seat(reader);
    if (!is_possible(made.seats_[i])) return std::nullopt;
  }
  if (!reader.ok() || reader.remaining() != 0 || made.random_state_ == 0) return std::nullopt;
  return made;
}

std::uint64_t LockstepSimulation::hash() const {
  std::vector<std::byte> encoded;
  encoded.reserve(kMaxStateBytes);
  encode(encoded);
  return lockstep_hash(encoded);
}

std::uint64_t lockstep_hash(std::span<const std::byte> encoded_state) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const std::byte byte : encoded_state) hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3U;
  return hash;
}

}  // namespace tickwire::game
