// What it owns: text as valid UTF-8 of a bounded size.
// Who may use it: relay.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tickwire::relay {

// The text with U+FFFD in place of each byte that is no part of a well-formed sequence (RFC 3629: no surrogates, no overlong forms,
// nothing above U+10FFFF).
[[nodiscard]] std::string repaired(std::string_view text);

// What a text takes as a JSON string, without its quotes: a quotation mark, a backslash and a line's end take two bytes each, everything
// else is written as it is. For text without other control characters; never less than its size.
[[nodiscard]] std::size_t json_bytes(std::string_view text);

// The longest beginning of valid UTF-8 whose json_bytes are at most `most`; never a part of a character.
[[nodiscard]] std::string_view beginning(std::string_view text, std::size_t most);

// The text, or a beginning of it and "..." that together take at most `most` bytes of JSON; empty where not even the dots have room.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

}  // namespace tickwire::relay
