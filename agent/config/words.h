// What it owns: words that stand for values, lists in one text, and text that is safe to show.
// Who may use it: config.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tickwire::config {

template <typename T>
struct Word {
  std::string_view word;
  T value;
};

inline constexpr std::array kSwitch{Word{"true", true}, Word{"false", false}, Word{"on", true}, Word{"off", false},
                                    Word{"yes", true},  Word{"no", false},    Word{"1", true},  Word{"0", false}};

// At most 80 characters of a text that came from outside; what is not printable ASCII becomes "?".
[[nodiscard]] std::string printable(std::string_view text);

// The parts between separators; one inside a /regex/ separates nothing. Spaces around parts and empty parts are left out.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text, char separator);

// "'text' is none of a, b, c".
[[nodiscard]] std::unexpected<Error> fail_word(std::string_view text, const std::vector<std::string_view>& allowed);

// The value of a word; usage error that lists the words otherwise.
template <typename T, std::size_t N>
[[nodiscard]] Result<void> set_word(std::string_view text, const std::array<Word<T>, N>& words, T& target) {
  std::vector<std::string_view> allowed;
  for (const Word<T>& word : words) {
    if (word.word == text) {
      target = word.value;
      return {};
    }
    allowed.push_back(word.word);
  }
  return fail_word(text, allowed);
}

}  // namespace tickwire::config
