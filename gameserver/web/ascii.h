// What it owns: text of protocols, in which case does not count: ASCII, whatever the locale.
// Who may use it: web/.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string_view>

namespace tickwire::game {

[[nodiscard]] constexpr char ascii_lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}
[[nodiscard]] constexpr bool same_but_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, ascii_lower, ascii_lower);
}

}  // namespace tickwire::game
