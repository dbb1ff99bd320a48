// What it owns: the header and the bodies that datagrams and frames have in common.
// Who may use it: protocol/ only; others speak datagram.h and frame.h.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <vector>

#include "gameserver/protocol/message.h"

namespace tickwire::game {

// Whether the header carries ack_bits: 20 bytes with them, 16 without.
enum class HeaderForm { kWithAckBits, kWithoutAckBits };

// Exactly one message; a byte more or less is an error. Views in the result borrow from bytes.
[[nodiscard]] std::expected<Message, ParseError> parse_message(std::span<const std::byte> bytes, HeaderForm form);
// Appends the message.
void encode_message(const Message& message, HeaderForm form, std::vector<std::byte>& out);

}  // namespace tickwire::game
