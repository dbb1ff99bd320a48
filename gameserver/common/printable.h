// What it owns: making text of strangers fit for a log or a message.
// Who may use it: every folder of gameserver/.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace tickwire::game {

// The first most_bytes bytes of text, with '?' for each byte that is no printable ASCII.
[[nodiscard]] inline std::string printable(std::string_view text, std::size_t most_bytes) {
  std::string out(text.substr(0, most_bytes));
  std::ranges::replace_if(
      out, [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

}  // namespace tickwire::game
