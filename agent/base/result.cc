// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tickwire {

std::unexpected<Error> fail(std::string message, std::string hint) {
  return std::unexpected(Error{Failure::kFailed, std::move(message), std::move(hint)});
}

std::unexpected<Error> fail_usage(std::string message, std::string hint) {
  return std::unexpected(Error{Failure::kUsage, std::move(message), std::move(hint)});
}

std::unexpected<Error> fail_missing(std::string message, std::string hint) {
  return std::unexpected(Error{Failure::kMissing, std::move(message), std::move(hint)});
}

std::string errno_text(int errno_value) {
  const char* name = strerrorname_np(errno_value);
  return fmt::format("{} ({})", name != nullptr ? name : std::to_string(errno_value),
                     strerrordesc_np(errno_value) != nullptr ? strerrordesc_np(errno_value) : "unknown");
}

std::unexpected<Error> fail_errno(int errno_value, std::string_view operation, std::string_view object, std::string hint) {
  const bool privilege = errno_value == EPERM || errno_value == EACCES;
  std::string message = object.empty() ? fmt::format("{}: {}", operation, errno_text(errno_value))
                                       : fmt::format("{} {}: {}", operation, object, errno_text(errno_value));
  return std::unexpected(Error{privilege ? Failure::kMissing : Failure::kFailed, std::move(message), std::move(hint)});
}

std::unexpected<Error> within(std::string_view context, Error error) {
  error.message = fmt::format("{}: {}", context, error.message);
  return std::unexpected(std::move(error));
}

}  // namespace tickwire
