// SPDX-License-Identifier: Apache-2.0
#include "bpf/rule_message.h"

#include <cstddef>

namespace tickwire::harness {
namespace {

constexpr std::uint32_t kMagic = 0x5457;
constexpr std::size_t kMessageBytes = 20;

// Of the bit that stands at this place in a message: its number in its byte, 0 the lowest.
unsigned bit_in_byte(std::size_t place, bool little_endian) { return little_endian ? place % 8 : 7 - place % 8; }

}  // namespace

std::optional<std::uint32_t> read_bits(std::span<const std::uint8_t> message, const tw_field& field) {
  if (field.width_bits == 0 || field.width_bits > TW_FIELD_WIDTH_MAX) return std::nullopt;
  if (static_cast<std::size_t>(field.offset_bits) + field.width_bits > message.size() * 8) return std::nullopt;
  std::uint32_t value = 0;
  for (unsigned i = 0; i < field.width_bits; ++i) {
    const std::size_t place = field.offset_bits + i;
    const std::uint32_t bit = message[place / 8] >> bit_in_byte(place, field.little_endian != 0) & 1U;
    value |= bit << (field.little_endian != 0 ? i : field.width_bits - 1U - i);
  }
  return value;
}

void write_bits(Bytes& message, const tw_field& field, std::uint32_t value) {
  for (unsigned i = 0; i < field.width_bits; ++i) {
    const std::size_t place = field.offset_bits + i;
    const std::uint32_t bit = value >> (field.little_endian != 0 ? i : field.width_bits - 1U - i) & 1U;
    const auto mask = static_cast<std::uint8_t>(1U << bit_in_byte(place, field.little_endian != 0));
    auto& byte = message.at(place / 8);
    byte = static_cast<std::uint8_t>(bit != 0 ? byte | mask : byte & ~mask);
  }
}

tw_rule rule_of(const Shape& shape) {
  return {.magic = {.offset_bits = 0, .width_bits = 16, .little_endian = 0},
          .magic_mask = 0xffffffff,
          .magic_value = kMagic,
          .token = {shape.token, shape.token},
          .echo = {shape.echo, shape.echo},
          .sequence = {},
          .delay = {.offset_bits = 96, .width_bits = 16, .little_endian = 0},
          .delay_unit_ns = 32'000,
          .frame_bytes = 0,
          .frame_little_endian = 0,
          .frame_counts_itself = 0,
          ._pad = 0};
}

tw_rule framed(tw_rule rule) {
  rule.frame_bytes = 4;
  return rule;
}

Bytes message(const tw_rule& rule, tw_direction direction, const Numbers& numbers) {
  Bytes bytes(kMessageBytes, 0);
  write_bits(bytes, rule.magic, rule.magic_value);
  write_bits(bytes, rule.token[direction], numbers.token);
  write_bits(bytes, rule.echo[direction], numbers.echo);
  write_bits(bytes, rule.delay, numbers.delay);
  write_bits(bytes, rule.sequence[direction], numbers.sequence);
  return bytes;
}

Bytes frame_of(const tw_rule& rule, const Bytes& message) {
  Bytes bytes(rule.frame_bytes, 0);
  const std::size_t length = message.size() + (rule.frame_counts_itself != 0 ? rule.frame_bytes : 0U);
  write_bits(bytes,
             {.offset_bits = 0,
              .width_bits = static_cast<std::uint8_t>(rule.frame_bytes * 8),
              .little_endian = rule.frame_little_endian},
             static_cast<std::uint32_t>(length));
  bytes.insert(bytes.end(), message.begin(), message.end());
  return bytes;
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes bytes;
  for (const Bytes& part : parts) bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

}  // namespace tickwire::harness
