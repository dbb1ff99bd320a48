// SPDX-License-Identifier: Apache-2.0
#include "model/rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "base/text.h"
#include "model/service.h"
#include "tickwire/rule.h"

namespace tickwire::model {
namespace {

constexpr std::string_view kHint = "write it like world: token=64:16 echo=80:16";
constexpr auto kIn = static_cast<std::size_t>(Direction::kIngress);
constexpr auto kOut = static_cast<std::size_t>(Direction::kEgress);

using Parts = std::span<const std::string_view>;

std::unexpected<Error> wrong(std::string message) { return fail_usage(std::move(message), std::string(kHint)); }

// The same error, said of a part of a word.
std::unexpected<Error> wrong_part(std::string_view part, const Error& error) {
  return wrong(fmt::format("the {}: {}", part, error.message));
}

std::uint32_t most_of(std::uint8_t width_bits) { return static_cast<std::uint32_t>((std::uint64_t{1} << width_bits) - 1); }

// Takes the word off the front if it is there.
bool take(Parts& parts, std::string_view word) {
  if (parts.empty() || parts.front() != word) return false;
  parts = parts.subspan(1);
  return true;
}

Result<void> end_of(Parts parts, std::string_view allowed) {
  if (parts.empty()) return {};
  return wrong(fmt::format("\"{}\" is not {}", parts.front(), allowed));
}

// OFFSET:WIDTH, without its byte order.
Result<RuleField> field_of(Parts parts) {
  const auto offset = parse_number(parts[0], 0, TW_FIELD_END_MAX - 1);
  if (!offset) return wrong_part("offset", offset.error());
  const auto width = parse_number(parts[1], 1, TW_FIELD_WIDTH_MAX);
  if (!width) return wrong_part("width", width.error());
  if (*offset + *width > TW_FIELD_END_MAX)
    return wrong(fmt::format("it ends at bit {}, fields end within the first {}", *offset + *width, TW_FIELD_END_MAX));
  return RuleField{.offset_bits = static_cast<std::uint16_t>(*offset), .width_bits = static_cast<std::uint8_t>(*width)};
}

Result<RuleField> plain_field(Parts parts) {
  if (parts.size() < 2) return wrong("it is not OFFSET:WIDTH[:le]");
  auto field = field_of(parts);
  if (!field) return field;
  parts = parts.subspan(2);
  field->little_endian = take(parts, "le");
  if (const auto end = end_of(parts, "le, and nothing else can follow"); !end) return std::unexpected(end.error());
  return field;
}

// A decimal number, or 0x and a hexadecimal one, that fits into a field.
Result<std::uint32_t> value_of(std::string_view text, std::uint8_t width_bits) {
  const bool hexadecimal = text.starts_with("0x");
  const std::string_view digits = hexadecimal ? text.substr(2) : text;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hexadecimal ? 16 : 10);
  if (digits.empty() || end != digits.data() + digits.size() || error == std::errc::invalid_argument)
    return wrong(fmt::format("\"{}\" is neither a decimal number nor 0x and a hexadecimal one", text));
  if (error != std::errc{} || value > most_of(width_bits))
    return wrong(fmt::format("{} does not fit into {} bits", text, width_bits));
  return static_cast<std::uint32_t>(value);
}

Result<Rule::Magic> magic_of(Parts parts) {
  if (parts.size() < 3) return wrong("it is not OFFSET:WIDTH:VALUE[/MASK][:le]");
  const auto field = field_of(parts);
  if (!field) return std::unexpected(field.error());
  Rule::Magic magic{.field = *field};
  const std::string_view text = parts[2];
  const std::size_t slash = text.find('/');
  const auto value = value_of(text.substr(0, slash), field->width_bits);
  if (!value) return wrong_part("value", value.error());
  magic.value = *value;
  if (slash != std::string_view::npos) {
    const auto mask = value_of(text.substr(slash + 1), field->width_bits);
    if (!mask) return wrong_part("mask", mask.error());
    if (*mask == 0) return wrong("the mask is 0, every message would do");
    magic.mask = *mask;
  }
  if ((magic.value & ~magic.mask) != 0) return wrong("the value has bits that the mask leaves out, no message would do");
  parts = parts.subspan(3);
  magic.field.little_endian = take(parts, "le");
  if (const auto end = end_of(parts, "le, and nothing else can follow"); !end) return std::unexpected(end.error());
  return magic;
}

Result<Rule::Delay> delay_of(Parts parts) {
  if (parts.size() < 3) return wrong("it is not OFFSET:WIDTH:UNIT[:le]");
  const auto field = field_of(parts);
  if (!field) return std::unexpected(field.error());
  const auto unit = parse_duration(parts[2]);
  if (!unit) return wrong_part("unit", unit.error());
  if (*unit < std::chrono::nanoseconds(1) || *unit > std::chrono::seconds(1))
    return wrong(fmt::format("the unit: {} is not between 1ns and 1s", parts[2]));
  Rule::Delay delay{.field = *field, .unit = *unit};
  parts = parts.subspan(3);
  delay.field.little_endian = take(parts, "le");
  if (const auto end = end_of(parts, "le, and nothing else can follow"); !end) return std::unexpected(end.error());
  return delay;
}

Result<Rule::Frame> frame_of(Parts parts) {
  const auto bits = parts.empty() ? Result<std::uint64_t>(0) : parse_number(parts[0], 8, 32);
  if (!bits || *bits == 0 || *bits % 8 != 0)
    return wrong(fmt::format("the length is 8, 16, 24 or 32 bits wide, not \"{}\"", parts.empty() ? "" : parts[0]));
  Rule::Frame frame{.bytes = static_cast<std::uint8_t>(*bits / 8)};
  parts = parts.subspan(1);
  frame.little_endian = take(parts, "le");
  frame.counts_itself = take(parts, "self");
  if (const auto end = end_of(parts, "le or self, in this order"); !end) return std::unexpected(end.error());
  return frame;
}

// One service's rule while its words are read.
class Reader {
 public:
  explicit Reader(std::string_view service) { rule_.service = service; }

  Result<void> word(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view key = text.substr(0, equals);
    const std::vector<std::string_view> parts =
        equals == std::string_view::npos ? std::vector<std::string_view>{} : split(text.substr(equals + 1), ':');
    if (key == "magic") return once(rule_.magic, magic_of(parts));
    if (key == "delay") return once(rule_.delay, delay_of(parts));
    if (key == "frame") return once(rule_.frame, frame_of(parts));
    if (named(key, "token")) return directed(key, fields_[0], plain_field(parts));
    if (named(key, "echo")) return directed(key, fields_[1], plain_field(parts));
    if (named(key, "sequence")) return directed(key, fields_[2], plain_field(parts));
    return wrong("it is none of token, echo, sequence (each alone, or with -in or -out), delay, magic, frame");
  }

  // The rule, if it is whole.
  Result<Rule> finish() {
    for (const std::size_t direction : {kIn, kOut}) {
      if (!fields_[0][direction]) return missing("token", direction);
      if (!fields_[1][direction]) return missing("echo", direction);
    }
    for (const std::size_t direction : {kIn, kOut}) {
      rule_.token[direction] = *fields_[0][direction];
      rule_.echo[direction] = *fields_[1][direction];
      rule_.sequence[direction] = fields_[2][direction];
    }
    for (const std::size_t direction : {kIn, kOut}) {
      const std::size_t other = direction == kIn ? kOut : kIn;
      if (rule_.echo[direction].width_bits != rule_.token[other].width_bits)
        return wrong(fmt::format("the echo that goes {} is {} bits wide, the token that goes {} is {}", way(direction),
                                 rule_.echo[direction].width_bits, way(other), rule_.token[other].width_bits));
    }
    return std::move(rule_);
  }

 private:
  using Fields = std::array<std::optional<RuleField>, 2>;

  static std::string_view way(std::size_t direction) { return direction == kIn ? "in" : "out"; }

  static bool named(std::string_view key, std::string_view name) {
    if (!key.starts_with(name)) return false;
    const std::string_view rest = key.substr(name.size());
    return rest.empty() || rest == "-in" || rest == "-out";
  }

  static std::unexpected<Error> missing(std::string_view name, std::size_t direction) {
    return wrong(fmt::format("there is no {} in messages that go {}: {}= or {}-{}= is wanted", name, way(direction), name, name,
                             way(direction)));
  }

  template <typename Value>
  static Result<void> once(std::optional<Value>& place, Result<Value> value) {
    if (place) return wrong("it is given twice");
    if (!value) return std::unexpected(std::move(value.error()));
    place = *value;
    return {};
  }

  static Result<void> directed(std::string_view key, Fields& fields, const Result<RuleField>& field) {
    for (const std::size_t direction : {kIn, kOut}) {
      if (key.ends_with(direction == kIn ? "-out" : "-in")) continue;
      if (const auto set = once(fields[direction], field); !set) return set;
    }
    return {};
  }

  Rule rule_;
  std::array<Fields, 3> fields_{};  // token, echo, sequence
};

}  // namespace

Result<Rule> Rule::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view service = trim(text.substr(0, colon));
  if (colon == std::string_view::npos || !is_service_name(service))
    return wrong(fmt::format("rule \"{}\": it does not begin with a service's name and a colon", text));
  const std::string context = fmt::format("rule of \"{}\"", service);
  Reader reader(service);
  std::string_view rest = trim(text.substr(colon + 1));
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
    if (auto read = reader.word(word); !read) return within(fmt::format("{}: {}", context, word), std::move(read.error()));
    rest = trim(rest.substr(word.size()));
  }
  auto rule = reader.finish();
  if (!rule) return within(context, std::move(rule.error()));
  return rule;
}

std::optional<double> SequenceCounts::loss_ratio() const {
  if (expected() == 0) return std::nullopt;
  return static_cast<double>(lost()) / static_cast<double>(expected());
}

std::optional<double> RuleCounts::match_ratio(Direction direction) const {
  const auto index = static_cast<std::size_t>(direction);
  const std::uint64_t seen = messages[index] + strangers[index];
  if (seen < kLeastMessages) return std::nullopt;
  return static_cast<double>(echoes[index]) / static_cast<double>(seen);
}

bool RuleCounts::fits() const {
  return std::ranges::all_of(kDirections, [this](Direction direction) { return match_ratio(direction).value_or(1.0) >= kFits; });
}

RuleCounts& RuleCounts::operator+=(const RuleCounts& gained) {
  for_each_count(*this, gained, [](std::uint64_t& total, std::uint64_t more) { total += more; });
  return *this;
}

}  // namespace tickwire::model
