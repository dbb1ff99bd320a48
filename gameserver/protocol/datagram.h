// What it owns: one message in one UDP datagram.
// Who may use it: server/, bots/.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <vector>

#include "gameserver/protocol/message.h"

namespace tickwire::game {

// The whole payload of a datagram. Views in the result borrow from bytes.
[[nodiscard]] std::expected<Message, ParseError> parse_datagram(std::span<const std::byte> bytes);
// Replaces the contents of out, whose memory is reused.
void encode_datagram(const Message& message, std::vector<std::byte>& out);

}  // namespace tickwire::game
