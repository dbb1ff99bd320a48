// SPDX-License-Identifier: Apache-2.0
#include "relay/robot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "config/words.h"

namespace tickwire::relay {
namespace {

using config::printable;
using config::Word;

constexpr std::string_view kHint =
    "write it like 'ops: kind=dingtalk url-file=/etc/tickwire/ops.url secret-file=/etc/tickwire/ops.secret'";
constexpr std::array kKinds{Word{"dingtalk", RobotKind::kDingTalk}, Word{"wecom", RobotKind::kWeCom}};
constexpr std::array kLanguages{Word{"en", Language::kEnglish}, Word{"zh", Language::kChinese}};
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";
constexpr std::size_t kLongestName = 32;
constexpr std::size_t kLongestPath = 4096;
constexpr std::size_t kLongestCalled = 32;
constexpr std::size_t kShortestSecret = 20;  // DingTalk's are SEC and 64 hexadecimal digits

std::unexpected<Error> wrong(std::string message) { return fail_usage(std::move(message), std::string(kHint)); }

bool consists_of(std::string_view text, std::string_view more) {
  return std::ranges::all_of(text, [more](char c) {
    return c != '\0' && (kLetters.find(c) != std::string_view::npos || kDigits.find(c) != std::string_view::npos ||
                         more.find(c) != std::string_view::npos);
  });
}

// What stands in a flag is seen in the list of processes, and in shells' histories.
std::unexpected<Error> fail_literal(std::string_view what) {
  return fail_usage(fmt::format("{} in a flag or file of options can be read by others", what),
                    "put it into a file of its own with mode 0400, and name that file with url-file= or secret-file=");
}

Result<std::string> path_of(std::string_view value, std::string_view key) {
  if (value.find("://") != std::string_view::npos || value.find("access_token=") != std::string_view::npos ||
      value.find("key=") != std::string_view::npos) {
    return fail_literal("an address");
  }
  if (value.starts_with("SEC") && value.size() >= kShortestSecret && value.find('/') == std::string_view::npos) {
    return fail_literal("a secret");
  }
  if (value.empty() || value.size() > kLongestPath || value.find('\0') != std::string_view::npos) {
    return wrong(fmt::format("{}: a file is wanted", key));
  }
  return std::string(value);
}

Result<std::vector<std::string>> called_of(std::string_view value, std::string_view key, RobotKind kind) {
  std::vector<std::string> called;
  for (const std::string_view each : split(value, ',')) {
    const bool mobile = kind == RobotKind::kDingTalk;
    const std::string_view number = mobile && each.starts_with('+') ? each.substr(1) : each;
    const bool right = mobile ? number.find_first_not_of("0123456789-") == std::string_view::npos : consists_of(number, "_-.");
    // "all" would call everybody.
    if (number.empty() || number.size() > kLongestCalled || !right || number == "all") {
      return wrong(fmt::format("{}: '{}' is not {}", key, printable(each), mobile ? "a mobile number" : "a user's id"));
    }
    called.emplace_back(each);
  }
  if (called.empty() || called.size() > kMostCalled) return wrong(fmt::format("{}: 1 .. {} are wanted", key, kMostCalled));
  return called;
}

Result<void> set_word_of(Robot& robot, std::string_view key, std::string_view value) {
  if (key == "kind") return config::set_word(value, kKinds, robot.kind);
  if (key == "language") {
    Language language{};
    if (auto done = config::set_word(value, kLanguages, language); !done) return done;
    robot.language = language;
    return {};
  }
  if (key == "url-file" || key == "secret-file") {
    auto path = path_of(value, key);
    if (!path) return std::unexpected(path.error());
    (key == "url-file" ? robot.url_file : robot.secret_file) = *std::move(path);
    return {};
  }
  if (key == "url" || key == "secret" || key == "token" || key == "access_token" || key == "key")
    return fail_literal("an address or a secret");
  if (key == "mobiles" || key == "users") return {};  // when the kind is known
  return wrong(fmt::format("'{}' is none of kind, url-file, secret-file, mobiles, users, language", printable(key)));
}

Result<void> check(const Robot& robot, const std::set<std::string_view>& keys) {
  if (!keys.contains("kind")) return wrong("kind is missing: kind=dingtalk or kind=wecom");
  if (robot.url_file.empty()) return wrong("url-file is missing: the file that holds the robot's address");
  const bool dingtalk = robot.kind == RobotKind::kDingTalk;
  if (!dingtalk && keys.contains("secret-file")) return wrong("secret-file: WeCom's robots sign nothing, only DingTalk's do");
  if (!dingtalk && keys.contains("mobiles")) return wrong("mobiles: WeCom's robots call users=ID,ID in markdown");
  if (dingtalk && keys.contains("users")) return wrong("users: DingTalk's robots call mobiles=NUMBER,NUMBER");
  return {};
}

Result<void> read_words(Robot& robot, std::string_view rest) {
  std::set<std::string_view> keys;
  std::string_view called;
  std::string_view called_key;
  while (!(rest = trim(rest)).empty()) {
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
    rest.remove_prefix(word.size());
    const std::size_t equals = word.find('=');
    // An address has an equals sign as well, but not behind one of our words.
    if (word.find("://") < std::min(equals, word.size())) return fail_literal("an address");
    if (equals == std::string_view::npos) return wrong(fmt::format("'{}' is not NAME=VALUE", printable(word.substr(0, 12))));
    const std::string_view key = word.substr(0, equals);
    const std::string_view value = word.substr(equals + 1);
    if (!keys.insert(key).second) return wrong(fmt::format("{} is given twice", printable(key)));
    if (auto set = set_word_of(robot, key, value); !set) return set;
    if (key == "mobiles" || key == "users") {
      called = value;
      called_key = key;
    }
  }
  if (auto checked = check(robot, keys); !checked) return checked;
  if (called_key.empty()) return {};
  auto read = called_of(called, called_key, robot.kind);
  if (!read) return std::unexpected(read.error());
  robot.called = *std::move(read);
  return {};
}

}  // namespace

std::string_view name(RobotKind kind) { return kind == RobotKind::kDingTalk ? "dingtalk" : "wecom"; }

Result<Robot> Robot::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  Robot robot;
  robot.name = trim(text.substr(0, colon));
  if (colon == std::string_view::npos || text.substr(colon).starts_with("://")) return wrong("it is not NAME: kind=...");
  if (robot.name.empty() || robot.name.size() > kLongestName || !consists_of(robot.name, "_-")) {
    return wrong(fmt::format("the name '{}' is not 1 .. {} of a-z A-Z 0-9 _ -", printable(robot.name), kLongestName));
  }
  if (auto read = read_words(robot, text.substr(colon + 1)); !read) {
    return within(fmt::format("robot '{}'", robot.name), read.error());
  }
  return robot;
}

}  // namespace tickwire::relay
