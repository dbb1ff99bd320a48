// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <memory>
#include <random>

#include "gameserver/lockstep/client.h"
#include "gameserver/lockstep/room.h"
#include "gameserver/lockstep/sender.h"
#include "gameserver/protocol/ack_window.h"
#include "gameserver/protocol/datagram.h"
#include "unit/gameserver/lockstep/lockstep_values.h"

namespace tickwire::game {
namespace {

constexpr unsigned kTickRateHz = 30;

using Datagram = std::vector<std::byte>;

// One direction of a line that holds datagrams for 2 .. 5 ticks, loses one in ten, repeats one in twenty, and lets some overtake.
class Channel {
 public:
  explicit Channel(std::uint32_t seed) : random_(seed) {}

  void send(const Message& message, std::uint32_t tick) {
    Datagram datagram;
    encode_datagram(message, datagram);
    if (random_() % 10 == 0) return;
    for (unsigned copies = random_() % 20 == 0 ? 2 : 1; copies > 0; --copies)
      under_way_.push_back({tick + 2 + static_cast<std::uint32_t>(random_() % 4), datagram});
  }
  template <typename Take>
  void receive(std::uint32_t tick, Take take) {
    for (auto datagram = under_way_.begin(); datagram != under_way_.end();) {
      if (datagram->due > tick) {
        ++datagram;
        continue;
      }
      take(parse_datagram(datagram->bytes).value());
      datagram = under_way_.erase(datagram);
    }
  }

 private:
  struct UnderWay {
    std::uint32_t due = 0;
    Datagram bytes;
  };
  std::mt19937 random_;
  std::deque<UnderWay> under_way_;
};

// A player: his session on the server, his client, and the line between them.
struct Player {
  Player(PlayerId player, std::uint32_t seed) : id(player), random(seed), down(seed + 1), up(seed + 2) {}

  // Server to client.
  void send(const LockstepWindow& window, std::uint32_t tick) {
    std::vector<std::byte> buffer;
    while (const auto due = sender.next(window, buffer)) {
      const std::uint16_t seq = next_server_seq++;
      sender.sent(seq);
      const Header header{.seq = seq};
      std::visit([&](const auto& body) { down.send({.header = header, .body = body}, tick); }, *due);
    }
  }
  void send_notice(const Diverged& diverged, std::uint32_t tick) {
    down.send({.header = {.seq = next_server_seq++}, .body = diverged}, tick);
    sender.resync();
  }

  // The client's turn: what arrives, then an input or a hash.
  void play(std::uint32_t tick) {
    down.receive(tick, [this](const Message& message) { take(message); });
    Header header{.seq = next_client_seq++};
    received.fill(header, Nanoseconds(0));
    const auto hash = client.take_hash();
    if (hash) {
      up.send({.header = header, .body = *hash}, tick);
      header.seq = next_client_seq++;
    }
    if (random() % 4 == 0) buttons = static_cast<std::uint16_t>(random() % 32);
    up.send({.header = header, .body = Input{.input_seq = ++input_seq, .buttons = buttons}}, tick);
  }
  void take(const Message& message) {
    if (seen.receive(message.header.seq, Nanoseconds(0)) == AckWindow::Arrival::kDuplicate) return;
    bool useful = true;
    if (const auto* frames = std::get_if<Frames>(&message.body)) useful = client.take(*frames);
    if (const auto* state = std::get_if<RoomState>(&message.body)) useful = client.take(*state);
    if (const auto* diverged = std::get_if<Diverged>(&message.body)) client.take(*diverged);
    if (useful) static_cast<void>(received.receive(message.header.seq, Nanoseconds(0)));
  }

  PlayerId id;
  std::mt19937 random;
  Channel down;
  Channel up;
  LockstepSender sender{LockstepSender::Delivery::kDatagrams};
  std::uint16_t next_server_seq = 1;
  AckWindow arrived;  // at the server
  std::optional<std::uint16_t> newest_input;
  LockstepClient client{kTickRateHz};
  AckWindow seen;      // at the client: everything
  AckWindow received;  // at the client: what it could use
  std::uint16_t next_client_seq = 1;
  std::uint16_t input_seq = 0;
  std::uint16_t buttons = 0;
};

// A full room on a bad line.
struct Match {
  explicit Match(std::uint32_t seed) : room(kTickRateHz, seed, stats) {
    for (PlayerId id = 1; id <= kLockstepSeats; ++id) {
      EXPECT_TRUE(room.join(id));
      players.push_back(std::make_unique<Player>(id, seed * 1000 + id * 10));
    }
  }

  void tick() {
    ++now;
    std::vector<BoardEntry> inputs;
    for (const auto& player : players) {
      player->up.receive(now, [&](const Message& message) { serve(*player, message, inputs); });
    }
    const auto window = room.advance(inputs);
    states[now % states.size()] = room.simulation();
    for (const auto& player : players) {
      player->send(*window, now);
      player->play(now);
      const auto* simulation = player->client.simulation();
      if (simulation != nullptr && states[simulation->frame() % states.size()] != *simulation) ++differing;
    }
  }
  void serve(Player& player, const Message& message, std::vector<BoardEntry>& inputs) {
    if (player.arrived.receive(message.header.seq, Nanoseconds(0)) == AckWindow::Arrival::kDuplicate) return;
    if ((message.header.flags & kFlagAck) != 0) player.sender.acknowledge(message.header.ack, message.header.ack_bits);
    if (const auto* input = std::get_if<Input>(&message.body)) {
      if (player.newest_input && !is_newer(input->input_seq, *player.newest_input)) return;
      player.newest_input = input->input_seq;
      std::erase_if(inputs, [&](const BoardEntry& entry) { return entry.player == player.id; });
      inputs.push_back(pressed(player.id, input->buttons));
    }
    if (const auto* hash = std::get_if<StateHash>(&message.body)) {
      const auto verdict = room.check(player.id, *hash);
      if (verdict.diverged) player.send_notice(*verdict.diverged, now);
    }
  }

  LockstepStats stats;
  LockstepRoom room;
  std::vector<std::unique_ptr<Player>> players;
  std::uint32_t now = 0;
  // The room's, by frame modulo 64: no client is so far behind.
  std::array<std::optional<LockstepSimulation>, 64> states;
  std::uint64_t differing = 0;  // states of clients, over all ticks, that were not the room's of their frame
};

class LockstepOverALine : public testing::TestWithParam<std::uint32_t> {};

TEST_P(LockstepOverALine, Keeps32ClientsIdentical) {
  Match match(GetParam());
  for (int i = 0; i < 10'000; ++i) match.tick();
  EXPECT_EQ(match.differing, 0U);
  EXPECT_EQ(match.stats.diverged_hashes.value(), 0U);
  // A hash of each client each second, less those that were lost: 32 * 333, of which nine in ten arrive.
  EXPECT_GT(match.stats.agreed_hashes.value(), 32U * 333 * 8 / 10);
  for (const auto& player : match.players) {
    EXPECT_GE(player->client.simulation()->frame() + 20, match.room.simulation().frame()) << "player " << player->id;
    EXPECT_EQ(player->client.counts().malformed, 0U);
    EXPECT_LE(player->client.counts().states, 3U) << "frames alone keep a client up to date";
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LockstepOverALine, testing::Range(1U, 3U));

TEST(LockstepDivergence, IsFoundWithinASecondAndHealed) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    Match match(seed);
    for (int i = 0; i < 100; ++i) match.tick();
    ASSERT_EQ(match.differing, 0U);
    match.players[3]->client.corrupt();
    // Until the next second's frame, there and back, and once more when the hash is lost.
    std::uint32_t waited = 0;
    while (match.stats.diverged_hashes.value() == 0 && waited++ < 3 * kTickRateHz) match.tick();
    EXPECT_EQ(match.stats.diverged_hashes.value(), 1U) << "seed " << seed;
    EXPECT_GT(match.differing, 0U);
    for (unsigned i = 0; i < kTickRateHz; ++i) match.tick();
    match.differing = 0;
    for (int i = 0; i < 100; ++i) match.tick();
    EXPECT_EQ(match.differing, 0U) << "seed " << seed;
    EXPECT_GE(match.players[3]->client.counts().states, 2U) << "at first, and to be healed; seed " << seed;
    EXPECT_EQ(match.stats.diverged_hashes.value(), 1U) << "seed " << seed;
  }
}

}  // namespace
}  // namespace tickwire::game
