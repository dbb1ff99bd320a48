// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "unit/api/http_peer.h"

namespace tickwire::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// What `tickwire ARGUMENTS` does, as main does it.
struct Outcome {
  int exit_code = -1;
  std::string output;
  std::string error;
};

Outcome tickwire(std::vector<std::string> arguments) {
  Outcome outcome;
  CLI::App program;
  program.require_subcommand(1);
  const std::vector<Command> commands = add_commands(program);
  std::ranges::reverse(arguments);  // the order that CLI11 wants
  try {
    program.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return {.exit_code = error.get_exit_code() == 0 ? 0 : 2, .output = {}, .error = error.what()};
  }
  const auto command = std::ranges::find_if(commands, [](const Command& each) { return each.parsed->parsed(); });
  testing::internal::CaptureStdout();
  const auto result = command->run();
  outcome.output = testing::internal::GetCapturedStdout();
  outcome.exit_code = result ? *result : static_cast<int>(result.error().failure);
  if (!result) outcome.error = result.error().text();
  return outcome;
}

class Commands : public api::ServerTest {
 protected:
  // With the socket of the test's agent behind them.
  Outcome ask(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--api-socket", socket_path()});
    return tickwire(std::move(arguments));
  }
};

TEST_F(Commands, ShowConnectionsAsATable) {
  start();
  const Outcome outcome = ask({"connections"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("REMOTE"), HasSubstr("198.51.100.7:40001"), HasSubstr("198.51.100.8:50000")));
}

TEST_F(Commands, ShowConnectionsInEachForm) {
  start();
  EXPECT_THAT(ask({"connections", "-o", "wide"}).output, HasSubstr("SERVICE"));
  EXPECT_THAT(ask({"connections", "-o", "json"}).output, HasSubstr("\"schema_version\""));
  EXPECT_THAT(ask({"connections", "--output", "jsonl"}).output, StartsWith("{"));
}

TEST_F(Commands, ListPlayersBeyondAnyObjectiveOrBeyondOne) {
  start();
  const Outcome any = ask({"connections", "--over-slo", "-o", "jsonl"});
  EXPECT_EQ(any.exit_code, 0) << any.error;
  EXPECT_EQ(any.output, "") << "the sample has no objectives";
  const Outcome unknown = ask({"connections", "--over-slo", "rtt_1s"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.error, HasSubstr("there is no objective \"rtt_1s\""));
}

TEST_F(Commands, FilterConnections) {
  start();
  const Outcome outcome = ask({"connections", "--service", "world", "--proto", "udp", "--remote", "198.51.100.0/24"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("198.51.100.8"), Not(HasSubstr("198.51.100.7"))));
}

TEST_F(Commands, TakeASortKeyWithAMinusInEitherForm) {
  start();
  const Outcome apart = ask({"connections", "--sort", "-packets", "--limit", "1"});
  const Outcome joined = ask({"connections", "--sort=-packets", "--limit", "1"});
  EXPECT_EQ(apart.exit_code, 0) << apart.error;
  EXPECT_THAT(apart.output, HasSubstr("198.51.100.7"));
  EXPECT_EQ(joined.output, apart.output);
}

TEST_F(Commands, RefuseABadFilterBeforeTheyAsk) {
  const Outcome outcome = ask({"connections", "--port", "70000"});  // no agent runs
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.error, StartsWith("--port: 70000"));
}

TEST_F(Commands, RefuseAnUnknownFormWithTheKnownOnes) {
  const Outcome outcome = ask({"connections", "-o", "xml"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.error, AllOf(HasSubstr("--output"), HasSubstr("xml"), HasSubstr("jsonl")));
}

TEST_F(Commands, RefuseAnIntervalWithoutWatch) { EXPECT_EQ(ask({"connections", "--interval", "1s"}).exit_code, 2); }

TEST_F(Commands, RefuseABadInterval) {
  const Outcome outcome = ask({"connections", "--watch", "--interval", "1ms"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.error, StartsWith("--interval: '1ms'"));
}

TEST_F(Commands, EndAWatchWhenTheAgentStaysAway) {
  const Outcome outcome = ask({"connections", "--watch", "--interval", "100ms"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.error, HasSubstr("no agent answers on " + socket_path()));
}

TEST_F(Commands, WatchServicesAsTheyWatchConnections) {
  EXPECT_EQ(ask({"services", "--interval", "1s"}).exit_code, 2);
  EXPECT_THAT(ask({"services", "--watch", "--interval", "1ms"}).error, StartsWith("--interval: '1ms'"));
  const Outcome outcome = ask({"services", "--watch", "--interval", "100ms"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.error, HasSubstr("no agent answers on " + socket_path()));
}

TEST_F(Commands, ShowOneConnection) {
  start();
  const Outcome text = ask({"inspect", "3.1"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.output, AllOf(HasSubstr("198.51.100.7:40001"), HasSubstr("tcp_timestamp")));
  EXPECT_THAT(ask({"inspect", "198.51.100.8:50000", "-o", "json"}).output, HasSubstr("\"schema_version\""));
}

TEST_F(Commands, FailForAConnectionThatIsNotThere) {
  start();
  const Outcome outcome = ask({"inspect", "192.0.2.99:1"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.output, "");
  EXPECT_THAT(outcome.error, HasSubstr("192.0.2.99:1"));
}

TEST_F(Commands, RefuseToInspectNothing) {
  EXPECT_EQ(ask({"inspect"}).exit_code, 2);
  EXPECT_EQ(ask({"inspect", ""}).exit_code, 2);
}

TEST_F(Commands, ShowServicesAndStatus) {
  start();
  EXPECT_THAT(ask({"services"}).output, HasSubstr("gate"));
  EXPECT_THAT(ask({"services", "-o", "json"}).output, HasSubstr("\"schema_version\""));
  EXPECT_THAT(ask({"status"}).output, HasSubstr("arrival"));
  EXPECT_THAT(ask({"status", "-o", "json"}).output, HasSubstr("\"schema_version\""));
}

TEST_F(Commands, ShowTheLastMinuteUnlessToldOtherwise) {
  start();
  EXPECT_THAT(ask({"connections"}).output, HasSubstr("RTT 1m"));
  EXPECT_THAT(ask({"services"}).output, HasSubstr("RTT 1m"));
  EXPECT_THAT(ask({"connections", "--window", "all"}).output, HasSubstr("RTT all"));
  EXPECT_THAT(ask({"connections", "-o", "wide", "--window", "10s"}).output, HasSubstr("TURNAROUND 10s"));
  EXPECT_THAT(ask({"services", "--window", "5m"}).output, HasSubstr("RTT 5m"));
  EXPECT_THAT(ask({"inspect", "3.1", "--window", "10s"}).output, HasSubstr("the last 10s"));
  EXPECT_THAT(ask({"inspect", "3.1"}).output, Not(HasSubstr("the last 10s")));
}

TEST_F(Commands, RefuseAnUnknownWindowBeforeTheyAsk) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"connections"}, {"services"}, {"inspect", "3.1"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--window", "2m"});
    const Outcome outcome = ask(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.error, StartsWith("--window: \"2m\" is not a window"));
  }
}

TEST_F(Commands, SayThatTheAgentHasNoTickYet) {
  start(options(), [] { return nullptr; });
  const Outcome outcome = ask({"status"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.error, HasSubstr("no tick yet"));
}

TEST_F(Commands, SayWhyTheAgentIsNotReady) {
  start();
  const Outcome outcome = ask({"status", "--ready"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.output, "");
  EXPECT_THAT(outcome.error, HasSubstr("eth0 moves packets that the agent does not see"));
}

TEST_F(Commands, SayThatTheAgentIsReady) {
  start(options(), [] {
    auto snapshot = std::make_shared<model::Snapshot>(*api::fresh_snapshot());
    snapshot->readiness = {.ready = true, .problems = {}};
    return snapshot;
  });
  const Outcome outcome = ask({"status", "--ready"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_EQ(outcome.output, "ready\n");
  EXPECT_EQ(ask({"status", "--ready", "-o", "json"}).exit_code, 2);
}

TEST_F(Commands, SayThatNoAgentIsThere) {
  const Outcome outcome = ask({"services"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.error, AllOf(HasSubstr("no agent answers on " + socket_path()), HasSubstr("`tickwire run`")));
}

TEST_F(Commands, TakeTheSocketFromTheEnvironment) {
  start();
  ::setenv("TICKWIRE_API_SOCKET", socket_path().c_str(), 1);
  const Outcome outcome = tickwire({"services"});
  ::unsetenv("TICKWIRE_API_SOCKET");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
}

TEST_F(Commands, PreferTheFlagToTheEnvironment) {
  start();
  ::setenv("TICKWIRE_API_SOCKET", "/nowhere/api.sock", 1);
  const Outcome outcome = ask({"services"});
  ::unsetenv("TICKWIRE_API_SOCKET");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
}

// What the user of a refused command line reads.
std::string refusal(const std::string& arguments) {
  CLI::App program("", "tickwire");
  program.require_subcommand(1);
  const std::vector<Command> commands = add_commands(program);
  try {
    program.parse(arguments);
  } catch (const CLI::Error& error) {
    return usage_failure(&program, error);
  }
  return "";
}

TEST(UsageFailure, NamesTheCommandThatIsNone) {
  EXPECT_EQ(refusal("conections --watch"), "tickwire: there is no command 'conections'; `tickwire --help` lists them\n");
}

TEST(UsageFailure, SaysThatACommandIsWanted) {
  EXPECT_EQ(refusal(""), "tickwire: a command is wanted; `tickwire --help` lists them\n");
}

TEST(UsageFailure, LeadsToTheHelpOfTheCommand) {
  EXPECT_EQ(refusal("connections --interval 1s"), "tickwire: --interval requires --watch; see `tickwire connections --help`\n");
}

}  // namespace
}  // namespace tickwire::cli
