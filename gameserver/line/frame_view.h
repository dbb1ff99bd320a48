// What it owns: what a line must know of a frame: whose it is, and by which number its ends know it.
// Who may use it: line/.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "gameserver/line/spec.h"

namespace tickwire::game {

struct FrameView {
  Address16 source{};
  Address16 destination{};
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;  // IPPROTO_TCP or IPPROTO_UDP
  std::size_t payload_bytes = 0;
  std::optional<std::uint16_t> seq;           // UDP: of a header of the game's protocol
  std::optional<std::uint32_t> tcp_sequence;  // RFC 9293
};

// None unless it is an untagged Ethernet frame of IPv4 (no fragment but the first) or IPv6 (without extension headers) with TCP or
// UDP whose headers are complete.
[[nodiscard]] std::optional<FrameView> view_frame(std::span<const std::byte> frame);

// "192.0.2.1:4000", "[2001:db8::1]:4000".
[[nodiscard]] std::string address_text(const Address16& address, std::uint16_t port);

[[nodiscard]] bool matches(const LineMatch& match, Direction direction, const std::optional<FrameView>& frame);

}  // namespace tickwire::game
