// What it owns: the messages of the game's protocol as values; PROTOCOL.md says what each byte means.
// Who may use it: every folder of gameserver/ except common/.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "gameserver/common/bytes.h"

namespace tickwire::game {

inline constexpr std::uint16_t kMagic = 0x5457;  // "TW"
inline constexpr std::uint8_t kVersion = 1;
inline constexpr std::size_t kMaxFrameBytes = 64 * 1024;
// IPv6's smallest MTU less its header and UDP's: a datagram of this size is never fragmented by IP.
inline constexpr std::size_t kMaxDatagramBytes = 1280 - 40 - 8;
inline constexpr std::size_t kMaxChatBytes = 200;
inline constexpr std::size_t kStateBytes = 16;
// (1232 - 20 header - 12 snapshot) / 16. Frames keep to it too, so that both gateways send the same bytes.
inline constexpr std::size_t kMaxStates = 75;

// Header flags.
inline constexpr std::uint8_t kFlagAck = 0x01;      // ack, ack_bits and ack_delay mean something
inline constexpr std::uint8_t kFlagInput = 0x02;    // a snapshot's last_input means something
inline constexpr std::uint8_t kFlagPartial = 0x04;  // a snapshot does not carry every player

// Input buttons.
inline constexpr std::uint16_t kButtonUp = 0x01;
inline constexpr std::uint16_t kButtonDown = 0x02;
inline constexpr std::uint16_t kButtonLeft = 0x04;
inline constexpr std::uint16_t kButtonRight = 0x08;
inline constexpr std::uint16_t kButtonFire = 0x10;

// Why a connection ends or was not taken; the numbers are on the wire.
enum class Reason : std::uint8_t {
  kDone = 0,          // the player left
  kShutdown = 1,      // the server ends
  kFrameTooLong = 2,  // a TCP length above kMaxFrameBytes
  kMalformed = 3,     // bytes that are no message
  kUnexpected = 4,    // a message that this side may not send now
  kServerFull = 5,
  kIdle = 6,        // nothing was heard for the idle timeout
  kSlow = 7,        // the client does not read what it is sent
  kPeerClosed = 8,  // the socket ended without a bye; never on the wire
};
inline constexpr std::size_t kReasonCount = 9;
// "frame_too_long" and so on; "unknown" beyond the list.
[[nodiscard]] std::string_view reason_name(Reason reason);

struct Header {
  std::uint8_t flags = 0;
  std::uint32_t conn = 0;       // given by the server in welcome; 0 in hello
  std::uint16_t seq = 0;        // of this message, per direction, wraps
  std::uint16_t ack = 0;        // newest seq that was received
  std::uint32_t ack_bits = 0;   // bit i: seq ack - 1 - i was received; UDP only
  std::uint16_t ack_delay = 0;  // from receiving ack to sending this, in 32 us units, saturating
  friend bool operator==(const Header&, const Header&) = default;
};

struct Hello {
  std::uint32_t nonce = 0;
  std::array<char, 16> name{};  // zero-padded
  friend bool operator==(const Hello&, const Hello&) = default;
};

struct Welcome {
  std::uint32_t nonce = 0;  // of the hello that is answered
  std::uint32_t player_id = 0;
  std::uint32_t server_tick = 0;
  std::uint16_t tick_rate_hz = 0;
  std::uint16_t max_players = 0;
  friend bool operator==(const Welcome&, const Welcome&) = default;
};

struct Input {
  std::uint32_t client_tick = 0;
  std::uint16_t input_seq = 0;
  std::uint16_t buttons = 0;
  friend bool operator==(const Input&, const Input&) = default;
};

// The states stay encoded: the server shares them between all snapshots of a tick.
struct Snapshot {
  std::uint32_t server_tick = 0;
  std::uint16_t last_input = 0;       // newest input_seq that this tick contains
  std::uint16_t baseline = 0;         // seq of the snapshot that this one is a delta to; 0: complete states
  std::span<const std::byte> states;  // kStateBytes each; borrowed from the buffer that was parsed
};

struct Chat {
  std::uint32_t player_id = 0;  // of the speaker; filled in by the server
  std::string_view text;        // borrowed from the buffer that was parsed; at most kMaxChatBytes
};

struct Bye {
  Reason reason = Reason::kDone;
  friend bool operator==(const Bye&, const Bye&) = default;
};

struct Reject {
  Reason reason = Reason::kDone;
  std::string_view text;  // reason_name(), for a human who reads the wire
};

// In the order of the type numbers, which start at 1.
using Body = std::variant<Hello, Welcome, Input, Snapshot, Chat, Bye, Reject>;

struct Message {
  Header header;
  Body body;
};

// One player as others see it. Its encoded form has these offsets, big-endian.
struct PlayerState {
  std::uint32_t id = 0;
  std::int32_t x_mm = 0;
  std::int32_t y_mm = 0;
  std::uint16_t hp = 0;
  std::uint8_t status = 0;    // bit 0: moving, bit 1: firing
  std::uint8_t reserved = 0;  // always zero: no byte on the wire is indeterminate
  friend bool operator==(const PlayerState&, const PlayerState&) = default;
};
static_assert(sizeof(PlayerState) == kStateBytes);
static_assert(offsetof(PlayerState, id) == 0 && offsetof(PlayerState, x_mm) == 4 && offsetof(PlayerState, y_mm) == 8);
static_assert(offsetof(PlayerState, hp) == 12 && offsetof(PlayerState, status) == 14 && offsetof(PlayerState, reserved) == 15);

// Why bytes are no message.
enum class ParseError : std::uint8_t { kTruncated, kBadMagic, kBadVersion, kBadType, kBadLength, kBadField };
inline constexpr std::size_t kParseErrorCount = 6;
[[nodiscard]] std::string_view parse_error_name(ParseError error);

// Appends the 16 bytes of a state.
void encode_state(const PlayerState& state, std::vector<std::byte>& out);
// bytes holds kStateBytes.
[[nodiscard]] PlayerState decode_state(std::span<const std::byte, kStateBytes> bytes);

// Whether sequence number a is newer than b, both modulo 2^16 and less than half of it apart.
[[nodiscard]] constexpr bool is_newer(std::uint16_t a, std::uint16_t b) {
  const auto distance = static_cast<std::uint16_t>(a - b);
  return distance != 0 && distance < 0x8000;
}

}  // namespace tickwire::game
