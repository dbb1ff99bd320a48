// What it owns: readable names for the cases of a parameterised test.
// Who may use it: tests of config, api and cli.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

namespace tickwire {

// "c3_intervals": the number keeps it unique, the letters and digits of the text say what it is.
inline std::string param_name(std::size_t index, std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string name = "c" + std::to_string(index) + "_";
  for (const char c : text) {
    if (name.size() < kLongest && std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
  }
  return name;
}

}  // namespace tickwire
