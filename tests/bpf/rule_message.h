// What it owns: rules and messages as values, and how a field is read, bit by bit: what the programs are compared with.
// Who may use it: tests/bpf and tests/bench.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>

#include "harness/packet.h"
#include "tickwire/rule.h"

namespace tickwire::harness {

// A field's value; none where the message ends before the field does, or the field has no width.
[[nodiscard]] std::optional<std::uint32_t> read_bits(std::span<const std::uint8_t> message, const tw_field& field);
// Overwrites a field. The message is long enough.
void write_bits(Bytes& message, const tw_field& field, std::uint32_t value);

// Two fields of both directions.
struct Shape {
  tw_field token{.offset_bits = 64, .width_bits = 16, .little_endian = 0};
  tw_field echo{.offset_bits = 80, .width_bits = 16, .little_endian = 0};
};

// Magic 0x5457 in front, the delay in units of 32 us in bytes 12 and 13. No sequence.
[[nodiscard]] tw_rule rule_of(const Shape& shape = {});
// The same behind a length of four bytes, big-endian.
[[nodiscard]] tw_rule framed(tw_rule rule);

struct Numbers {
  std::uint32_t token = 0;
  std::uint32_t echo = 0;
  std::uint32_t delay = 0;
  std::uint32_t sequence = 0;
};

// A message of 20 bytes that the rule reads these numbers from.
[[nodiscard]] Bytes message(const tw_rule& rule, tw_direction direction, const Numbers& numbers);
// The message behind its length.
[[nodiscard]] Bytes frame_of(const tw_rule& rule, const Bytes& message);
[[nodiscard]] Bytes joined(std::initializer_list<Bytes> parts);

}  // namespace tickwire::harness
