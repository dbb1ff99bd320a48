// SPDX-License-Identifier: Apache-2.0
#include "gameserver/protocol/frame.h"

#include <algorithm>

#include "gameserver/protocol/codec.h"

namespace tickwire::game {
namespace {

constexpr std::size_t kReadBytes = 4 * 1024;

}  // namespace

std::span<std::byte> FrameReader::writable() {
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_),
              buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < end_ + kReadBytes) buffer_.resize(end_ + kReadBytes);
  return std::span(buffer_).subspan(end_, kReadBytes);
}

void FrameReader::commit(std::size_t count) { end_ += count; }

std::expected<std::optional<std::span<const std::byte>>, FrameTooLong> FrameReader::next() {
  const auto received = std::span<const std::byte>(buffer_).subspan(begin_, end_ - begin_);
  if (received.size() < kFrameLengthBytes) return std::nullopt;
  const auto length = ByteReader(received).read<std::uint32_t>();
  if (length > kMaxFrameBytes) return std::unexpected(FrameTooLong{length});
  if (received.size() - kFrameLengthBytes < length) return std::nullopt;
  begin_ += kFrameLengthBytes + length;
  return received.subspan(kFrameLengthBytes, length);
}

std::expected<Message, ParseError> parse_frame(std::span<const std::byte> bytes) {
  return parse_message(bytes, HeaderForm::kWithoutAckBits);
}

void encode_frame(const Message& message, std::vector<std::byte>& out) {
  out.assign(kFrameLengthBytes, std::byte{0});
  encode_message(message, HeaderForm::kWithoutAckBits, out);
  const auto length = out.size() - kFrameLengthBytes;
  for (std::size_t i = 0; i < kFrameLengthBytes; ++i) out[i] = static_cast<std::byte>(length >> (24 - 8 * i));
}

}  // namespace tickwire::game
