// What a snapshot costs: ns to make one, for 2,000 players who walk and whose baseline is three ticks old, and its bytes.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <time.h>
#include <zstd.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "gameserver/common/clock.h"
#include "gameserver/snapshot/reader.h"
#include "gameserver/snapshot/walkers.h"
#include "gameserver/snapshot/writer.h"

namespace tickwire::game {
namespace {

using Dictionary = std::shared_ptr<const SnapshotDictionary>;

constexpr std::uint16_t kBaselineAge = 3;
constexpr std::size_t kPlayers = 2000;

Nanoseconds cpu_now() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return to_nanoseconds(now);
}

// Everybody's snapshots for some ticks, each acknowledged three ticks later.
void time_making(const char* name, std::int32_t area_radius_mm, const Dictionary& dictionary) {
  constexpr std::uint16_t kWarmUp = 8;
  constexpr std::uint16_t kTicks = 60;
  Walkers walkers({.players = kPlayers, .area_radius_mm = area_radius_mm}, 7);
  SnapshotDesk desk(dictionary);
  std::vector<SnapshotWriter> writers(kPlayers);
  std::vector<std::uint16_t> sight;
  SnapshotCounts before;
  Nanoseconds making{};
  Nanoseconds seeing{};
  std::size_t seen = 0;
  for (std::uint16_t tick = 1; tick <= kWarmUp + kTicks; ++tick) {
    const auto frame = walkers.next();
    if (tick == kWarmUp + 1) before = desk.counts();
    for (auto& writer : writers)
      if (tick > kBaselineAge) writer.acknowledge(static_cast<std::uint16_t>(tick - kBaselineAge), 0);
    const auto begin = cpu_now();
    desk.push(frame);
    for (std::size_t i = 0; i < kPlayers; ++i) static_cast<void>(writers[i].make(desk, static_cast<PlayerId>(i + 1), tick));
    const auto made = cpu_now();
    for (std::size_t i = 0; i < kPlayers; ++i) {
      static_cast<void>(frame->in_sight(i, kMaxStates, sight));
      seen += sight.size();
    }
    if (tick <= kWarmUp) {
      seen = 0;
      continue;
    }
    making += made - begin;
    seeing += cpu_now() - made;
  }
  const double snapshots = static_cast<double>(kPlayers) * kTicks;
  const SnapshotCounts& counts = desk.counts();
  const auto each = [&](std::uint64_t after, std::uint64_t earlier) { return static_cast<double>(after - earlier) / snapshots; };
  fmt::print("{:<12} {:>8.1f} {:>10.0f} {:>14.0f} {:>11.1f} {:>9.1f} {:>9.1f} {:>9.1f} {:>10.0f}\n", name,
             static_cast<double>(seen) / snapshots, static_cast<double>(making.count()) / snapshots,
             static_cast<double>(seeing.count()) / snapshots, each(counts.complete_bytes, before.complete_bytes),
             each(counts.plain_bytes, before.plain_bytes), each(counts.content_bytes, before.content_bytes),
             100 * each(counts.compressed, before.compressed),
             static_cast<double>(making.count()) / snapshots * kPlayers * 30 / 1e7);
}

// What one viewer's content is in each form, when so many are in sight.
void weigh(std::size_t in_sight, const Dictionary& dictionary) {
  constexpr int kTicks = 300;
  Walkers walkers({.players = in_sight, .half_size_mm = 5'000}, 11);
  SnapshotCompressor with_dictionary(dictionary);
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> plain_zstd(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  std::vector<std::byte> out(ZSTD_compressBound(kMaxStates * kStateBytes));
  const auto zstd_bytes = [&](std::span<const std::byte> content) {
    return ZSTD_compressCCtx(plain_zstd.get(), out.data(), out.size(), content.data(), content.size(), 1);
  };
  std::vector<std::vector<PlayerState>> ticks;
  DeltaBuilder delta;
  std::size_t raw = 0, raw_zstd = 0, deltas = 0, delta_zstd = 0, delta_dictionary = 0, count = 0;
  Nanoseconds compressing{};
  for (int i = 0; i < kTicks; ++i) {
    const auto frame = walkers.next();
    std::vector<PlayerState> states;
    std::vector<std::byte> encoded;
    for (const FramePlayer& player : frame->players()) {
      states.push_back(player.state);
      encode_state(player.state, encoded);
    }
    ticks.push_back(std::move(states));
    if (ticks.size() <= kBaselineAge) continue;
    delta.clear();
    encode_delta(ticks[ticks.size() - 1 - kBaselineAge], ticks.back(), delta);
    const auto content = delta.content();
    ++count;
    raw += encoded.size();
    raw_zstd += zstd_bytes(encoded);
    deltas += content.size();
    delta_zstd += zstd_bytes(content);
    const auto begin = cpu_now();
    const auto shorter = with_dictionary.compress(content);
    compressing += cpu_now() - begin;
    delta_dictionary += shorter ? shorter->size() : content.size();
  }
  fmt::print("{:>8} {:>8} {:>9} {:>8} {:>11} {:>17} {:>12}\n", in_sight, raw / count, raw_zstd / count, deltas / count,
             delta_zstd / count, delta_dictionary / count, compressing.count() / static_cast<std::int64_t>(count));
}

Result<Dictionary> read_dictionary(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(fmt::format("open {}: not possible", path));
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return SnapshotDictionary::make(std::as_bytes(std::span(bytes)));
}

int run(const char* path) {
  const auto dictionary = read_dictionary(path);
  if (!dictionary) {
    fmt::print(stderr, "bench_snapshot: {}\n", dictionary.error());
    return 1;
  }
  fmt::print("Content of a snapshot in bytes, walking, baseline {} ticks old, 30 Hz\n", kBaselineAge);
  fmt::print("in sight      raw  raw+zstd    delta  delta+zstd  delta+dictionary  compress ns\n");
  for (const std::size_t in_sight : {8U, 16U, 32U, 64U, 75U}) weigh(in_sight, *dictionary);
  fmt::print("\nMaking snapshots for {} players, baseline {} ticks old\n", kPlayers, kBaselineAge);
  fmt::print("area         in sight  ns a snap.  of it in_sight  raw bytes  delta B   sent B  zstd %  core % at 30 Hz\n");
  time_making("10 m", 10'000, nullptr);
  time_making("10 m, zstd", 10'000, *dictionary);
  time_making("15 m", 15'000, nullptr);
  time_making("15 m, zstd", 15'000, *dictionary);
  return 0;
}

}  // namespace
}  // namespace tickwire::game

int main(int argc, char** argv) {
  if (argc == 2) return tickwire::game::run(argv[1]);
  fmt::print(stderr, "usage: bench_snapshot DICTIONARY\n");
  return 2;
}
