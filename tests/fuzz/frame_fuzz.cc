// SPDX-License-Identifier: Apache-2.0
// What comes over TCP: however the stream is cut into reads, the same frames come out, and each is refused or means what its bytes say.
//
// An input: two bytes from which the lengths of the reads follow, then the stream.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/game_message.h"
#include "gameserver/common/bytes.h"
#include "gameserver/protocol/frame.h"

namespace tickwire::fuzz {
namespace {

using Bytes = std::vector<std::byte>;

struct Stream {
  std::vector<Bytes> frames;
  bool too_long = false;
  friend bool operator==(const Stream&, const Stream&) = default;
};

// The whole stream at once.
Stream split(std::span<const std::byte> bytes) {
  Stream stream;
  while (bytes.size() >= game::kFrameLengthBytes) {
    const std::size_t length = game::ByteReader(bytes).read<std::uint32_t>();
    stream.too_long = length > game::kMaxFrameBytes;
    if (stream.too_long || bytes.size() - game::kFrameLengthBytes < length) break;
    const auto frame = bytes.subspan(game::kFrameLengthBytes, length);
    stream.frames.emplace_back(frame.begin(), frame.end());
    bytes = bytes.subspan(game::kFrameLengthBytes + length);
  }
  return stream;
}

// In reads of lengths that follow from seed.
Stream read(std::span<const std::byte> bytes, std::uint32_t seed) {
  Stream stream;
  game::FrameReader reader;
  while (!bytes.empty() && !stream.too_long) {
    const auto space = reader.writable();
    check(!space.empty(), "there is room for the next read");
    seed = seed * 1'664'525 + 1'013'904'223;
    const std::size_t count = std::min({space.size(), bytes.size(), std::size_t{1} + (seed >> 16) % 40});
    std::copy_n(bytes.begin(), count, space.begin());
    reader.commit(count);
    bytes = bytes.subspan(count);
    for (;;) {
      const auto frame = reader.next();
      stream.too_long = !frame;
      if (!frame || !*frame) break;
      stream.frames.emplace_back((*frame)->begin(), (*frame)->end());
    }
  }
  return stream;
}

void run(std::span<const std::byte> input) {
  if (input.size() < 2) return;
  const std::uint32_t seed = game::ByteReader(input).read<std::uint16_t>();
  const auto bytes = input.subspan(2);
  const Stream whole = split(bytes);
  check(read(bytes, seed) == whole, "frames do not depend on how the stream was read");
  for (const auto& frame : whole.frames) {
    const auto message = game::parse_frame(frame);
    if (message) check_message(frame, *message, game::HeaderForm::kWithoutAckBits);
  }
}

}  // namespace
}  // namespace tickwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t length) {
  tickwire::fuzz::run(std::as_bytes(std::span(bytes, length)));
  return 0;
}
