// SPDX-License-Identifier: Apache-2.0
#include "relay/options.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <utility>

#include "base/text.h"
#include "config/options.h"
#include "config/table.h"
#include "config/words.h"

namespace tickwire::relay {
namespace {

using config::kOnce;
using config::Word;
using Row = config::OptionRow<RelayOptions>;

constexpr std::size_t kLongestBase = 256;
constexpr std::array kLanguages{Word{"en", Language::kEnglish}, Word{"zh", Language::kChinese}};
constexpr std::array kLogLevels{Word{"debug", spdlog::level::debug}, Word{"info", spdlog::level::info},
                                Word{"warn", spdlog::level::warn}, Word{"error", spdlog::level::err}};

Result<void> add_robot(std::string_view value, std::vector<Robot>& robots) {
  auto robot = Robot::parse(value);
  if (!robot) return std::unexpected(robot.error());
  robots.push_back(*std::move(robot));
  return {};
}

constexpr std::array kRows{
    Row{"listen", "HOST:PORT", kOnce, "TCP address that Alertmanager posts to: host:port, [v6]:port or :port (all addresses).",
        kDefaultListen,
        [](std::string_view value, RelayOptions& options) -> Result<void> {
          options.listen = value;
          return {};
        }},
    Row{"robot", "ROBOT", ';',
        "A chat robot, as \"ops: kind=dingtalk url-file=FILE secret-file=FILE mobiles=13800000000\"\nor \"ops: kind=wecom "
        "url-file=FILE users=li,wang\"; docs/relay.md says more.\nMay be given several times; separated by ; in the environment.",
        "none", [](std::string_view value, RelayOptions& options) { return add_robot(value, options.robots); }},
    Row{"language", "LANGUAGE", kOnce, "Language of the messages: en, zh. A robot's own wins.", "en",
        [](std::string_view value, RelayOptions& options) { return config::set_word(value, kLanguages, options.language); }},
    Row{"link-base", "URL", kOnce, "Put before runbook links that are relative.", "none: such links are left out",
        [](std::string_view value, RelayOptions& options) -> Result<void> {
          options.link_base = value;
          return {};
        }},
    Row{"rate", "N", kOnce, "Messages a minute to each robot at most, 1 .. 20; what comes beyond is merged.", "18",
        [](std::string_view value, RelayOptions& options) -> Result<void> {
          const auto rate = parse_number(value, 1, 20);
          if (!rate) return std::unexpected(rate.error());
          options.rate = static_cast<unsigned>(*rate);
          return {};
        }},
    Row{"ca-file", "FILE", kOnce,
        "Certificates of authorities that the robots' servers may be signed by, instead of the machine's.", "the machine's",
        [](std::string_view value, RelayOptions& options) -> Result<void> {
          options.ca_file = value;
          return {};
        }},
    Row{"log-level", "LEVEL", kOnce, "Least severe messages that are logged: debug, info, warn, error.", "info",
        [](std::string_view value, RelayOptions& options) { return config::set_word(value, kLogLevels, options.log_level); }},
};

Result<void> validate_link_base(const std::string& base) {
  if (base.empty()) return {};
  const bool web = base.starts_with("https://") || base.starts_with("http://");
  if (!web || base.size() > kLongestBase || base.find_first_of(" \t\r\n()<>[]") != std::string::npos) {
    return fail_usage(
        fmt::format("link-base '{}': an http or https URL of at most {} bytes is wanted", config::printable(base), kLongestBase));
  }
  return {};
}

}  // namespace

void add_relay_options(CLI::App& command, RelayOptions& options) {
  config::add_table(command, kRows, "TICKWIRE_RELAY_",
                    R"(`rate = 10`, `robot = ["ops: kind=wecom url-file=/etc/tickwire/ops.url"]`)", options, validate);
}

Result<void> validate(const RelayOptions& options) {
  if (const auto address = config::parse_listen(options.listen); !address) return std::unexpected(address.error());
  if (options.robots.empty()) {
    return fail_usage("no robot is given", "name one: --robot 'ops: kind=dingtalk url-file=FILE secret-file=FILE'");
  }
  if (options.robots.size() > kMostRobots) {
    return fail_usage(fmt::format("{} robots are given, {} are allowed", options.robots.size(), kMostRobots));
  }
  std::set<std::string_view> names;
  for (const Robot& robot : options.robots) {
    if (!names.insert(robot.name).second) return fail_usage(fmt::format("robot '{}' is given twice", robot.name));
  }
  return validate_link_base(options.link_base);
}

}  // namespace tickwire::relay
