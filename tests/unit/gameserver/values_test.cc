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
  WorldStats world;
  world.ticks.set(4);
  world.work_ns.set(10);
  world.players.set(5);
  world.recent_late_ns.note(8);
  world.recent_late_ns.note(3);
  FrontStats net;
  FrontStats websocket;
  net.leaves[static_cast<std::size_t>(Reason::kSlow)].set(2);
  websocket.leaves[static_cast<std::size_t>(Reason::kSlow)].set(1);
  websocket.evictions[static_cast<std::size_t>(Reason::kSlow)].set(1);
  websocket.joins[static_cast<std::size_t>(Transport::kWebSocket)].set(6);
  UdpStats udp;
  udp.errors[static_cast<std::size_t>(ParseError::kBadMagic)].set(3);
  const TcpStats tcp;
  const WebStats web;
  const std::vector<NamedQueueCounts> queues = {{.queue = "world_chat", .counts = {.dropped_oldest = 7, .high_water = 9}}};
  const StatsView view{.world = world, .fronts = {&net, &websocket}, .udp = udp, .tcp = tcp, .web = web, .queues = queues};
  const auto line = stats_line(view, "end", Nanoseconds(17));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["kind"], "end");
  EXPECT_EQ(json["time_unix_ns"], 17);
  EXPECT_EQ(json["players"], 5);
  EXPECT_EQ(json["mean_work_ns"], 2);
  EXPECT_EQ(json["worst_late_ns"], 8);
  EXPECT_EQ(json["joins"], 6);
  EXPECT_EQ(json["leaves"]["slow"], 3);
  EXPECT_EQ(json["leaves"]["idle"], 0);
  EXPECT_EQ(json["evictions"]["slow"], 1);
  EXPECT_EQ(json["udp"]["errors"]["magic"], 3);
  EXPECT_EQ(json["queues"]["world_chat"]["dropped_oldest"], 7);
  EXPECT_EQ(json["queues"]["world_chat"]["high_water"], 9);
}

TEST(Stats, SayTheWorstOfTheTimeSinceTheLineBefore) {
  WorldStats world;
  const FrontStats front;
  const UdpStats udp;
  const TcpStats tcp;
  const WebStats web;
  const StatsView view{.world = world, .fronts = {&front, &front}, .udp = udp, .tcp = tcp, .web = web, .queues = {}};
  world.recent_work_ns.note(8);
  EXPECT_EQ(nlohmann::json::parse(stats_line(view, "second", {}))["worst_work_ns"], 8);
  EXPECT_EQ(nlohmann::json::parse(stats_line(view, "second", {}))["worst_work_ns"], 0);
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
  EXPECT_EQ(parsed.options.http_port, 8080);
  EXPECT_EQ(parsed.options.metrics_port, std::nullopt);
  EXPECT_TRUE(parsed.options.guests);
  EXPECT_EQ(parsed.options.tick_rate_hz, 30U);
  EXPECT_EQ(parsed.options.echo_delay_ms, std::nullopt);
}

TEST(ServerOptions, RefuseARateOutOfRange) {
  EXPECT_EQ(server_options({"tickwire-gameserver", "--tick-rate", "0"}).exit_code, 2);
  EXPECT_EQ(server_options({"tickwire-gameserver", "--tick-rate", "1001"}).exit_code, 2);
  EXPECT_EQ(server_options({"tickwire-gameserver", "--tick-rate", "1000"}).exit_code, std::nullopt);
}

TEST(ServerOptions, WantABusAndAKeyForAModuleByItself) {
  EXPECT_EQ(server_options({"tickwire-gameserver", "--role", "world"}).exit_code, 2);
  EXPECT_EQ(server_options({"tickwire-gameserver", "--role", "world", "--bus", "bus"}).exit_code, 2);
  const auto parsed = server_options({"tickwire-gameserver", "--role", "world", "--bus", "bus", "--token-key", "key"});
  EXPECT_EQ(parsed.exit_code, std::nullopt);
  EXPECT_EQ(parsed.options.role, Role::kWorld);
  EXPECT_EQ(server_options({"tickwire-gameserver", "--role", "all"}).options.role, std::nullopt);
  EXPECT_EQ(server_options({"tickwire-gameserver", "--role", "shop"}).exit_code, 2);
  EXPECT_EQ(server_options({"tickwire-gameserver", "--bus", "bus"}).exit_code, 2);
}

TEST(ServerOptions, ReadLimitsAndOrigins) {
  const auto options = server_options({"tickwire-gameserver", "--max-per-address", "7", "--joins-per-address", "0", "--no-guests",
                                       "--origin", "https://a.example", "--origin", "https://b.example"})
                           .options;
  EXPECT_EQ(options.limits.most_connections, 7U);
  EXPECT_EQ(options.limits.joins_per_s, 0U);
  EXPECT_FALSE(options.guests);
  EXPECT_EQ(options.origins, (std::vector<std::string>{"https://a.example", "https://b.example"}));
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
