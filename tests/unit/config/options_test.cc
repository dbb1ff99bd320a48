// SPDX-License-Identifier: Apache-2.0
#include "config/options.h"

#include <gmock/gmock.h>

#include "unit/config/command_line.h"
#include "unit/config/param_name.h"

namespace tickwire::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(RunOptions, HaveTheirDefaultsWithoutFlags) {
  const Parsed parsed = parse_run({});
  EXPECT_EQ(parsed.error, "");
  EXPECT_THAT(parsed.options.interfaces, IsEmpty());
  EXPECT_THAT(parsed.options.services, IsEmpty());
  EXPECT_THAT(parsed.options.rules, IsEmpty());
  EXPECT_EQ(parsed.options.max_connections, 16384U);
  EXPECT_EQ(parsed.options.max_services, 64U);
  EXPECT_EQ(parsed.options.listen, "127.0.0.1:19435");
  EXPECT_EQ(parsed.options.api_socket, "/run/tickwire/api.sock");
  EXPECT_EQ(parsed.options.interval, seconds(1));
  EXPECT_EQ(parsed.options.udp_idle, seconds(30));
  EXPECT_EQ(parsed.options.connection_series, 1000U);
  EXPECT_TRUE(parsed.options.stages);
  EXPECT_EQ(parsed.options.cgroup, "");
  EXPECT_TRUE(parsed.options.ticks);
  EXPECT_FALSE(parsed.options.expose_connections);
}

// The help text repeats the defaults by hand: what it says must be what they are.
TEST(RunOptions, AreTheSameWhenTheDefaultsOfTheHelpTextAreGiven) {
  const RunOptions given = parse_run({"--max-connections",
                                      "16384",
                                      "--max-services",
                                      "64",
                                      "--listen",
                                      "127.0.0.1:19435",
                                      "--api-socket",
                                      "/run/tickwire/api.sock",
                                      "--interval",
                                      "1s",
                                      "--udp-idle-timeout",
                                      "30s",
                                      "--arrival",
                                      "auto",
                                      "--departure",
                                      "auto",
                                      "--tcp-state",
                                      "auto",
                                      "--tcp-write",
                                      "auto",
                                      "--no-stages=off",
                                      "--no-ticks=off",
                                      "--expose-connections=off",
                                      "--connection-series",
                                      "1000",
                                      "--log-level",
                                      "info"})
                               .options;
  const RunOptions defaults;
  EXPECT_EQ(given.max_connections, defaults.max_connections);
  EXPECT_EQ(given.max_services, defaults.max_services);
  EXPECT_EQ(given.listen, defaults.listen);
  EXPECT_EQ(given.api_socket, defaults.api_socket);
  EXPECT_EQ(given.interval, defaults.interval);
  EXPECT_EQ(given.udp_idle, defaults.udp_idle);
  EXPECT_EQ(given.arrival, defaults.arrival);
  EXPECT_EQ(given.departure, defaults.departure);
  EXPECT_EQ(given.tcp_state, defaults.tcp_state);
  EXPECT_EQ(given.tcp_write, defaults.tcp_write);
  EXPECT_EQ(given.stages, defaults.stages);
  EXPECT_EQ(given.ticks, defaults.ticks);
  EXPECT_EQ(given.expose_connections, defaults.expose_connections);
  EXPECT_EQ(given.connection_series, defaults.connection_series);
  EXPECT_EQ(given.log_level, defaults.log_level);
}

TEST(RunOptions, TakeEveryFlag) {
  const Parsed parsed = parse_run({"--interface",
                                   "eth0",
                                   "--interface",
                                   "/veth.*/",
                                   "--service",
                                   "world=udp/7777",
                                   "--service",
                                   "tcp/9000",
                                   "--rule",
                                   "world: token=64:16 echo=80:16 delay=128:16:32us",
                                   "--max-connections",
                                   "64",
                                   "--max-services",
                                   "1024",
                                   "--listen",
                                   "[2001:db8::1]:9435",
                                   "--api-socket",
                                   "a.sock",
                                   "--interval",
                                   "50ms",
                                   "--udp-idle-timeout",
                                   "1h",
                                   "--arrival",
                                   "native",
                                   "--departure",
                                   "clsact",
                                   "--tcp-state",
                                   "kprobe",
                                   "--tcp-write",
                                   "egress",
                                   "--no-stages",
                                   "--cgroup",
                                   "/sys/fs/cgroup",
                                   "--no-ticks",
                                   "--expose-connections",
                                   "--connection-series",
                                   "0",
                                   "--log-level",
                                   "error"});
  const RunOptions& options = parsed.options;
  const model::Rule world{
      .service = "world",
      .magic = {},
      .token = {model::RuleField{.offset_bits = 64, .width_bits = 16}, model::RuleField{.offset_bits = 64, .width_bits = 16}},
      .echo = {model::RuleField{.offset_bits = 80, .width_bits = 16}, model::RuleField{.offset_bits = 80, .width_bits = 16}},
      .sequence = {},
      .delay = model::Rule::Delay{.field = {.offset_bits = 128, .width_bits = 16}, .unit = std::chrono::microseconds(32)},
      .frame = {}};
  EXPECT_EQ(parsed.error, "");
  EXPECT_THAT(options.interfaces, ElementsAre("eth0", "/veth.*/"));
  EXPECT_THAT(options.services, ElementsAre(model::ServiceId{"world", model::Protocol::kUdp, 7777},
                                            model::ServiceId{"tcp-9000", model::Protocol::kTcp, 9000}));
  EXPECT_THAT(options.rules, ElementsAre(world));
  EXPECT_EQ(options.max_connections, 64U);
  EXPECT_EQ(options.max_services, 1024U);
  EXPECT_EQ(options.listen, "[2001:db8::1]:9435");
  EXPECT_EQ(options.api_socket, "a.sock");
  EXPECT_EQ(options.interval, milliseconds(50));
  EXPECT_EQ(options.udp_idle, std::chrono::hours(1));
  EXPECT_EQ(options.arrival, Arrival::kXdpNative);
  EXPECT_EQ(options.departure, Departure::kClsact);
  EXPECT_EQ(options.tcp_state, TcpStateHook::kKprobe);
  EXPECT_EQ(options.tcp_write, TcpWriteHook::kEgress);
  EXPECT_FALSE(options.stages);
  EXPECT_EQ(options.cgroup, "/sys/fs/cgroup");
  EXPECT_FALSE(options.ticks);
  EXPECT_TRUE(options.expose_connections);
  EXPECT_EQ(options.connection_series, 0U);
  EXPECT_EQ(options.log_level, LogLevel::kError);
}

TEST(RunOptions, TakeNoneForNoTcpListener) { EXPECT_EQ(parse_run({"--listen", "none"}).options.listen, ""); }

TEST(RunOptions, TakeAnEmptyAddressForNoTcpListener) { EXPECT_EQ(parse_run({"--listen", ""}).options.listen, ""); }

struct BadFlag {
  std::vector<std::string> arguments;
  std::string error;  // a part of it
};

class BadFlags : public testing::TestWithParam<BadFlag> {};

TEST_P(BadFlags, AreRefusedWithWhatIsAllowed) { EXPECT_THAT(parse_run(GetParam().arguments).error, HasSubstr(GetParam().error)); }

INSTANTIATE_TEST_SUITE_P(
    RunOptions, BadFlags,
    testing::Values(
        BadFlag{{"--max-connections", "63"}, "--max-connections: 63 is not between 64 and 4194304"},
        BadFlag{{"--max-connections", "4194305"}, "4194305 is not between 64 and 4194304"},
        BadFlag{{"--max-connections", "1e3"}, "--max-connections: \"1e3\" is not a whole number"},
        BadFlag{{"--max-connections", "64", "--max-connections", "65"}, "--max-connections"},
        BadFlag{{"--max-services", "0"}, "--max-services: 0 is not between 1 and 1024"},
        BadFlag{{"--max-services", "1025"}, "1025 is not between 1 and 1024"},
        BadFlag{{"--connection-series", "100001"}, "100001 is not between 0 and 100000"},
        BadFlag{{"--interval", "49ms"}, "--interval: '49ms' is not between 50.0ms and 60.0s"},
        BadFlag{{"--interval", "61s"}, "--interval: '61s' is not between"},
        BadFlag{{"--interval", "1"}, "--interval: duration \"1\""},
        BadFlag{{"--udp-idle-timeout", "999ms"}, "--udp-idle-timeout: '999ms' is not between 1.00s and"},
        BadFlag{{"--arrival", "fast"}, "--arrival: 'fast' is none of auto, native, generic, tcx, clsact"},
        BadFlag{{"--departure", "native"}, "--departure: 'native' is none of auto, tcx, clsact"},
        BadFlag{{"--tcp-state", "on"}, "--tcp-state: 'on' is none of auto, fentry, kprobe, tracepoint, none"},
        BadFlag{{"--tcp-write", "xdp"}, "--tcp-write: 'xdp' is none of auto, tracepoint, fentry, kprobe, egress, none"},
        BadFlag{{"--log-level", "loud"}, "--log-level: 'loud' is none of debug, info, warn, error"},
        BadFlag{{"--no-stages=maybe"}, "--no-stages: 'maybe' is none of true, false"},
        BadFlag{{"--cgroup", "fs/cgroup"}, "cgroup 'fs/cgroup': an absolute path is wanted"},
        BadFlag{{"--no-ticks=never"}, "--no-ticks: 'never' is none of true, false"},
        BadFlag{{"--expose-connections=maybe"}, "--expose-connections: 'maybe' is none of true, false"},
        BadFlag{{"--service", "world=sctp/7777"}, "--service: "}, BadFlag{{"--service", ""}, "--service: "},
        BadFlag{{"--rule", ""}, "--rule: "}, BadFlag{{"--rule", "world: token=64:16"}, "--rule: "},
        BadFlag{{"--rule", "world: token=64:16 echo=80:16"}, "rule 'world': no service is named"},
        BadFlag{{"--no-such-flag"}, "--no-such-flag"}, BadFlag{{"eth0"}, "eth0"},
        BadFlag{{"--interface", "/(/"}, "interface '/(/': not a regular expression"},
        BadFlag{{"--interface", "/" + std::string(300, 'a') + "/"}, "longer than 256"},
        BadFlag{{"--interface", "an-interface-of-20-c"}, "interface 'an-interface-of-20-c': not an interface's name"},
        BadFlag{{"--interface", "a/b"}, "interface 'a/b'"}, BadFlag{{"--interface", ""}, "interface ''"},
        BadFlag{{"--service", "a=udp/1", "--service", "b=udp/1"}, "service udp/1 is given twice"},
        BadFlag{{"--max-services", "1", "--service", "udp/1", "--service", "udp/2"}, "2 services are given, max-services is 1"},
        BadFlag{{"--interval", "10s", "--udp-idle-timeout", "5s"}, "udp-idle-timeout 5.00s is shorter than interval 10.0s"},
        BadFlag{{"--listen", "127.0.0.1"}, "listen '127.0.0.1': host:port, [v6]:port or :port is wanted"},
        BadFlag{{"--api-socket", std::string(108, 'a')}, "a path of 1 .. 107 bytes is wanted"},
        BadFlag{{"--api-socket", ""}, "api-socket ''"}),
    [](const auto& flag) {
      std::string text;
      for (const std::string& argument : flag.param.arguments) text += argument;
      return param_name(flag.index, text);
    });

TEST(RunOptions, TakeOneServiceOfEachProtocolOnAPort) {
  EXPECT_EQ(parse_run({"--service", "a=udp/1", "--service", "b=tcp/1"}).error, "");
}

TEST(RunOptions, TakeASocketPathOf107Bytes) { EXPECT_EQ(parse_run({"--api-socket", std::string(107, 'a')}).error, ""); }

TEST(ParseListen, TakesAHostAndAPort) {
  const auto address = parse_listen("node-1.example:0");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "node-1.example");
  EXPECT_EQ(address->port, 0);
}

TEST(ParseListen, TakesTheBracketsOffAnIpv6Address) {
  const auto address = parse_listen("[2001:db8::1]:65535");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "2001:db8::1");
  EXPECT_EQ(address->port, 65535);
}

TEST(ParseListen, TakesAPortAloneForAllAddresses) {
  const auto address = parse_listen(":80");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "");
  EXPECT_EQ(address->port, 80);
}

class BadListen : public testing::TestWithParam<const char*> {};

TEST_P(BadListen, IsAUsageError) {
  const auto address = parse_listen(GetParam());
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error().failure, Failure::kUsage);
  EXPECT_THAT(address.error().message, StartsWith("listen '"));
}

INSTANTIATE_TEST_SUITE_P(ParseListen, BadListen,
                         testing::Values("", ":", "80", "host:", "host:65536", "host:-1", "host:80x", "2001:db8::1:80",
                                         "[2001:db8::1]", "[]:80", "[host]:80", "[::1:80", "::1]:80", "a b:80", "a/b:80",
                                         "host:80\n"),
                         [](const auto& text) { return param_name(text.index, text.param); });

}  // namespace
}  // namespace tickwire::config
