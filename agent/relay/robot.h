// What it owns: what a robot is told to be: its kind, where its address and secret are kept, and whom it calls.
// Who may use it: relay; the fuzzer.
// Thread: any, values and pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "relay/language.h"

namespace tickwire::relay {

enum class RobotKind : std::uint8_t { kDingTalk, kWeCom };
[[nodiscard]] std::string_view name(RobotKind kind);  // "dingtalk", "wecom"

inline constexpr std::size_t kMostCalled = 16;

struct Robot {
  std::string name;  // 1 .. 32 of a-z A-Z 0-9 _ -
  RobotKind kind = RobotKind::kDingTalk;
  std::string url_file;
  std::string secret_file;           // of DingTalk's signature; empty: not signed
  std::vector<std::string> called;   // kMostCalled at most: mobile numbers (DingTalk), user ids (WeCom); told of what fires
  std::optional<Language> language;  // none: the relay's
  friend bool operator==(const Robot&, const Robot&) = default;

  // "NAME: kind=dingtalk url-file=FILE [secret-file=FILE] [mobiles=A,B] [language=zh]", "NAME: kind=wecom url-file=FILE [users=A,B]".
  // Usage errors say what is wrong; one that is about an address or a secret in place of a file does not repeat it.
  [[nodiscard]] static Result<Robot> parse(std::string_view text);
};

}  // namespace tickwire::relay
