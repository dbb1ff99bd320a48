// SPDX-License-Identifier: Apache-2.0
#include "gameserver/protocol/codec.h"

#include <algorithm>
#include <optional>

namespace tickwire::game {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

std::string_view text_of(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Header read_header(ByteReader& reader, HeaderForm form) {
  Header header;
  header.flags = reader.read<std::uint8_t>();
  header.conn = reader.read<std::uint32_t>();
  header.seq = reader.read<std::uint16_t>();
  header.ack = reader.read<std::uint16_t>();
  if (form == HeaderForm::kWithAckBits) header.ack_bits = reader.read<std::uint32_t>();
  header.ack_delay = reader.read<std::uint16_t>();
  static_cast<void>(reader.read<std::uint16_t>());  // reserved: a later version may use it, so its value is no error
  return header;
}

// Of the body of a hello, in a datagram.
constexpr std::size_t kHeaderBytes = 20;
constexpr std::size_t kLeastHelloBytes = kLeastHelloDatagramBytes - kHeaderBytes;

std::optional<Hello> read_hello(ByteReader& reader, std::uint8_t flags, HeaderForm form) {
  const auto body_bytes = reader.remaining();
  Hello hello;
  hello.nonce = reader.read<std::uint32_t>();
  const auto name = text_of(reader.take(hello.name.size()));
  std::copy(name.begin(), name.end(), hello.name.begin());
  if ((flags & kFlagTicket) != 0) {
    const auto length = reader.read<std::uint16_t>();
    if (length > kMaxTicketBytes) return std::nullopt;
    hello.ticket = reader.take(length);
  }
  const auto read = body_bytes - reader.remaining();
  if (form == HeaderForm::kWithoutAckBits || read >= kLeastHelloBytes) return hello;
  const auto padding = reader.take(kLeastHelloBytes - read);
  if (std::ranges::any_of(padding, [](std::byte byte) { return byte != std::byte{0}; })) return std::nullopt;
  return hello;
}

Welcome read_welcome(ByteReader& reader) {
  Welcome welcome;
  welcome.nonce = reader.read<std::uint32_t>();
  welcome.player_id = reader.read<std::uint32_t>();
  welcome.server_tick = reader.read<std::uint32_t>();
  welcome.tick_rate_hz = reader.read<std::uint16_t>();
  welcome.max_players = reader.read<std::uint16_t>();
  return welcome;
}

Input read_input(ByteReader& reader) {
  Input input;
  input.client_tick = reader.read<std::uint32_t>();
  input.input_seq = reader.read<std::uint16_t>();
  input.buttons = reader.read<std::uint16_t>();
  return input;
}

// A length and so many bytes; nullopt when they are more than a datagram holds.
std::optional<std::span<const std::byte>> read_content(ByteReader& reader) {
  const auto length = reader.read<std::uint16_t>();
  if (length > kMaxContentBytes) return std::nullopt;
  return reader.take(length);
}

void write_content(std::span<const std::byte> content, ByteWriter& writer) {
  writer.write(static_cast<std::uint16_t>(content.size()));
  writer.write_bytes(content);
}

std::optional<Snapshot> read_snapshot(ByteReader& reader, std::uint8_t flags) {
  Snapshot snapshot;
  snapshot.server_tick = reader.read<std::uint32_t>();
  snapshot.last_input = reader.read<std::uint16_t>();
  snapshot.baseline = reader.read<std::uint16_t>();
  snapshot.count = reader.read<std::uint16_t>();
  snapshot.plain_bytes = reader.read<std::uint16_t>();
  const bool compressed = (flags & kFlagZstd) != 0;
  // A player in a delta's baseline may be gone while another is new, so a delta has up to twice as many changes as there are states.
  if (snapshot.count > (snapshot.baseline == 0 ? kMaxStates : 2 * kMaxStates)) return std::nullopt;
  if (compressed != (snapshot.plain_bytes != 0)) return std::nullopt;
  if (snapshot.baseline == 0 && !compressed) {
    snapshot.content = reader.take(snapshot.count * kStateBytes);
    return snapshot;
  }
  const auto content = read_content(reader);
  if (!content || snapshot.plain_bytes > kMaxContentBytes) return std::nullopt;
  snapshot.content = *content;
  return snapshot;
}

std::optional<Presence> read_presence(ByteReader& reader) {
  Presence presence;
  presence.first = reader.read<std::uint32_t>();
  const auto count = reader.read<std::uint8_t>();
  if (count > kMaxPresences) return std::nullopt;
  presence.events = reader.take(count * kPresenceBytes);
  return presence;
}

std::optional<Frames> read_frames(ByteReader& reader) {
  Frames frames;
  frames.first = reader.read<std::uint32_t>();
  frames.last_input = reader.read<std::uint16_t>();
  frames.count = reader.read<std::uint8_t>();
  static_cast<void>(reader.read<std::uint8_t>());
  const auto content = read_content(reader);
  if (!content) return std::nullopt;
  frames.content = *content;
  return frames;
}

std::optional<RoomState> read_room_state(ByteReader& reader) {
  RoomState state;
  state.frame = reader.read<std::uint32_t>();
  const auto content = read_content(reader);
  if (!content) return std::nullopt;
  state.content = *content;
  return state;
}

StateHash read_state_hash(ByteReader& reader) {
  StateHash state_hash;
  state_hash.frame = reader.read<std::uint32_t>();
  state_hash.hash = reader.read<std::uint64_t>();
  return state_hash;
}

Diverged read_diverged(ByteReader& reader) {
  Diverged diverged;
  diverged.frame = reader.read<std::uint32_t>();
  diverged.expected = reader.read<std::uint64_t>();
  diverged.received = reader.read<std::uint64_t>();
  return diverged;
}

std::optional<Chat> read_chat(ByteReader& reader) {
  Chat chat;
  chat.player_id = reader.read<std::uint32_t>();
  const auto length = reader.read<std::uint16_t>();
  if (length > kMaxChatBytes) return std::nullopt;
  chat.text = text_of(reader.take(length));
  return chat;
}

Reject read_reject(ByteReader& reader) {
  Reject reject;
  reject.reason = static_cast<Reason>(reader.read<std::uint8_t>());
  const auto length = reader.read<std::uint8_t>();
  reject.text = text_of(reader.take(length));
  return reject;
}

// nullopt: a field is out of its range. Running out of bytes shows in the reader.
std::optional<Body> read_body(std::uint8_t type, const Header& header, HeaderForm form, ByteReader& reader) {
  switch (type) {
    case 1:
      return read_hello(reader, header.flags, form);
    case 2:
      return read_welcome(reader);
    case 3:
      return read_input(reader);
    case 4:
      return read_snapshot(reader, header.flags);
    case 5:
      return read_chat(reader);
    case 6:
      return Bye{static_cast<Reason>(reader.read<std::uint8_t>())};
    case 7:
      return read_reject(reader);
    case 8:
      return read_presence(reader);
    case 9:
      return read_frames(reader);
    case 10:
      return read_room_state(reader);
    case 11:
      return read_state_hash(reader);
    default:
      return read_diverged(reader);
  }
}

void write_body(const Hello& hello, ByteWriter& writer) {
  writer.write(hello.nonce);
  writer.write_bytes(std::as_bytes(std::span(hello.name)));
  if (hello.ticket.empty()) return;
  writer.write(static_cast<std::uint16_t>(hello.ticket.size()));
  writer.write_bytes(hello.ticket);
}

void write_body(const Welcome& welcome, ByteWriter& writer) {
  writer.write(welcome.nonce);
  writer.write(welcome.player_id);
  writer.write(welcome.server_tick);
  writer.write(welcome.tick_rate_hz);
  writer.write(welcome.max_players);
}

void write_body(const Input& input, ByteWriter& writer) {
  writer.write(input.client_tick);
  writer.write(input.input_seq);
  writer.write(input.buttons);
}

void write_body(const Snapshot& snapshot, ByteWriter& writer) {
  writer.write(snapshot.server_tick);
  writer.write(snapshot.last_input);
  writer.write(snapshot.baseline);
  writer.write(snapshot.count);
  writer.write(snapshot.plain_bytes);
  if (snapshot.baseline != 0 || snapshot.plain_bytes != 0) return write_content(snapshot.content, writer);
  writer.write_bytes(snapshot.content);
}

void write_body(const Chat& chat, ByteWriter& writer) {
  writer.write(chat.player_id);
  writer.write(static_cast<std::uint16_t>(chat.text.size()));
  writer.write_bytes(bytes_of(chat.text));
}

void write_body(const Bye& bye, ByteWriter& writer) { writer.write(static_cast<std::uint8_t>(bye.reason)); }

void write_body(const Reject& reject, ByteWriter& writer) {
  writer.write(static_cast<std::uint8_t>(reject.reason));
  writer.write(static_cast<std::uint8_t>(reject.text.size()));
  writer.write_bytes(bytes_of(reject.text));
}

void write_body(const Presence& presence, ByteWriter& writer) {
  writer.write(presence.first);
  writer.write(static_cast<std::uint8_t>(presence.events.size() / kPresenceBytes));
  writer.write_bytes(presence.events);
}

void write_body(const Frames& frames, ByteWriter& writer) {
  writer.write(frames.first);
  writer.write(frames.last_input);
  writer.write(frames.count);
  writer.write(std::uint8_t{0});
  write_content(frames.content, writer);
}

void write_body(const RoomState& state, ByteWriter& writer) {
  writer.write(state.frame);
  write_content(state.content, writer);
}

void write_body(const StateHash& state_hash, ByteWriter& writer) {
  writer.write(state_hash.frame);
  writer.write(state_hash.hash);
}

void write_body(const Diverged& diverged, ByteWriter& writer) {
  writer.write(diverged.frame);
  writer.write(diverged.expected);
  writer.write(diverged.received);
}

// The sender's flags, with those that say which fields the body has.
std::uint8_t flags_of(const Message& message) {
  std::uint8_t flags = message.header.flags & ~(kFlagTicket | kFlagZstd);
  if (const auto* hello = std::get_if<Hello>(&message.body); hello != nullptr && !hello->ticket.empty()) flags |= kFlagTicket;
  if (const auto* snapshot = std::get_if<Snapshot>(&message.body); snapshot != nullptr && snapshot->plain_bytes != 0)
    flags |= kFlagZstd;
  return flags;
}

}  // namespace

std::expected<Message, ParseError> parse_message(std::span<const std::byte> bytes, HeaderForm form) {
  ByteReader reader(bytes);
  const auto magic = reader.read<std::uint16_t>();
  const auto version_and_type = reader.read<std::uint8_t>();
  Message message{.header = read_header(reader, form), .body = {}};
  if (!reader.ok()) return std::unexpected(ParseError::kTruncated);
  if (magic != kMagic) return std::unexpected(ParseError::kBadMagic);
  if (version_and_type >> 4 != kVersion) return std::unexpected(ParseError::kBadVersion);
  const std::uint8_t type = version_and_type & 0x0f;
  if (type == 0 || type > std::variant_size_v<Body>) return std::unexpected(ParseError::kBadType);
  auto body = read_body(type, message.header, form, reader);
  if (!reader.ok()) return std::unexpected(ParseError::kTruncated);
  if (!body) return std::unexpected(ParseError::kBadField);
  if (reader.remaining() != 0) return std::unexpected(ParseError::kBadLength);
  message.body = *body;
  return message;
}

void encode_message(const Message& message, HeaderForm form, std::vector<std::byte>& out) {
  const auto begin = out.size();
  ByteWriter writer(out);
  writer.write(kMagic);
  writer.write(static_cast<std::uint8_t>(kVersion << 4 | (message.body.index() + 1)));
  writer.write(flags_of(message));
  writer.write(message.header.conn);
  writer.write(message.header.seq);
  writer.write(message.header.ack);
  if (form == HeaderForm::kWithAckBits) writer.write(message.header.ack_bits);
  writer.write(message.header.ack_delay);
  writer.write(std::uint16_t{0});
  std::visit([&writer](const auto& body) { write_body(body, writer); }, message.body);
  if (form == HeaderForm::kWithoutAckBits || !std::holds_alternative<Hello>(message.body)) return;
  out.resize(std::max(out.size(), begin + kLeastHelloDatagramBytes));
}

}  // namespace tickwire::game
