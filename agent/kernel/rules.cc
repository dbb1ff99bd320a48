// SPDX-License-Identifier: Apache-2.0
#include "kernel/rules.h"

#include <cstddef>

namespace tickwire::kernel {
namespace {

tw_field field_of(const model::RuleField& field) {
  return {.offset_bits = field.offset_bits,
          .width_bits = field.width_bits,
          .little_endian = static_cast<__u8>(field.little_endian ? 1 : 0)};
}

}  // namespace

tw_rule rule_of(const model::Rule& rule) {
  tw_rule result{};
  if (rule.magic) {
    result.magic = field_of(rule.magic->field);
    result.magic_mask = rule.magic->mask;
    result.magic_value = rule.magic->value & rule.magic->mask;
  }
  for (const model::Direction direction : model::kDirections) {
    const auto i = static_cast<std::size_t>(direction);
    result.token[i] = field_of(rule.token[i]);
    result.echo[i] = field_of(rule.echo[i]);
    if (rule.sequence[i]) result.sequence[i] = field_of(*rule.sequence[i]);
  }
  if (rule.delay) {
    result.delay = field_of(rule.delay->field);
    result.delay_unit_ns = static_cast<__u32>(rule.delay->unit.count());
  }
  if (rule.frame) {
    result.frame_bytes = rule.frame->bytes;
    result.frame_little_endian = rule.frame->little_endian ? 1 : 0;
    result.frame_counts_itself = rule.frame->counts_itself ? 1 : 0;
  }
  return result;
}

}  // namespace tickwire::kernel
