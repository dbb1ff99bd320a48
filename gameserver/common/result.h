// What it owns: how a function of the game says that it failed.
// Who may use it: every folder of gameserver/.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstring>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tickwire::game {

// The value, or one line for the operator: what failed, on what, why.
template <typename T>
using Result = std::expected<T, std::string>;

// "operation object: reason" of a positive errno value; read errno on the next line after the call that set it.
[[nodiscard]] inline std::unexpected<std::string> fail_errno(int errno_value, std::string_view operation,
                                                             std::string_view object) {
  return std::unexpected(fmt::format("{} {}: {}", operation, object, std::strerror(errno_value)));
}

// Moves the value into its home, or passes the error on.
template <typename Part>
[[nodiscard]] Result<void> keep(std::optional<Part>& home, Result<Part> part) {
  if (!part) return std::unexpected(std::move(part.error()));
  home.emplace(std::move(*part));
  return {};
}

// Runs steps, each of which returns a Result<void>, until one fails; the error of that one.
template <typename... Steps>
[[nodiscard]] Result<void> in_order(Steps&&... steps) {
  Result<void> outcome;
  static_cast<void>(((outcome = steps()).has_value() && ...));
  return outcome;
}

}  // namespace tickwire::game
