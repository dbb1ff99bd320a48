// tickwire-train-dictionary FILE: makes the dictionary that snapshots are compressed with, out of simulated play. The same version of zstd
// makes the same bytes.
// SPDX-License-Identifier: Apache-2.0
#define ZDICT_STATIC_LINKING_ONLY  // for the trainer's parameters
#include <fmt/format.h>
#include <zdict.h>

#include <cstdio>
#include <fstream>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "gameserver/common/result.h"
#include "gameserver/snapshot/walkers.h"
#include "gameserver/snapshot/writer.h"

namespace {

using namespace tickwire::game;

// More of it gains nothing: what repeats in snapshots is how often each byte occurs, and the dictionary's tables hold that.
constexpr std::size_t kDictionaryBytes = 4096;
constexpr int kLevel = 1;

// zdict's input: all samples one behind the other, and their lengths.
struct Samples {
  std::vector<std::byte> bytes;
  std::vector<std::size_t> lengths;
  void add(std::span<const std::byte> sample) {
    bytes.insert(bytes.end(), sample.begin(), sample.end());
    lengths.push_back(sample.size());
  }
};

// A few viewers' snapshots, each a delta to one of 1 .. 6 ticks before, and now and then the complete states.
void collect(const WalkersOptions& options, std::uint32_t seed, Samples& samples) {
  constexpr std::size_t kViewers = 6;
  constexpr std::uint16_t kTicks = 150;
  Walkers walkers(options, seed);
  SnapshotDesk desk(nullptr);
  std::vector<SnapshotWriter> writers(kViewers);
  for (std::uint16_t tick = 1; tick <= kTicks; ++tick) {
    desk.push(walkers.next());
    for (std::size_t i = 0; i < writers.size(); ++i) {
      const auto viewer = static_cast<PlayerId>(1 + i * (options.players - 1) / kViewers);
      const auto made = writers[i].make(desk, viewer, tick);
      const bool is_rare = made->snapshot.baseline != 0 || tick % 16 == 0;
      if (is_rare && made->snapshot.content.size() >= SnapshotCompressor::kMinBytes) samples.add(made->snapshot.content);
      const auto age = static_cast<std::uint16_t>(i % 6);
      if (tick > age && tick % 16 != 15) writers[i].acknowledge(static_cast<std::uint16_t>(tick - age), 0);
      if (tick % 64 == 63) writers[i] = {};
    }
  }
}

Samples play() {
  Samples samples;
  std::uint32_t seed = 1;
  for (const std::size_t players : {24U, 64U, 300U, 1000U, 2000U}) {
    for (const unsigned rate_hz : {30U, 30U, 60U, 20U, 10U, 128U}) {
      for (const unsigned moving_percent : {95U, 60U}) {
        collect({.players = players, .tick_rate_hz = rate_hz, .moving_percent = moving_percent}, seed++, samples);
      }
    }
  }
  return samples;
}

// An id of 16 bits out of what is behind the id (FNV-1a), beyond those that zstd keeps for a public register.
void set_id(std::vector<std::byte>& dictionary) {
  constexpr std::size_t kIdAt = 4;
  std::uint32_t hash = 0x811c9dc5U;
  for (std::size_t i = kIdAt + 4; i < dictionary.size(); ++i)
    hash = (hash ^ std::to_integer<std::uint32_t>(dictionary[i])) * 0x01000193U;
  const std::uint32_t id = 0x8000U | ((hash ^ hash >> 16) & 0x7fffU);
  for (std::size_t i = 0; i < 4; ++i) dictionary[kIdAt + i] = static_cast<std::byte>(id >> (8 * i));
}

Result<std::vector<std::byte>> train(const Samples& samples) {
  std::vector<std::byte> dictionary(kDictionaryBytes);
  ZDICT_cover_params_t parameters{};
  parameters.k = 64;
  parameters.d = 6;
  parameters.zParams.compressionLevel = kLevel;
  const std::size_t length =
      ZDICT_trainFromBuffer_cover(dictionary.data(), dictionary.size(), samples.bytes.data(), samples.lengths.data(),
                                  static_cast<unsigned>(samples.lengths.size()), parameters);
  if (ZDICT_isError(length) != 0) return std::unexpected(fmt::format("train the dictionary: {}", ZDICT_getErrorName(length)));
  dictionary.resize(length);
  set_id(dictionary);
  return dictionary;
}

Result<void> write_file(const char* path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return std::unexpected(fmt::format("write {}: not possible", path));
  return {};
}

int fail_with(std::string_view message) {
  fmt::print(stderr, "tickwire-train-dictionary: {}\n", message);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || std::string_view(argv[1]).starts_with("-")) {
    fmt::print(stderr, "usage: tickwire-train-dictionary FILE\n");
    return 2;
  }
  const auto samples = play();
  const auto dictionary = train(samples);
  if (!dictionary) return fail_with(dictionary.error());
  const auto usable = SnapshotDictionary::make(*dictionary);
  if (!usable) return fail_with(usable.error());
  if (const auto written = write_file(argv[1], *dictionary); !written) return fail_with(written.error());
  fmt::print("{} bytes, id {}, of {} samples with {} bytes\n", dictionary->size(), (*usable)->id(), samples.lengths.size(),
             samples.bytes.size());
}
