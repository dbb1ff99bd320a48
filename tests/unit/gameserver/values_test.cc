// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gameserver/common/endpoint.h"
#include "gameserver/server/options.h"
#include "gameserver/server/stats.h"

namespace tickwire::game {
namespace {

TEST(Endpoint, WritesBothFamilies) {
  EXPECT_EQ(Endpoint::resolve("192.0.2.1", 4000)->text(), "192.0.2.1:4000");
  EXPECT_EQ(Endpoint::resolve("2001:db8::1", 7777)->text(), "[2001:db8::1]:7777");
}

TEST(Endpoint, WritesAMappedAddressAsIpv4) { EXPECT_EQ(Endpoint::resolve("::ffff:192.0.2.1", 4000)->text(), "192.0.2.1:4000"); }

TEST(Endpoint, WritesADashWhenItIsEmpty) { EXPECT_EQ(Endpoint{}.text(), "-"); }

TEST(Endpoint, ComparesAddressAndPort) {
  const auto endpoint = *Endpoint::resolve("192.0.2.1", 4000);
  EXPECT_EQ(endpoint, *Endpoint::resolve("192.0.2.1", 4000));
  EXPECT_NE(endpoint, *Endpoint::resolve("192.0.2.1", 4001));
  EXPECT_NE(endpoint, *Endpoint::resolve("192.0.2.2", 4000));
  EXPECT_EQ(std::hash<Endpoint>{}(endpoint), std::hash<Endpoint>{}(*Endpoint::resolve("192.0.2.1", 4000)));
}

TEST(Endpoint, NamesAHostThatCannotBeResolved) {
  const auto endpoint = Endpoint::resolve("2001:db8::nothing", 1);
  ASSERT_FALSE(endpoint);
  EXPECT_TRUE(endpoint.error().starts_with("resolve 2001:db8::nothing: ")) << endpoint.error();
}

TEST(Stats, WritesOneJsonLine) {
  ServerStats stats;
  stats.ticks = 4;
  stats.work_sum = Nanoseconds(10);
  stats.leaves[static_cast<std::size_t>(Reason::kSlow)] = 2;
  stats.udp_errors[static_cast<std::size_t>(ParseError::kBadMagic)] = 3;
  const auto line = stats_line(stats, "end", Nanoseconds(17), 5);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["kind"], "end");
  EXPECT_EQ(json["time_unix_ns"], 17);
  EXPECT_EQ(json["players"], 5);
  EXPECT_EQ(json["mean_work_ns"], 2);
  EXPECT_EQ(json["leaves"]["slow"], 2);
  EXPECT_EQ(json["leaves"]["idle"], 0);
  EXPECT_EQ(json["udp"]["errors"]["magic"], 3);
}

template <std::size_t count>
ParsedServerOptions server_options(const char* const (&arguments)[count]) {
  return parse_server_options(static_cast<int>(count), arguments);
}

TEST(ServerOptions, HaveTheDocumentedDefaults) {
  const auto parsed = server_options({"tickwire-gameserver"});
  EXPECT_EQ(parsed.exit_code, std::nullopt);
  EXPECT_EQ(parsed.options.udp_port, 7777);
  EXPECT_EQ(parsed.options.tcp_port, 9000);
  EXPECT_EQ(parsed.options.tick_rate_hz, 30U);
  EXPECT_EQ(parsed.options.echo_delay_ms, std::nullopt);
}

TEST(ServerOptions, RefuseARateOutOfRange) {
  EXPECT_EQ(server_options({"tickwire-gameserver", "--tick-rate", "0"}).exit_code, 2);
  EXPECT_EQ(server_options({"tickwire-gameserver", "--tick-rate", "1001"}).exit_code, 2);
  EXPECT_EQ(server_options({"tickwire-gameserver", "--tick-rate", "1000"}).exit_code, std::nullopt);
}

TEST(ServerOptions, RefuseALogWithoutAnEcho) {
  EXPECT_EQ(server_options({"tickwire-gameserver", "--log", "-"}).exit_code, 2);
  EXPECT_EQ(server_options({"tickwire-gameserver", "--log", "-", "--echo-delay", "2.5"}).options.echo_delay_ms, 2.5);
}

TEST(ServerOptions, ReadTheAckMode) {
  EXPECT_EQ(server_options({"tickwire-gameserver", "--echo-delay", "1", "--ack", "delayed"}).options.echo_ack, AckMode::kDelayed);
  EXPECT_EQ(server_options({"tickwire-gameserver", "--echo-delay", "1", "--ack", "never"}).exit_code, 2);
}

}  // namespace
}  // namespace tickwire::game
