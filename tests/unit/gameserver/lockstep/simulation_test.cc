// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lockstep/simulation.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace tickwire::game {
namespace {

using Kind = Command::Kind;
using Sim = LockstepSimulation;

Command join(std::uint8_t seat) { return {.seat = seat, .kind = Kind::kJoin, .player = seat + 1U}; }
Command press(std::uint8_t seat, std::uint16_t buttons) { return {.seat = seat, .kind = Kind::kButtons, .buttons = buttons}; }

void step(Sim& simulation, std::initializer_list<Command> commands = {}) { simulation.step(std::vector<Command>(commands)); }

// A state with these seats, taken in order.
Sim with_seats(std::initializer_list<Sim::Seat> seats) {
  std::vector<std::byte> state;
  ByteWriter writer(state);
  writer.write(std::uint32_t{1});
  writer.write(std::uint64_t{1});
  writer.write((std::uint32_t{1} << seats.size()) - 1);
  for (const Sim::Seat& seat : seats) {
    writer.write(seat.player);
    for (const std::int32_t value : {seat.x, seat.y, seat.vx, seat.vy}) writer.write(static_cast<std::uint32_t>(value));
    writer.write(seat.buttons);
    writer.write(seat.hp);
    writer.write(seat.heading);
    writer.write(seat.reload);
    writer.write(seat.score);
  }
  return Sim::decode(state).value();
}

Sim::Seat seat_at(std::int32_t x, std::int32_t y) { return {.player = 1, .x = x, .y = y, .hp = Sim::kFullHp}; }

// Any machine's answer to the same script: 32 players who push, bump, shoot, leave and come back.
std::uint32_t next_random(std::uint32_t& state) { return state = state * 1664525U + 1013904223U; }

std::vector<Command> scripted(std::uint32_t frame, std::uint32_t& random) {
  std::vector<Command> commands;
  for (std::uint8_t seat = 0; seat < kLockstepSeats; ++seat) {
    const std::uint32_t choice = next_random(random) >> 16;
    if (frame == 1 || choice % 512 == 0) {
      if (frame != 1) commands.push_back({.seat = seat, .kind = Kind::kLeave});
      commands.push_back({.seat = seat, .kind = Kind::kJoin, .player = frame * 100 + seat});
    }
    if (choice % 8 == 1) commands.push_back(press(seat, static_cast<std::uint16_t>(choice >> 4 & 0x1f)));
  }
  return commands;
}

TEST(LockstepSimulation, GivesOneHashForOneScriptEverywhere) {
  Sim simulation(42);
  std::uint32_t random = 7;
  std::vector<std::uint64_t> hashes;
  for (std::uint32_t frame = 1; frame <= 10'000; ++frame) {
    simulation.step(scripted(frame, random));
    if (frame == 1 || frame == 100 || frame == 10'000) hashes.push_back(simulation.hash());
  }
  EXPECT_EQ(hashes, (std::vector<std::uint64_t>{11252808404223904717U, 3138595066343499477U, 1266961612662778251U}));
}

TEST(LockstepSimulation, KeepsWithinItsBounds) {
  Sim simulation(1);
  std::uint32_t random = 3;
  std::uint32_t hits = 0;
  for (std::uint32_t frame = 1; frame <= 3000; ++frame) {
    simulation.step(scripted(frame, random));
    std::vector<std::byte> state;
    simulation.encode(state);
    ASSERT_LE(state.size(), Sim::kMaxStateBytes);
    const auto again = Sim::decode(state);
    ASSERT_TRUE(again.has_value()) << "frame " << frame;
    ASSERT_EQ(*again, simulation);
    for (const auto& seat : simulation.seats()) hits += seat.hp != Sim::kFullHp && seat.player != 0 ? 1 : 0;
  }
  EXPECT_GT(hits, 0U) << "players shoot each other";
}

TEST(LockstepSimulation, HashesAnEmptyRoomByItsFrame) {
  Sim a(1);
  Sim b(1);
  EXPECT_EQ(a.hash(), b.hash());
  step(a);
  EXPECT_NE(a.hash(), b.hash());
  step(b);
  EXPECT_EQ(a.hash(), b.hash());
  EXPECT_NE(Sim(1).hash(), Sim(2).hash()) << "the seed is in the state";
}

TEST(LockstepSimulation, HasAnFnv1aHash) {
  EXPECT_EQ(lockstep_hash({}), 0xcbf29ce484222325U);
  const std::vector<std::byte> letter = {std::byte{'a'}};
  EXPECT_EQ(lockstep_hash(letter), 0xaf63dc4c8601ec8cU);
}

TEST(LockstepSimulation, PutsAPlayerOnASeatAndTakesHimOff) {
  Sim simulation(1);
  step(simulation, {join(3)});
  EXPECT_EQ(simulation.frame(), 1U);
  EXPECT_EQ(simulation.seats()[3].player, 4U);
  EXPECT_EQ(simulation.seats()[3].hp, Sim::kFullHp);
  EXPECT_EQ(simulation.seats()[2], Sim::Seat{});
  step(simulation, {{.seat = 3, .kind = Kind::kLeave}});
  EXPECT_EQ(simulation.seats()[3], Sim::Seat{});
}

TEST(LockstepSimulation, IgnoresButtonsOfAnEmptySeat) {
  Sim simulation(1);
  step(simulation, {press(0, kButtonUp)});
  EXPECT_EQ(simulation.seats()[0], Sim::Seat{});
}

TEST(LockstepSimulation, PushesAndSlides) {
  auto simulation = with_seats({seat_at(0, 0)});
  step(simulation, {press(0, kButtonRight)});
  // One push of 4096 less an eighth.
  EXPECT_EQ(simulation.seats()[0].vx, 3584);
  EXPECT_EQ(simulation.seats()[0].x, 3584);
  step(simulation, {press(0, 0)});
  EXPECT_EQ(simulation.seats()[0].vx, 3136);
  EXPECT_EQ(simulation.seats()[0].x, 6720);
  EXPECT_EQ(simulation.seats()[0].y, 0);
}

TEST(LockstepSimulation, SlidesAlikeBothWays) {
  auto simulation = with_seats({seat_at(0, 0), seat_at(0, 5 * Sim::kMetre)});
  step(simulation, {press(0, kButtonRight), press(1, kButtonLeft)});
  for (int i = 0; i < 50; ++i) step(simulation);
  EXPECT_EQ(simulation.seats()[0].x, -simulation.seats()[1].x);
  EXPECT_GT(simulation.seats()[0].x, 0);
}

TEST(LockstepSimulation, BouncesOffTheWall) {
  auto seat = seat_at(Sim::kHalfSize - 100, 0);
  seat.vx = 1600;
  auto simulation = with_seats({seat});
  step(simulation);
  EXPECT_EQ(simulation.seats()[0].x, Sim::kHalfSize);
  EXPECT_EQ(simulation.seats()[0].vx, -700);
}

TEST(LockstepSimulation, PartsPlayersWhoOverlapAndExchangesTheirSpeeds) {
  auto left = seat_at(0, 0);
  left.vx = 8000;
  auto simulation = with_seats({left, seat_at(Sim::kMetre, 0)});
  step(simulation);
  EXPECT_EQ(simulation.seats()[0].vx, 0);
  EXPECT_EQ(simulation.seats()[1].vx, 7000);
  EXPECT_EQ(simulation.seats()[1].x - simulation.seats()[0].x, Sim::kWidth);
  // The left one went 7000 into the other one; half of it each way.
  EXPECT_EQ(simulation.seats()[0].x, 3500);
}

TEST(LockstepSimulation, LeavesPlayersAloneWhoDoNotTouch) {
  auto simulation = with_seats({seat_at(0, 0), seat_at(Sim::kWidth, 0)});
  step(simulation);
  EXPECT_EQ(simulation.seats()[0].x, 0);
  EXPECT_EQ(simulation.seats()[1].x, Sim::kWidth);
}

TEST(LockstepSimulation, HitsTheNearestInFront) {
  auto shooter = seat_at(0, 0);
  shooter.heading = 1;
  auto simulation = with_seats({shooter, seat_at(4 * Sim::kMetre, 0), seat_at(2 * Sim::kMetre, 0), seat_at(-2 * Sim::kMetre, 0)});
  step(simulation, {press(0, kButtonFire)});
  EXPECT_EQ(simulation.seats()[0].reload, Sim::kReloadFrames);
  EXPECT_EQ(simulation.seats()[1].hp, Sim::kFullHp);
  EXPECT_LT(simulation.seats()[2].hp, Sim::kFullHp);
  EXPECT_EQ(simulation.seats()[3].hp, Sim::kFullHp);
}

TEST(LockstepSimulation, HitsNobodyBeyondItsRange) {
  auto shooter = seat_at(0, 0);
  shooter.heading = 1;
  auto simulation = with_seats({shooter, seat_at(Sim::kRange + 1, 0), seat_at(2 * Sim::kMetre, Sim::kWidth + 1)});
  step(simulation, {press(0, kButtonFire)});
  EXPECT_EQ(simulation.seats()[1].hp, Sim::kFullHp);
  EXPECT_EQ(simulation.seats()[2].hp, Sim::kFullHp);
}

TEST(LockstepSimulation, ReloadsForTenFrames) {
  auto shooter = seat_at(0, 0);
  shooter.buttons = kButtonFire;
  auto simulation = with_seats({shooter, seat_at(0, 2 * Sim::kMetre)});
  step(simulation);
  const auto hp = simulation.seats()[1].hp;
  for (int i = 0; i < 9; ++i) step(simulation);
  EXPECT_EQ(simulation.seats()[1].hp, hp);
  step(simulation);
  EXPECT_LT(simulation.seats()[1].hp, hp);
}

TEST(LockstepSimulation, ScoresAndBringsBackWhoHasNothingLeft) {
  auto target = seat_at(0, 2 * Sim::kMetre);
  target.hp = 1;
  auto shooter = seat_at(0, 0);
  shooter.buttons = kButtonFire;
  auto simulation = with_seats({shooter, target});
  step(simulation);
  EXPECT_EQ(simulation.seats()[0].score, 1);
  EXPECT_EQ(simulation.seats()[1].hp, Sim::kFullHp);
  EXPECT_NE(simulation.seats()[1].y, target.y);
}

// Where players end up who stand in a row, each a hair too near to the next.
std::vector<std::int32_t> parted(std::initializer_list<Sim::Seat> seats) {
  auto simulation = with_seats(seats);
  step(simulation);
  std::vector<std::int32_t> places;
  for (std::size_t i = 0; i < seats.size(); ++i) places.push_back(simulation.seats()[i].x);
  return places;
}

TEST(LockstepSimulation, DependsOnTheOrderOfItsPlayers) {
  const auto left = seat_at(0, 0);
  const auto middle = seat_at(Sim::kWidth - 1, 0);
  const auto right = seat_at(2 * Sim::kWidth - 2, 0);
  EXPECT_EQ(parted({left, middle, right}), (std::vector<std::int32_t>{0, Sim::kWidth - 1, 2 * Sim::kWidth - 1}));
  EXPECT_EQ(parted({right, middle, left}), (std::vector<std::int32_t>{2 * Sim::kWidth - 2, Sim::kWidth - 1, -1}));
}

TEST(LockstepSimulation, RefusesStatesThatNoFrameLeadsTo) {
  Sim simulation(1);
  step(simulation, {join(0)});
  std::vector<std::byte> state;
  simulation.encode(state);
  ASSERT_TRUE(Sim::decode(state).has_value());
  const auto with = [&state](std::size_t at, unsigned value) {
    auto changed = state;
    changed[at] = static_cast<std::byte>(value);
    return Sim::decode(changed).has_value();
  };
  EXPECT_FALSE(with(16 + 3, 0)) << "nobody on a taken seat";
  EXPECT_FALSE(with(16 + 4, 0x7f)) << "x";
  EXPECT_FALSE(with(16 + 8, 0x80)) << "y";
  EXPECT_FALSE(with(16 + 12, 0x7f)) << "vx";
  EXPECT_FALSE(with(16 + 16, 0x80)) << "vy";
  EXPECT_FALSE(with(16 + 23, 0)) << "hp";
  EXPECT_FALSE(with(16 + 23, 101)) << "hp";
  EXPECT_FALSE(with(16 + 24, 4)) << "heading";
  EXPECT_FALSE(with(16 + 25, 11)) << "reload";
  EXPECT_TRUE(with(16 + 27, 9)) << "score";
}

TEST(LockstepSimulation, RefusesStatesOfAnotherLength) {
  Sim simulation(1);
  step(simulation, {join(0)});
  std::vector<std::byte> state;
  simulation.encode(state);
  EXPECT_EQ(state.size(), 16U + 28U);
  for (std::size_t length = 0; length < state.size(); ++length)
    EXPECT_FALSE(Sim::decode(std::span(state).first(length)).has_value());
  state.push_back(std::byte{0});
  EXPECT_FALSE(Sim::decode(state).has_value());
}

}  // namespace
}  // namespace tickwire::game
