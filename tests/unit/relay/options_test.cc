// SPDX-License-Identifier: Apache-2.0
#include "relay/options.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tickwire::relay {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

struct Parsed {
  RelayOptions options;
  std::string error;
};

Parsed parse(std::vector<std::string> arguments) {
  Parsed parsed;
  CLI::App program;
  CLI::App* relay = program.add_subcommand("relay");
  add_relay_options(*relay, parsed.options);
  arguments.insert(arguments.begin(), "relay");
  std::ranges::reverse(arguments);
  try {
    program.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    parsed.error = error.what();
  }
  return parsed;
}

const std::string kOne = "ops: kind=wecom url-file=u";
const std::string kTwo = "night: kind=dingtalk url-file=u";

TEST(RelayOptions, HaveTheirDefaults) {
  const Parsed parsed = parse({"--robot", kOne});
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.options.listen, "127.0.0.1:19436");
  EXPECT_EQ(parsed.options.rate, 18U);
  EXPECT_EQ(parsed.options.language, Language::kEnglish);
  EXPECT_EQ(parsed.options.log_level, spdlog::level::info);
}

TEST(RelayOptions, AreTakenFromFlags) {
  const Parsed parsed = parse({"--robot", kOne, "--robot", kTwo, "--language", "zh", "--rate", "20", "--link-base",
                               "https://docs.example.net/", "--ca-file", "ca.pem", "--log-level", "error", "--listen", ":9000"});
  EXPECT_EQ(parsed.error, "");
  EXPECT_THAT(parsed.options.robots, SizeIs(2));
  EXPECT_EQ(parsed.options.language, Language::kChinese);
  EXPECT_EQ(parsed.options.rate, 20U);
  EXPECT_EQ(parsed.options.link_base, "https://docs.example.net/");
  EXPECT_EQ(parsed.options.ca_file, "ca.pem");
  EXPECT_EQ(parsed.options.log_level, spdlog::level::err);
  EXPECT_EQ(parsed.options.listen, ":9000");
}

TEST(RelayOptions, AreTakenFromTheEnvironmentWithRobotsBetweenSemicolons) {
  ::setenv("TICKWIRE_RELAY_ROBOT", (kOne + "; " + kTwo).c_str(), 1);
  ::setenv("TICKWIRE_RELAY_RATE", "5", 1);
  const Parsed parsed = parse({});
  const Parsed stronger = parse({"--rate", "6"});
  ::unsetenv("TICKWIRE_RELAY_ROBOT");
  ::unsetenv("TICKWIRE_RELAY_RATE");
  EXPECT_EQ(parsed.error, "");
  EXPECT_THAT(parsed.options.robots, SizeIs(2));
  EXPECT_EQ(parsed.options.rate, 5U);
  EXPECT_EQ(stronger.options.rate, 6U);
}

TEST(RelayOptions, AreTakenFromAFile) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / ("tickwire-relay-" + std::to_string(::getpid()));
  std::ofstream(path) << "rate = 7\nrobot = [\"" << kOne << "\", \"" << kTwo << "\"]\n";
  const Parsed parsed = parse({"--config", path});
  std::ofstream(path) << "interval = 1s\n";
  const Parsed unknown = parse({"--config", path});
  std::filesystem::remove(path);
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.options.rate, 7U);
  EXPECT_THAT(parsed.options.robots, SizeIs(2));
  EXPECT_THAT(unknown.error, HasSubstr("unknown name 'interval'"));
}

TEST(RelayOptions, WantARobot) { EXPECT_THAT(parse({}).error, HasSubstr("no robot is given")); }

TEST(RelayOptions, TakeSixteenRobotsOfDifferentNames) {
  std::vector<std::string> arguments;
  for (int i = 0; i < 16; ++i)
    arguments.insert(arguments.end(), {"--robot", "r" + std::to_string(i) + ": kind=wecom url-file=u"});
  EXPECT_EQ(parse(arguments).error, "");
  arguments.insert(arguments.end(), {"--robot", kOne});
  EXPECT_THAT(parse(arguments).error, HasSubstr("17 robots are given, 16 are allowed"));
  EXPECT_THAT(parse({"--robot", kOne, "--robot", kOne}).error, HasSubstr("robot 'ops' is given twice"));
}

TEST(RelayOptions, RefuseWhatIsOutOfRange) {
  EXPECT_THAT(parse({"--robot", kOne, "--rate", "21"}).error, HasSubstr("--rate: 21 is not between 1 and 20"));
  EXPECT_THAT(parse({"--robot", kOne, "--rate", "0"}).error, HasSubstr("--rate"));
  EXPECT_THAT(parse({"--robot", kOne, "--language", "de"}).error, HasSubstr("'de' is none of en, zh"));
  EXPECT_THAT(parse({"--robot", kOne, "--link-base", "docs"}).error, HasSubstr("link-base"));
  EXPECT_THAT(parse({"--robot", kOne, "--listen", "here"}).error, HasSubstr("listen 'here'"));
}

TEST(RelayOptions, NameTheFlagOfABadRobot) { EXPECT_THAT(parse({"--robot", "ops"}).error, HasSubstr("--robot: ")); }

}  // namespace
}  // namespace tickwire::relay
