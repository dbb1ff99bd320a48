// What it owns: a robot's address: what may be one, and DingTalk's signature that goes with it.
// Who may use it: relay.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "relay/robot.h"

namespace tickwire::relay {

// Usage errors, which never repeat the address: not a URL, not https (http is for a loopback address alone), a user or password in it, no
// access_token (DingTalk) or key (WeCom).
[[nodiscard]] Result<void> check_address(RobotKind kind, const std::string& address);

// The value of access_token or key: what makes the address a secret. Empty where there is none.
[[nodiscard]] std::string_view token_of(RobotKind kind, std::string_view address);

// base64(HMAC-SHA256(key = secret, "TIMESTAMP_MS\nSECRET")), as DingTalk's custom robots want it. Empty where there is no memory for it.
[[nodiscard]] std::string signature(std::chrono::milliseconds unix_time, std::string_view secret);

// The address with timestamp and sign, percent-encoded.
[[nodiscard]] std::string signed_address(std::string_view address, std::chrono::milliseconds unix_time, std::string_view secret);

}  // namespace tickwire::relay
