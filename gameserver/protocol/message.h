// What it owns: the messages of the game's protocol as values; PROTOCOL.md says what each byte means.
// Who may use it: every folder of gameserver/ except common/.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
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
// A hello in a datagram is padded to so many: it pays for a welcome and a bye or reject, of at most 36 bytes each, so that whoever forges
// an address makes the server send no more than he has sent himself.
inline constexpr std::size_t kLeastHelloDatagramBytes = 72;
inline constexpr std::size_t kMaxChatBytes = 200;
inline constexpr std::size_t kStateBytes = 16;
// (1232 - 20 header - 12 snapshot) / 16. Frames keep to it too, so that both gateways send the same bytes.
inline constexpr std::size_t kMaxStates = 75;
// What a snapshot, frames or a state hold behind their fixed fields, plain or compressed, at most: what fits a datagram.
inline constexpr std::size_t kMaxContentBytes = kMaxDatagramBytes - 20 - 12 - 2;
inline constexpr std::size_t kMaxTicketBytes = 256;
inline constexpr std::size_t kPresenceBytes = 22;
// (1232 - 20 header - 5 presence) / 22.
inline constexpr std::size_t kMaxPresences = 54;

// Header flags.
inline constexpr std::uint8_t kFlagAck = 0x01;    // ack, ack_bits and ack_delay mean something
inline constexpr std::uint8_t kFlagInput = 0x02;  // a snapshot's last_input means something
inline constexpr std::uint8_t kFlagPartial =
    0x04;                                        // a snapshot does not carry every player in sight; presence has a gap before it
inline constexpr std::uint8_t kFlagZstd = 0x08;  // a snapshot's content is compressed
inline constexpr std::uint8_t kFlagTicket = 0x20;    // a hello has a ticket
inline constexpr std::uint8_t kFlagLockstep = 0x10;  // hello: to the lockstep room, please; welcome: you are in it

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
  kTooMany = 9,     // connections, or new ones a second, of one address
  kFlood = 10,      // more messages a second than a player may send
  kBadTicket = 11,  // the hello's token is not good here: forged, expired, used
  kNoGuests = 12,   // this server wants a ticket
  kRule = 13,       // a rule of the game put the player out
};
inline constexpr std::size_t kReasonCount = 14;
// "frame_too_long" and so on; "unknown" beyond the list.
[[nodiscard]] std::string_view reason_name(Reason reason);

struct Header {
  std::uint8_t flags = 0;       // kFlagTicket and kFlagZstd are set by encoding, from the body
  std::uint32_t conn = 0;       // given by the server in welcome; 0 in hello
  std::uint16_t seq = 0;        // of this message, per direction, wraps
  std::uint16_t ack = 0;        // newest seq that was received
  std::uint32_t ack_bits = 0;   // bit i: seq ack - 1 - i was received; UDP only
  std::uint16_t ack_delay = 0;  // from receiving ack to sending this, in 32 us units, saturating
  friend bool operator==(const Header&, const Header&) = default;
};

struct Hello {
  std::uint32_t nonce = 0;
  std::array<char, 16> name{};        // zero-padded
  std::span<const std::byte> ticket;  // empty: a guest. Borrowed from the buffer that was parsed
  friend bool operator==(const Hello& a, const Hello& b) {
    return a.nonce == b.nonce && a.name == b.name && std::ranges::equal(a.ticket, b.ticket);
  }
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

// Its content stays encoded: complete states, kStateBytes each, when baseline is 0, else changes (snapshot/delta.h); compressed when
// the header has kFlagZstd.
struct Snapshot {
  std::uint32_t server_tick = 0;
  std::uint16_t last_input = 0;        // newest input_seq that this tick contains
  std::uint16_t baseline = 0;          // seq of the snapshot that this one is a delta to; 0: complete states
  std::uint16_t count = 0;             // of states or changes, at most kMaxStates states
  std::uint16_t plain_bytes = 0;       // of the content before compression; 0 when it is not compressed
  std::span<const std::byte> content;  // at most kMaxContentBytes; borrowed from the buffer that was parsed
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

// Who came and went, as a stretch of the server's list of such events.
struct Presence {
  std::uint32_t first = 0;            // number of the first event in that list, which starts at 0
  std::span<const std::byte> events;  // kPresenceBytes each, at most kMaxPresences; borrowed as above
};

// A stretch of the lockstep room's frames; lockstep/command.h reads the content.
struct Frames {
  std::uint32_t first = 0;             // number of the first frame
  std::uint16_t last_input = 0;        // newest input_seq of the receiver in the last of them (kFlagInput)
  std::uint8_t count = 0;              // of frames
  std::span<const std::byte> content;  // borrowed as above
};

// The whole state of the lockstep room behind a frame; lockstep/simulation.h reads the content.
struct RoomState {
  std::uint32_t frame = 0;
  std::span<const std::byte> content;  // borrowed as above
};

// What a lockstep client made of the frames up to this one.
struct StateHash {
  std::uint32_t frame = 0;
  std::uint64_t hash = 0;
  friend bool operator==(const StateHash&, const StateHash&) = default;
};

// The server's answer to a hash that is not its own; a RoomState follows.
struct Diverged {
  std::uint32_t frame = 0;
  std::uint64_t expected = 0;
  std::uint64_t received = 0;
  friend bool operator==(const Diverged&, const Diverged&) = default;
};

// In the order of the type numbers, which start at 1.
using Body = std::variant<Hello, Welcome, Input, Snapshot, Chat, Bye, Reject, Presence, Frames, RoomState, StateHash, Diverged>;

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

// One event of a Presence.
struct PresenceEvent {
  bool joined = false;  // else left
  Reason reason{};      // of one that left
  std::uint32_t player_id = 0;
  std::array<char, 16> name{};  // zero-padded
  friend bool operator==(const PresenceEvent&, const PresenceEvent&) = default;
};
// Appends the kPresenceBytes of an event.
void encode_presence(const PresenceEvent& event, std::vector<std::byte>& out);
[[nodiscard]] PresenceEvent decode_presence(std::span<const std::byte, kPresenceBytes> bytes);

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
