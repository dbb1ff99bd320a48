// SPDX-License-Identifier: Apache-2.0
#include "gameserver/protocol/codec.h"

#include <algorithm>
#include <optional>

namespace tickwire::game {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

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

Hello read_hello(ByteReader& reader) {
  Hello hello;
  hello.nonce = reader.read<std::uint32_t>();
  const auto name = text_of(reader.take(hello.name.size()));
  std::copy(name.begin(), name.end(), hello.name.begin());
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

std::optional<Snapshot> read_snapshot(ByteReader& reader) {
  Snapshot snapshot;
  snapshot.server_tick = reader.read<std::uint32_t>();
  snapshot.last_input = reader.read<std::uint16_t>();
  snapshot.baseline = reader.read<std::uint16_t>();
  const auto count = reader.read<std::uint16_t>();
  static_cast<void>(reader.read<std::uint16_t>());
  if (count > kMaxStates) return std::nullopt;
  snapshot.states = reader.take(count * kStateBytes);
  return snapshot;
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
std::optional<Body> read_body(std::uint8_t type, ByteReader& reader) {
  switch (type) {
    case 1:
      return read_hello(reader);
    case 2:
      return read_welcome(reader);
    case 3:
      return read_input(reader);
    case 4:
      return read_snapshot(reader);
    case 5:
      return read_chat(reader);
    case 6:
      return Bye{static_cast<Reason>(reader.read<std::uint8_t>())};
    default:
      return read_reject(reader);
  }
}

void write_body(const Body& body, ByteWriter& writer) {
  std::visit(Overloaded{
                 [&](const Hello& hello) {
                   writer.write(hello.nonce);
                   writer.write_bytes(std::as_bytes(std::span(hello.name)));
                 },
                 [&](const Welcome& welcome) {
                   writer.write(welcome.nonce);
                   writer.write(welcome.player_id);
                   writer.write(welcome.server_tick);
                   writer.write(welcome.tick_rate_hz);
                   writer.write(welcome.max_players);
                 },
                 [&](const Input& input) {
                   writer.write(input.client_tick);
                   writer.write(input.input_seq);
                   writer.write(input.buttons);
                 },
                 [&](const Snapshot& snapshot) {
                   writer.write(snapshot.server_tick);
                   writer.write(snapshot.last_input);
                   writer.write(snapshot.baseline);
                   writer.write(static_cast<std::uint16_t>(snapshot.states.size() / kStateBytes));
                   writer.write(std::uint16_t{0});
                   writer.write_bytes(snapshot.states);
                 },
                 [&](const Chat& chat) {
                   writer.write(chat.player_id);
                   writer.write(static_cast<std::uint16_t>(chat.text.size()));
                   writer.write_bytes(bytes_of(chat.text));
                 },
                 [&](const Bye& bye) { writer.write(static_cast<std::uint8_t>(bye.reason)); },
                 [&](const Reject& reject) {
                   writer.write(static_cast<std::uint8_t>(reject.reason));
                   writer.write(static_cast<std::uint8_t>(reject.text.size()));
                   writer.write_bytes(bytes_of(reject.text));
                 },
             },
             body);
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
  auto body = read_body(type, reader);
  if (!body) return std::unexpected(ParseError::kBadField);
  if (!reader.ok()) return std::unexpected(ParseError::kTruncated);
  if (reader.remaining() != 0) return std::unexpected(ParseError::kBadLength);
  message.body = *body;
  return message;
}

void encode_message(const Message& message, HeaderForm form, std::vector<std::byte>& out) {
  ByteWriter writer(out);
  writer.write(kMagic);
  writer.write(static_cast<std::uint8_t>(kVersion << 4 | (message.body.index() + 1)));
  writer.write(message.header.flags);
  writer.write(message.header.conn);
  writer.write(message.header.seq);
  writer.write(message.header.ack);
  if (form == HeaderForm::kWithAckBits) writer.write(message.header.ack_bits);
  writer.write(message.header.ack_delay);
  writer.write(std::uint16_t{0});
  write_body(message.body, writer);
}

}  // namespace tickwire::game
