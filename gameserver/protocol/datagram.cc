// SPDX-License-Identifier: Apache-2.0
#include "gameserver/protocol/datagram.h"

#include "gameserver/protocol/codec.h"

namespace tickwire::game {

std::expected<Message, ParseError> parse_datagram(std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxDatagramBytes) return std::unexpected(ParseError::kBadLength);
  return parse_message(bytes, HeaderForm::kWithAckBits);
}

void encode_datagram(const Message& message, std::vector<std::byte>& out) {
  out.clear();
  encode_message(message, HeaderForm::kWithAckBits, out);
}

}  // namespace tickwire::game
