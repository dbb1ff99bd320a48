// What it owns: names and passwords as players give them, and the rules for both.
// Who may use it: auth/.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gameserver/common/result.h"

namespace tickwire::game {

inline constexpr std::size_t kLeastNameBytes = 3;
inline constexpr std::size_t kMostNameBytes = 15;  // a hello's name field of 16 bytes ends with a zero byte
inline constexpr std::size_t kLeastPasswordBytes = 8;
inline constexpr std::size_t kMostPasswordBytes = 128;

// A password on its way to being hashed. It has no text form and no comparison, and its bytes are overwritten when it goes.
class Password {
 public:
  explicit Password(std::string text) : text_(std::move(text)) {}
  Password(Password&& other) noexcept;
  Password& operator=(Password&&) = delete;
  ~Password();

  // For the hash alone.
  [[nodiscard]] std::string_view reveal() const { return text_; }

 private:
  std::string text_;
};

// The error is the rule: 3 .. 15 of [A-Za-z0-9_-].
[[nodiscard]] Result<void> check_name(std::string_view name);
// The error is the rule: 8 .. 128 bytes, whichever they are.
[[nodiscard]] Result<void> check_password_length(const Password& password);
// The error is the rule: up to 32 of [A-Za-z0-9_-].
[[nodiscard]] Result<void> check_region(std::string_view region);

}  // namespace tickwire::game
