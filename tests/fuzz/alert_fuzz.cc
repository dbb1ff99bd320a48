// SPDX-License-Identifier: Apache-2.0
// What comes from Alertmanager and from robots, and what is made of it: a message that is whole, within its limits, and calls nobody.
//
// An input: a byte that chooses what the rest of it is.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fuzz/check.h"
#include "relay/message.h"
#include "relay/notification.h"
#include "relay/outcome.h"
#include "relay/robot.h"
#include "relay/time_text.h"
#include "relay/utf8.h"

namespace tickwire::fuzz {
namespace {

using relay::RobotKind;

void cut(std::string_view text) {
  const std::string whole = relay::repaired(text);
  check(relay::repaired(whole) == whole, "repaired text is well-formed");
  for (std::size_t most = 0; most < std::min<std::size_t>(whole.size(), 64); ++most) {
    const std::string_view part = relay::beginning(whole, most);
    check(relay::json_bytes(part) <= most && whole.starts_with(part), "a beginning is one, and within its bound");
    check(relay::repaired(part) == part, "a beginning ends at a character");
    check(relay::json_bytes(relay::shortened(whole, most)) <= most, "shortened text is within its bound");
  }
}

// A link that is whole but for its text: no bracket of a stranger is in a message, so each one belongs to a link of ours.
void check_text(const std::string& text) {
  check(relay::repaired(text) == text, "a message is well-formed");
  check(text.find('@') == std::string::npos && text.find('<') == std::string::npos, "a message calls nobody");
  check(std::ranges::count(text, '[') == std::ranges::count(text, ']'), "each link is whole");
  for (std::size_t at = text.find(']'); at != std::string::npos; at = text.find(']', at + 1)) {
    check(text.substr(at, 6) == "](http" && text.find(')', at) < text.find_first_of(" \n", at), "a link ends where it should");
  }
  check(std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; }),
        "a message has no controls");
}

void message(std::string_view body) {
  const auto parsed = relay::parse_notification(body);
  if (!parsed) {
    check(parsed.error().failure == Failure::kUsage && !parsed.error().text().empty(), "a refusal says why");
    return;
  }
  check(!parsed->alerts.empty() && parsed->alerts.size() <= relay::kMostAlerts, "a notification has alerts, and not too many");
  check(relay::content_digest(*parsed).size() == 32, "there is a digest of it");
  for (const RobotKind kind : {RobotKind::kDingTalk, RobotKind::kWeCom}) {
    for (const relay::Language language : {relay::Language::kEnglish, relay::Language::kChinese}) {
      const relay::Occasion occasion{.alerts = parsed->alerts, .external_url = parsed->external_url, .unread = parsed->unread};
      const relay::Message made =
          relay::render(occasion, {.kind = kind, .language = language, .link_base = "https://docs.example.net"});
      check(relay::json_bytes(made.text) <= relay::text_bytes(kind), "a message is within its robot's limit");
      check(made.title.size() <= relay::kTitleBytes && !made.title.empty(), "a title is within its limit");
      check(relay::repaired(made.title) == made.title, "a title is well-formed");
      check_text(made.text);
    }
  }
}

void answer(std::string_view body) {
  for (const RobotKind kind : {RobotKind::kDingTalk, RobotKind::kWeCom}) {
    const relay::Outcome outcome = relay::judge(kind, {.error = {}, .status = 200, .body = std::string(body)});
    check(outcome.reason.empty() == (outcome.result == relay::Outcome::Result::kDelivered), "a failure says why");
    check(outcome.reason.size() <= 320 && outcome.reason.find('\n') == std::string::npos, "a reason is one short line");
  }
}

void robot(std::string_view text) {
  const auto parsed = relay::Robot::parse(text);
  if (!parsed) return;
  check(!parsed->name.empty() && !parsed->url_file.empty(), "a robot has a name and a file");
  check(parsed->called.size() <= relay::kMostCalled, "a robot calls a bounded number of people");
}

void run(std::string_view input) {
  if (input.empty()) return;
  const std::string_view text = input.substr(1);
  switch (static_cast<unsigned char>(input[0]) % 5) {
    case 0:
      return cut(text);
    case 1:
      return answer(text);
    case 2:
      return robot(text);
    case 3:
      (void)relay::parse_time(text);
      return;
    default:
      return message(text);
  }
}

}  // namespace
}  // namespace tickwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const char* bytes, std::size_t length) {
  tickwire::fuzz::run({bytes, length});
  return 0;
}
