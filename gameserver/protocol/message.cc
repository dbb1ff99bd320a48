// SPDX-License-Identifier: Apache-2.0
#include "gameserver/protocol/message.h"

namespace tickwire::game {

std::string_view reason_name(Reason reason) {
  static constexpr std::array<std::string_view, kReasonCount> kNames = {
      "done", "shutdown",    "frame_too_long", "malformed", "unexpected", "server_full", "idle",
      "slow", "peer_closed", "too_many",       "flood",     "bad_ticket", "no_guests",   "rule"};
  const auto index = static_cast<std::size_t>(reason);
  return index < kNames.size() ? kNames[index] : "unknown";
}

std::string_view parse_error_name(ParseError error) {
  static constexpr std::array<std::string_view, kParseErrorCount> kNames = {"truncated", "magic",  "version",
                                                                            "type",      "length", "field"};
  return kNames[static_cast<std::size_t>(error)];
}

void encode_state(const PlayerState& state, std::vector<std::byte>& out) {
  ByteWriter writer(out);
  writer.write(state.id);
  writer.write(static_cast<std::uint32_t>(state.x_mm));
  writer.write(static_cast<std::uint32_t>(state.y_mm));
  writer.write(state.hp);
  writer.write(state.status);
  writer.write(std::uint8_t{0});
}

PlayerState decode_state(std::span<const std::byte, kStateBytes> bytes) {
  ByteReader reader(bytes);
  PlayerState state;
  state.id = reader.read<std::uint32_t>();
  state.x_mm = static_cast<std::int32_t>(reader.read<std::uint32_t>());
  state.y_mm = static_cast<std::int32_t>(reader.read<std::uint32_t>());
  state.hp = reader.read<std::uint16_t>();
  state.status = reader.read<std::uint8_t>();
  return state;
}

void encode_presence(const PresenceEvent& event, std::vector<std::byte>& out) {
  ByteWriter writer(out);
  writer.write(static_cast<std::uint8_t>(event.joined ? 1 : 2));
  writer.write(static_cast<std::uint8_t>(event.reason));
  writer.write(event.player_id);
  writer.write_bytes(std::as_bytes(std::span(event.name)));
}

PresenceEvent decode_presence(std::span<const std::byte, kPresenceBytes> bytes) {
  ByteReader reader(bytes);
  PresenceEvent event;
  event.joined = reader.read<std::uint8_t>() == 1;
  event.reason = static_cast<Reason>(reader.read<std::uint8_t>());
  event.player_id = reader.read<std::uint32_t>();
  const auto name = reader.take(event.name.size());
  std::ranges::transform(name, event.name.begin(), [](std::byte byte) { return static_cast<char>(byte); });
  return event;
}

}  // namespace tickwire::game
