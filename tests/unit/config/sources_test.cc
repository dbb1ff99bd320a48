// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "unit/config/command_line.h"

namespace tickwire::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

// A folder for configuration files, and an environment that ends with the test.
class Sources : public testing::Test {
 protected:
  Sources() : folder_(std::filesystem::temp_directory_path() / ("tickwire-config-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Sources() override {
    for (const std::string& name : set_) ::unsetenv(name.c_str());
    std::filesystem::remove_all(folder_);
  }

  std::string file(const std::string& text) const {
    std::ofstream(path()) << text;
    return path();
  }
  std::string path() const { return folder_ / "agent.conf"; }
  void environment(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    set_.insert(name);
  }

 private:
  std::filesystem::path folder_;
  std::set<std::string> set_;
};

TEST_F(Sources, TheFileWinsOverTheDefault) {
  EXPECT_EQ(parse_run({"--config", file("max-connections = 1000\n")}).options.max_connections, 1000U);
}

TEST_F(Sources, TheEnvironmentWinsOverTheFile) {
  environment("TICKWIRE_MAX_CONNECTIONS", "2000");
  EXPECT_EQ(parse_run({"--config", file("max-connections = 1000\n")}).options.max_connections, 2000U);
}

TEST_F(Sources, AFlagWinsOverTheEnvironmentAndTheFile) {
  environment("TICKWIRE_MAX_CONNECTIONS", "2000");
  EXPECT_EQ(parse_run({"--max-connections", "3000", "--config", file("max-connections = 1000\n")}).options.max_connections,
            3000U);
}

TEST_F(Sources, AListIsReplacedNotMergedByTheStrongerSource) {
  environment("TICKWIRE_SERVICE", "a=udp/1,b=udp/2");
  const Parsed parsed = parse_run({"--service", "c=udp/3", "--config", file("service = [\"d=udp/4\"]\n")});
  EXPECT_THAT(parsed.options.services, ElementsAre(model::ServiceId{"c", model::Protocol::kUdp, 3}));
}

TEST_F(Sources, AFlagCanSwitchOffWhatTheEnvironmentSwitchesOn) {
  environment("TICKWIRE_EXPOSE_CONNECTIONS", "true");
  EXPECT_TRUE(parse_run({}).options.expose_connections);
  EXPECT_FALSE(parse_run({"--expose-connections=false"}).options.expose_connections);
}

TEST_F(Sources, TheEnvironmentSeparatesServicesByCommas) {
  environment("TICKWIRE_SERVICE", "world=udp/7777, login=tcp/9000");
  EXPECT_THAT(parse_run({}).options.services, ElementsAre(model::ServiceId{"world", model::Protocol::kUdp, 7777},
                                                          model::ServiceId{"login", model::Protocol::kTcp, 9000}));
}

TEST_F(Sources, ACommaInsideARegexSeparatesNothing) {
  environment("TICKWIRE_INTERFACE", "/eth[0-9]{1,2}/,lo");
  EXPECT_THAT(parse_run({}).options.interfaces, ElementsAre("/eth[0-9]{1,2}/", "lo"));
}

TEST_F(Sources, TheEnvironmentSeparatesRulesBySemicolons) {
  environment("TICKWIRE_RULE", "world: token=64:16 echo=80:16; lobby: token=0:8 echo=8:8");
  const Parsed parsed = parse_run({"--service", "world=udp/7777", "--service", "lobby=udp/7778"});
  EXPECT_EQ(parsed.error, "");
  EXPECT_THAT(parsed.options.rules, ElementsAre(Field(&model::Rule::service, "world"), Field(&model::Rule::service, "lobby")));
}

TEST_F(Sources, TheFileHoldsRulesInQuotes) {
  const Parsed parsed = parse_run({"--config", file("service = [\"world=udp/7777\", \"login=tcp/9000\"]\n"
                                                    "rule = [\"world: magic=0:16:0x5457/0xffff token=64:16 echo=80:16\", "
                                                    "\"login: frame=32 token=64:16 echo=80:16\"]\n")});
  EXPECT_EQ(parsed.error, "");
  EXPECT_THAT(parsed.options.rules, ElementsAre(Field(&model::Rule::service, "world"), Field(&model::Rule::service, "login")));
}

TEST_F(Sources, ARuleInTheFileGoesWithAServiceOfTheCommandLine) {
  const std::string name = file("rule = \"world: token=64:16 echo=80:16\"\n");
  EXPECT_EQ(parse_run({"--config", name, "--service", "world=udp/7777"}).error, "");
  EXPECT_THAT(parse_run({"--config", name}).error, HasSubstr("rule 'world': no service is named"));
}

TEST_F(Sources, AnErrorOfARuleNamesWhereItStands) {
  EXPECT_THAT(parse_run({"--rule", "world: token=64"}).error, StartsWith("--rule: "));
  environment("TICKWIRE_RULE", "world: token=64");
  EXPECT_THAT(parse_run({}).error, StartsWith("TICKWIRE_RULE: "));
}

TEST_F(Sources, AnEmptyVariableIsNotSet) {
  environment("TICKWIRE_MAX_CONNECTIONS", "");
  const Parsed parsed = parse_run({});
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.options.max_connections, 16384U);
}

TEST_F(Sources, AnErrorOfTheEnvironmentNamesTheVariable) {
  environment("TICKWIRE_INTERVAL", "1 second");
  EXPECT_THAT(parse_run({}).error, StartsWith("TICKWIRE_INTERVAL: "));
}

TEST_F(Sources, TheEnvironmentCanNameTheFile) {
  environment("TICKWIRE_CONFIG", file("listen = none\n"));
  EXPECT_EQ(parse_run({}).options.listen, "");
}

TEST_F(Sources, TheFileHoldsEveryKindOfValue) {
  const Parsed parsed = parse_run({"--config", file("# for one node\n"
                                                    "interface = eth0\n"
                                                    "service = [\"world=udp/7777\", \"login=tcp/9000\"]  # two\n"
                                                    "listen = \"[2001:db8::1]:9435\"\n"
                                                    "interval = 250ms\n"
                                                    "arrival = tcx\n"
                                                    "expose-connections = true\n")});
  EXPECT_EQ(parsed.error, "");
  EXPECT_THAT(parsed.options.interfaces, ElementsAre("eth0"));
  EXPECT_THAT(parsed.options.services, SizeIs(2));
  EXPECT_EQ(parsed.options.listen, "[2001:db8::1]:9435");
  EXPECT_EQ(parsed.options.interval, std::chrono::milliseconds(250));
  EXPECT_EQ(parsed.options.arrival, Arrival::kTcx);
  EXPECT_TRUE(parsed.options.expose_connections);
}

TEST_F(Sources, ARepeatedListInTheFileIsOneList) {
  const Parsed parsed = parse_run({"--config", file("service = udp/1\ninterface = lo\nservice = udp/2\n")});
  EXPECT_THAT(parsed.options.services, SizeIs(2));
}

TEST_F(Sources, ARepeatedSingleValueInTheFileIsAnError) {
  const Parsed parsed = parse_run({"--config", file("max-services = 1\ninterface = lo\nmax-services = 2\n")});
  EXPECT_THAT(parsed.error, HasSubstr("max-services: one value is wanted, 2 were given"));
}

TEST_F(Sources, AnErrorOfTheFileNamesTheFileAndTheName) {
  const std::string name = file("max-connections = many\n");
  EXPECT_THAT(parse_run({"--config", name}).error, StartsWith(name + ": max-connections: \"many\""));
}

TEST_F(Sources, AnUnknownNameInTheFileIsNamed) {
  EXPECT_THAT(parse_run({"--config", file("max-conections = 1000\n")}).error,
              AllOf(HasSubstr(path()), HasSubstr("unknown name 'max-conections'"), HasSubstr("max-connections")));
}

TEST_F(Sources, TheFileCannotNameAnotherFile) {
  EXPECT_THAT(parse_run({"--config", file("config = /etc/tickwire.conf\n")}).error, HasSubstr("unknown name 'config'"));
}

TEST_F(Sources, ASectionInTheFileIsNamed) {
  EXPECT_THAT(parse_run({"--config", file("[agent]\nmax-connections = 1000\n")}).error, HasSubstr("unknown section [agent]"));
}

TEST_F(Sources, GarbageInTheFileIsRefusedInPrintableCharacters) {
  EXPECT_THAT(parse_run({"--config", file("\x1b[31m\xff\n")}).error, HasSubstr("unknown name '?[31m?'"));
}

TEST_F(Sources, AMissingFileIsNamed) {
  EXPECT_THAT(parse_run({"--config", path()}).error, AllOf(HasSubstr(path()), HasSubstr("ENOENT")));
}

TEST_F(Sources, AnUnreadableFileIsNamed) {
  const std::string name = file("max-connections = 1000\n");
  std::filesystem::permissions(name, std::filesystem::perms::none);
  const uid_t user = ::geteuid();
  // Root reads everything: be nobody for a moment.
  EXPECT_EQ(user == 0 ? ::seteuid(65534) : 0, 0);
  const std::string error = parse_run({"--config", name}).error;
  EXPECT_EQ(::seteuid(user), 0);
  EXPECT_THAT(error, AllOf(HasSubstr(name), HasSubstr("EACCES")));
}

TEST_F(Sources, AFolderIsNoFile) {
  EXPECT_THAT(parse_run({"--config", std::filesystem::temp_directory_path()}).error, HasSubstr("not a regular file"));
}

TEST_F(Sources, APipeIsNoFileAndIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_THAT(parse_run({"--config", path()}).error, HasSubstr("not a regular file"));
}

TEST_F(Sources, AFileWithoutEndIsNotReadToItsEnd) {
  EXPECT_THAT(parse_run({"--config", file(std::string((1 << 20) + 1, '#'))}).error, HasSubstr("longer than 1 MiB"));
}

TEST_F(Sources, HelpComesBeforeABadFile) {
  EXPECT_THAT(parse_run({"--help", "--config", path()}).error, testing::Not(HasSubstr("ENOENT")));
}

TEST_F(Sources, TheEnvironmentAndTheFileHoldSeveralThresholds) {
  const testing::Matcher<const std::vector<model::Threshold>&> both =
      ElementsAre(Field(&model::Threshold::service, "world"), Field(&model::Threshold::service, ""));
  const std::string name = file("threshold = [\"world:rtt=150ms\", \"turnaround=50ms\"]\n");
  EXPECT_THAT(parse_run({"--config", name}).options.thresholds, both);
  environment("TICKWIRE_THRESHOLD", "world:rtt=150ms,turnaround=50ms");
  EXPECT_THAT(parse_run({}).options.thresholds, both);
}

TEST_F(Sources, TheEnvironmentAndTheFileHoldSeveralObjectives) {
  const testing::Matcher<const std::optional<std::vector<model::Slo>>&> both =
      testing::Optional(ElementsAre(Field(&model::Slo::service, "world"), Field(&model::Slo::service, "")));
  const std::string name = file("slo = [\"world:rtt=150ms\", \"jitter=50ms\"]\n");
  EXPECT_THAT(parse_run({"--config", name}).options.slos, both);
  environment("TICKWIRE_SLO", "world:rtt=150ms,jitter=50ms");
  EXPECT_THAT(parse_run({}).options.slos, both);
}

}  // namespace
}  // namespace tickwire::config
