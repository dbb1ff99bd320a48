// What it owns: messages in a TCP stream: a 4-byte big-endian length, then the message.
// Who may use it: server/, bots/.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "gameserver/protocol/message.h"

namespace tickwire::game {

inline constexpr std::size_t kFrameLengthBytes = 4;

// The length that a frame announced, above kMaxFrameBytes.
struct FrameTooLong {
  std::uint32_t announced_bytes = 0;
  friend bool operator==(const FrameTooLong&, const FrameTooLong&) = default;
};

// Cuts a byte stream into frames. Holds at most one frame and what one read brought: never more than kMaxFrameBytes + 4 KiB,
// and no memory for a length that is too long.
class FrameReader {
 public:
  // Where the next bytes of the stream go; at least 1 byte. Call commit() with how many were put there.
  [[nodiscard]] std::span<std::byte> writable();
  void commit(std::size_t count);

  // The next complete frame without its length, valid until the next call of writable(); nullopt when more bytes are needed.
  // After FrameTooLong the stream has no frame boundary any more: close it.
  [[nodiscard]] std::expected<std::optional<std::span<const std::byte>>, FrameTooLong> next();

 private:
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;  // first byte that no frame has used
  std::size_t end_ = 0;    // behind the last byte received
};

// The message in a frame that FrameReader gave. Views in the result borrow from bytes.
[[nodiscard]] std::expected<Message, ParseError> parse_frame(std::span<const std::byte> bytes);
// Replaces the contents of out with length and message; the memory of out is reused.
void encode_frame(const Message& message, std::vector<std::byte>& out);

}  // namespace tickwire::game
