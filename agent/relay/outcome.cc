// SPDX-License-Identifier: Apache-2.0
#include "relay/outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "relay/utf8.h"

namespace tickwire::relay {
namespace {

constexpr std::size_t kMessageBytes = 160;
constexpr std::chrono::minutes kDingTalkBlock{10};  // "send too fast": the robot is mute for so long
constexpr std::chrono::seconds kWeComBlock{60};     // its limit is counted by the minute

struct Code {
  RobotKind kind;
  std::int64_t errcode;
  Outcome::Result result;
  std::chrono::seconds blocked;
  std::string_view advice;
};
using enum Outcome::Result;
constexpr std::array kCodes{
    Code{RobotKind::kDingTalk, -1, kRetryable, {}, "the service is busy"},
    Code{RobotKind::kDingTalk, 130101, kRetryable, kDingTalkBlock,
         "more than 20 messages a minute: it takes none for 10 minutes"},
    Code{RobotKind::kDingTalk, 410100, kRetryable, kDingTalkBlock,
         "more than 20 messages a minute: it takes none for 10 minutes"},
    Code{RobotKind::kDingTalk, 310000, kPermanent, {}, "keyword, signature or address of the security settings"},
    Code{RobotKind::kDingTalk, 300001, kPermanent, {}, "the token in url-file is not known"},
    Code{RobotKind::kDingTalk, 400101, kPermanent, {}, "the token in url-file is not known"},
    Code{RobotKind::kDingTalk, 400102, kPermanent, {}, "the robot was switched off"},
    Code{RobotKind::kDingTalk, 400106, kPermanent, {}, "the robot does not exist any more"},
    Code{RobotKind::kWeCom, -1, kRetryable, {}, "the service is busy"},
    Code{RobotKind::kWeCom, 45009, kRetryable, kWeComBlock, "more than 20 messages a minute"},
    Code{RobotKind::kWeCom, 45033, kRetryable, {}, "too many requests at the same time"},
    Code{RobotKind::kWeCom, 93000, kPermanent, {}, "the key in url-file is not known, or the robot was removed"},
    Code{RobotKind::kWeCom, 93008, kPermanent, {}, "the robot is not in the group any more"},
};

// The words of a stranger for a log: one line.
std::string one_line(std::string_view text) {
  std::string line = repaired(text);
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return shortened(line, kMessageBytes);
}

bool speaks_of_time(std::string_view errmsg) { return errmsg.find("timestamp") != std::string_view::npos; }

Outcome judge_code(RobotKind kind, std::int64_t errcode, std::string_view errmsg) {
  const auto known = std::ranges::find_if(kCodes, [&](const Code& code) { return code.kind == kind && code.errcode == errcode; });
  Outcome outcome{.result = kPermanent, .reason = fmt::format("errcode {}: {}", errcode, one_line(errmsg)), .blocked = {}};
  if (known != kCodes.end()) {
    outcome.result = known->result;
    outcome.blocked = known->blocked;
    outcome.reason += fmt::format(" ({})", known->advice);
  }
  if (kind == RobotKind::kDingTalk && speaks_of_time(errmsg)) {
    outcome.reason += "; this machine's clock is off by more than an hour: DingTalk compares it with its own";
  }
  return outcome;
}

Outcome judge_status(long status) {
  const bool again = status >= 500 || status == 408 || status == 429;
  const std::string_view redirect = status >= 300 && status < 400 ? ": redirects are not followed" : "";
  return {.result = again ? kRetryable : kPermanent, .reason = fmt::format("HTTP status {}{}", status, redirect), .blocked = {}};
}

}  // namespace

Outcome judge(RobotKind kind, const Answer& answer) {
  if (!answer.error.empty()) return {.result = kRetryable, .reason = one_line(answer.error), .blocked = {}};
  if (answer.status != 200) return judge_status(answer.status);
  const auto body = nlohmann::json::parse(answer.body, nullptr, false);
  const auto code = body.is_object() ? body.find("errcode") : body.end();
  // Not the robot's words: a proxy or a portal has answered in its place.
  if (code == body.end() || !code->is_number_integer()) {
    return {.result = kRetryable,
            .reason = "an answer without errcode: something else than the robot's service answers",
            .blocked = {}};
  }
  if (code->get<std::int64_t>() == 0) return {};
  const auto said = body.find("errmsg");
  return judge_code(kind, code->get<std::int64_t>(),
                    said != body.end() && said->is_string() ? said->get_ref<const std::string&>() : std::string());
}

}  // namespace tickwire::relay
