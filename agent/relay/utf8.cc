// SPDX-License-Identifier: Apache-2.0
#include "relay/utf8.h"

#include <algorithm>
#include <cstdint>

namespace tickwire::relay {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kDots = "...";

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

// The length of the well-formed sequence at the beginning (RFC 3629 section 4); 0: there is none.
std::size_t sequence(std::string_view text) {
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  // The second byte alone tells overlong forms, surrogates and what is above U+10FFFF.
  const unsigned least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte_at(text, 1) < least || byte_at(text, 1) > most) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

bool is_doubled(char c) { return c == '"' || c == '\\' || c == '\n'; }

}  // namespace

std::string repaired(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence(text);
    result += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

std::size_t json_bytes(std::string_view text) {
  return text.size() + static_cast<std::size_t>(std::ranges::count_if(text, is_doubled));
}

std::string_view beginning(std::string_view text, std::size_t most) {
  std::size_t at = 0;
  std::size_t taken = 0;
  while (at < text.size()) {
    const std::size_t length = std::max<std::size_t>(sequence(text.substr(at)), 1);
    const std::size_t cost = is_doubled(text[at]) ? 2 : length;
    if (taken + cost > most) break;
    taken += cost;
    at += length;
  }
  return text.substr(0, at);
}

std::string shortened(std::string_view text, std::size_t most) {
  const std::string_view whole = beginning(text, most);
  if (whole.size() == text.size()) return std::string(text);
  if (most < kDots.size()) return {};
  return std::string(beginning(text, most - kDots.size())).append(kDots);
}

}  // namespace tickwire::relay
