// SPDX-License-Identifier: Apache-2.0
#include "config/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"

namespace tickwire::config {

std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string result;
  for (const char c : text.substr(0, kLongest)) result += c >= ' ' && c <= '~' ? c : '?';
  if (text.size() > kLongest) result += "...";
  return result;
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    text = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
    // A regex ends at the slash that a separator or the end of the text follows.
    std::size_t from = 0;
    if (text.starts_with('/')) {
      const std::size_t last = text.find(std::string{'/', separator}, 1);
      from = last == std::string_view::npos ? text.size() : last + 1;
    }
    const std::size_t end = std::min(text.find(separator, from), text.size());
    if (const auto part = trim(text.substr(0, end)); !part.empty()) parts.emplace_back(part);
    text = text.substr(std::min(end + 1, text.size()));
  }
  return parts;
}

std::unexpected<Error> fail_word(std::string_view text, const std::vector<std::string_view>& allowed) {
  return fail_usage(fmt::format("'{}' is none of {}", printable(text), fmt::join(allowed, ", ")));
}

}  // namespace tickwire::config
