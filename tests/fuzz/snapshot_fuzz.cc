// SPDX-License-Identifier: Apache-2.0
// What a client makes of snapshots and of the lockstep room's messages, and the bytes that mean the same are the same.
//
// An input: a byte that says what follows it. 0 a delta: a number of baseline states, each an id's step and a byte for each of x, y, hp and
// status; the number of records; the content. 1 messages for a reader: seq, baseline, count, a length before compression of two bytes, a
// length, the content. 2 a content to compress, and where its result is changed by what. 3 frames behind a state with players. 4 a room's
// state, behind which frames follow.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "fuzz/check.h"
#include "gameserver/common/bytes.h"
#include "gameserver/lockstep/client.h"
#include "gameserver/resources/embedded.h"
#include "gameserver/snapshot/delta.h"
#include "gameserver/snapshot/dictionary.h"
#include "gameserver/snapshot/reader.h"

namespace tickwire::fuzz {
namespace {

using game::ByteReader;
using game::PlayerState;
using Bytes = std::span<const std::byte>;

Bytes rest(ByteReader& reader) { return reader.take(reader.remaining()); }

void delta(ByteReader& reader) {
  std::vector<PlayerState> baseline;
  game::PlayerId id = 0;
  for (unsigned count = reader.read<std::uint8_t>() % (game::kMaxStates + 1); count > 0; --count) {
    id += 1U + reader.read<std::uint8_t>();
    PlayerState state{.id = id, .x_mm = static_cast<std::int8_t>(reader.read<std::uint8_t>())};
    state.y_mm = static_cast<std::int8_t>(reader.read<std::uint8_t>());
    state.hp = reader.read<std::uint8_t>();
    state.status = reader.read<std::uint8_t>();
    baseline.push_back(state);
  }
  const std::size_t records = reader.read<std::uint8_t>();
  const Bytes content = rest(reader);
  std::vector<PlayerState> states;
  if (!game::apply_delta(baseline, content, records, states)) return;
  check(states.size() <= game::kMaxStates, "no more states come out than a snapshot has");
  const auto out_of_order = [](const PlayerState& a, const PlayerState& b) { return a.id >= b.id; };
  check(std::ranges::adjacent_find(states, out_of_order) == states.end(), "states are ordered by id");
  game::DeltaBuilder again;
  game::encode_delta(baseline, states, again);
  check(again.count() == records && std::ranges::equal(again.content(), content), "a delta has one encoding");
}

std::shared_ptr<const game::SnapshotDictionary> dictionary() {
  static const auto made = game::SnapshotDictionary::make(game::embedded(game::ResourceId::kSnapshotDictionary));
  check(made.has_value(), "the dictionary is one");
  return *made;
}

void messages(ByteReader& reader) {
  game::SnapshotDecompressor decompressor(dictionary());
  game::SnapshotReader snapshots(&decompressor);
  std::uint64_t taken = 0;
  while (reader.ok() && reader.remaining() > 0) {
    const auto seq = reader.read<std::uint8_t>();
    game::Snapshot snapshot{.baseline = reader.read<std::uint8_t>()};
    snapshot.count = reader.read<std::uint8_t>();
    snapshot.plain_bytes = reader.read<std::uint16_t>();
    snapshot.content = reader.take(reader.read<std::uint8_t>());
    const auto states = snapshots.read(seq, snapshot);
    if (states) check(states->size() <= game::kMaxStates, "no more states come out than a snapshot has");
    ++taken;
  }
  std::uint64_t counted = snapshots.read_count();
  for (std::size_t error = 0; error < game::kSnapshotErrorCount; ++error)
    counted += snapshots.errors(static_cast<game::SnapshotError>(error));
  check(counted == taken, "each message is read, or counted by its error");
}

void compression(ByteReader& reader) {
  const auto place = reader.read<std::uint8_t>();
  const auto changed_by = static_cast<std::byte>(reader.read<std::uint8_t>());
  const Bytes plain = rest(reader);
  if (plain.size() < game::SnapshotCompressor::kMinBytes || plain.size() > game::kMaxContentBytes) return;
  game::SnapshotCompressor compressor(dictionary());
  game::SnapshotDecompressor decompressor(dictionary());
  const auto shorter = compressor.compress(plain);
  if (!shorter) return;
  check(shorter->size() <= plain.size() - plain.size() / 16, "compression pays");
  const auto again = decompressor.decompress(*shorter, plain.size());
  check(again && std::ranges::equal(*again, plain), "what is compressed comes back");
  std::vector<std::byte> damaged(shorter->begin(), shorter->end());
  damaged[place % damaged.size()] ^= changed_by;
  const auto other = decompressor.decompress(damaged, plain.size());
  check(!other || other->size() == plain.size(), "what comes out has the length that was said");
}

// Applies what a message of frames would, one frame at a time.
void frames(game::LockstepSimulation simulation, Bytes content) {
  std::vector<game::Command> commands;
  while (!content.empty()) {
    const Bytes before = content;
    if (!game::decode_frame(content, commands)) return;
    check(commands.size() <= game::kMaxCommands, "a frame has a bound");
    std::vector<std::byte> again;
    game::encode_frame(commands, again);
    check(std::ranges::equal(again, before.first(before.size() - content.size())), "a frame has one encoding");
    simulation.step(commands);
    std::vector<std::byte> state;
    simulation.encode(state);
    check(state.size() <= game::LockstepSimulation::kMaxStateBytes, "a state has a bound");
    check(game::LockstepSimulation::decode(state) == simulation, "what frames lead to is a state");
  }
}

void frames_behind_players(Bytes content) {
  game::LockstepSimulation simulation(1);
  std::vector<game::Command> joins;
  for (std::uint8_t seat = 0; seat < 8; ++seat)
    joins.push_back({.seat = seat, .kind = game::Command::Kind::kJoin, .player = seat + 1U});
  simulation.step(joins);
  frames(simulation, content);
}

void room_state(Bytes content) {
  game::LockstepClient client(1);
  // The number of seats says how long a state is.
  for (std::size_t length = 16; length <= content.size(); length += 28) {
    const Bytes state = content.first(length);
    const auto decoded = game::LockstepSimulation::decode(state);
    if (!decoded) continue;
    std::vector<std::byte> again;
    decoded->encode(again);
    check(std::ranges::equal(again, state), "a state has one encoding");
    check(client.take(game::RoomState{.frame = decoded->frame(), .content = state}), "a client takes a state");
    check(client.simulation()->hash() == game::lockstep_hash(state), "the hash is the bytes'");
    frames(*decoded, content.subspan(length));
    const std::uint32_t next = decoded->frame() + 1;
    static_cast<void>(client.take(game::Frames{.first = next, .count = 1, .content = content.subspan(length)}));
    return;
  }
}

}  // namespace
}  // namespace tickwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t length) {
  tickwire::game::ByteReader reader(std::as_bytes(std::span(bytes, length)));
  switch (reader.read<std::uint8_t>()) {
    case 0:
      tickwire::fuzz::delta(reader);
      break;
    case 1:
      tickwire::fuzz::messages(reader);
      break;
    case 2:
      tickwire::fuzz::compression(reader);
      break;
    case 3:
      tickwire::fuzz::frames_behind_players(tickwire::fuzz::rest(reader));
      break;
    default:
      tickwire::fuzz::room_state(tickwire::fuzz::rest(reader));
      break;
  }
  return 0;
}
