// What it owns: how a function says that it failed: Result<T>, and the Error in it.
// Who may use it: every room.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace tickwire {

// What a failure means for the process; its number is the exit code.
enum class Failure : int {
  kFailed = 1,   // something went wrong
  kUsage = 2,    // a flag, a configuration value or a request is wrong
  kMissing = 3,  // a privilege or a kernel feature is missing
};

// Says what failed, on what, why, and what can be done: "attach ingress to eth0: EBUSY (device busy); stop the other agent".
struct Error {
  Failure failure = Failure::kFailed;
  std::string message;  // the operation, its object and the reason
  std::string hint;     // what the operator can do; may be empty

  // One line for a terminal or a log.
  [[nodiscard]] std::string text() const { return hint.empty() ? message : message + "; " + hint; }
  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = std::expected<T, Error>;

// An Error ready to be returned.
[[nodiscard]] std::unexpected<Error> fail(std::string message, std::string hint = {});
[[nodiscard]] std::unexpected<Error> fail_usage(std::string message, std::string hint = {});
[[nodiscard]] std::unexpected<Error> fail_missing(std::string message, std::string hint = {});

// "operation object: ENAME (text)". EPERM and EACCES become Failure::kMissing. errno_value is positive: read errno on the very
// next line after the call that set it.
[[nodiscard]] std::unexpected<Error> fail_errno(int errno_value, std::string_view operation, std::string_view object,
                                                std::string hint = {});
// "ENAME (text)" of a positive errno value.
[[nodiscard]] std::string errno_text(int errno_value);

// The same failure with "context: " before its message.
[[nodiscard]] std::unexpected<Error> within(std::string_view context, Error error);

}  // namespace tickwire
