// SPDX-License-Identifier: Apache-2.0
// The server's modules together: in one process, and each by itself with a bus between them.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "gameserver/bots/runner.h"
#include "gameserver/server/server.h"
#include "loopback.h"
#include "unit/gameserver/bus/eventually.h"

namespace tickwire::game {
namespace {

// A folder of its own for one test.
class Folder {
 public:
  Folder() : path_(std::filesystem::path(testing::TempDir()) / ("modules" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    const auto path = file(name);
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0600);
    return path;
  }
  [[nodiscard]] std::string key() const { return write("token.key", std::string(32, 'k')); }

 private:
  std::filesystem::path path_;
};

// What a request is answered with, headers included. target: "GET /metrics".
std::string http(std::uint16_t port, const std::string& target, const std::string& body = "") {
  const RawClient client(SOCK_STREAM, port);
  auto request = target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
  if (!body.empty()) {
    request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  request += "\r\n" + body;
  const auto bytes = std::as_bytes(std::span(request));
  client.send({bytes.begin(), bytes.end()});
  std::string answer;
  for (const auto byte : client.receive_all()) answer.push_back(static_cast<char>(byte));
  return answer;
}

// The value of a series in a scrape; nothing: there is no such series.
std::optional<double> metric(std::uint16_t port, const std::string& series) {
  const auto text = http(port, "GET /metrics");
  const auto at = text.find("\n" + series + " ");
  if (at == std::string::npos) return std::nullopt;
  return std::stod(text.substr(at + series.size() + 2));
}

template <typename Loop>
std::string url_of(const Running<Loop>& server) {
  return "http://127.0.0.1:" + std::to_string(server.http_port());
}

// Four players, a match, who log in, find each other and play for a second; their failures.
std::vector<std::string> play_with_tickets(BotOptions options) {
  options.udp_count = 2;
  options.tcp_count = 2;
  options.duration_s = 1;
  auto runner = std::move(*Runner::open(options));
  const UniqueFd never(::eventfd(0, EFD_CLOEXEC));
  runner->run(never.fd());
  std::vector<std::string> failures;
  for (const auto& bot : runner->bots()) {
    const auto& player = bot.carrier->player();
    if (!player.has_played()) failures.push_back(player.failure());
  }
  return failures;
}

TEST(Modules, LetNobodyPlayWithoutATicketWhenTheyAreToldTo) {
  Running<Server> server({.guests = false});
  const RawClient guest(SOCK_STREAM, server.tcp_port());
  guest.send(framed({.header = {.seq = 1}, .body = Hello{.nonce = 1}}));
  EXPECT_EQ(farewell(guest), Reason::kNoGuests);
  EXPECT_EQ(play_with_tickets({.udp_port = server.udp_port(), .tcp_port = server.tcp_port(), .login_url = url_of(server)}),
            std::vector<std::string>{});
  EXPECT_TRUE(eventually([&] { return metric(server.http_port(), "game_store_rows_total") == 8; }));
}

TEST(Modules, PlayTogetherFromProcessesOfTheirOwn) {
  const Folder folder;
  const ServerOptions options{.guests = false, .bus_directory = folder.file("bus"), .token_key_path = folder.key()};
  const auto of_role = [&options](Role role) {
    auto copy = options;
    copy.role = role;
    return copy;
  };
  Running<Server> auth(of_role(Role::kAuth));
  Running<Server> match(of_role(Role::kMatch));
  Running<Server> world(of_role(Role::kWorld));
  EXPECT_EQ(auth.udp_port(), 0U);
  EXPECT_EQ(
      play_with_tickets(
          {.udp_port = world.udp_port(), .tcp_port = world.tcp_port(), .login_url = url_of(auth), .match_url = url_of(match)}),
      std::vector<std::string>{});
  // Four accounts, and the results of the players who left: the world is another process.
  EXPECT_TRUE(eventually([&] { return metric(auth.http_port(), "game_store_rows_total") == 8; }));
}

TEST(Modules, KeepAccountsInTheDatabase) {
  const Folder folder;
  const std::string account = R"({"name":"ann","password":"correct horse"})";
  {
    Running<Server> server({.database = folder.file("game.db")});
    EXPECT_TRUE(http(server.http_port(), "POST /register", account).starts_with("HTTP/1.1 201 "));
    EXPECT_TRUE(http(server.http_port(), "POST /register", account).starts_with("HTTP/1.1 409 "));
  }
  Running<Server> again({.database = folder.file("game.db")});
  EXPECT_TRUE(http(again.http_port(), "POST /register", account).starts_with("HTTP/1.1 409 "));
  EXPECT_TRUE(http(again.http_port(), "POST /login", account).starts_with("HTTP/1.1 200 "));
}

TEST(Metrics, AreForTheMachineItselfOnTheHttpPort) {
  Running<Server> server({});
  const auto port = server.http_port();
  EXPECT_TRUE(http(port, "GET /metrics").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(metric(port, "game_players{transport=\"udp\"}"), 0);
  EXPECT_EQ(metric(port, "game_evictions_total{reason=\"slow\"}"), 0);
  EXPECT_EQ(metric(port, "game_queue_depth_items{queue=\"world_control\"}"), 0);
  EXPECT_TRUE(eventually([&] { return metric(port, "game_ticks_total") > 1; }));
  EXPECT_TRUE(metric(port, "game_tick_lateness_seconds_count"));
  EXPECT_TRUE(metric(port, "game_tick_work_seconds_bucket{le=\"0.1\"}"));
}

TEST(Metrics, AreNowhereWhenTheyAreSwitchedOff) {
  Running<Server> server({.metrics_port = 0});
  EXPECT_TRUE(http(server.http_port(), "GET /metrics").starts_with("HTTP/1.1 404 "));
}

TEST(Reload, TakesAGoodResourceAndKeepsTheOldOneOfABadOne) {
  const Folder folder;
  const auto directory = folder.file("resources");
  std::filesystem::create_directory(directory);
  Running<Server> server({.resources_directory = directory});
  const auto port = server.http_port();
  const auto info = [port] {
    const auto text = http(port, "GET /metrics");
    const auto at = text.find("game_resource_info{name=\"world.json\"");
    return text.substr(at, text.find('\n', at) - at);
  };
  const auto original = info();
  EXPECT_NE(original.find("origin=\"default\""), std::string::npos);
  static_cast<void>(folder.write("resources/world.json", R"({"full_hp": 0})"));
  server.reload();
  EXPECT_TRUE(eventually([&] { return metric(port, "game_resource_reloads_total{outcome=\"failed\"}") == 1; }));
  EXPECT_EQ(info(), original);
  static_cast<void>(folder.write("resources/world.json", R"({"full_hp": 50})"));
  server.reload();
  EXPECT_TRUE(eventually([&] { return info() != original; }));
  EXPECT_NE(info().find("origin=\"override\""), std::string::npos);
}

TEST(Server, SaysWhichResourceIsBad) {
  const Folder folder;
  const auto directory = folder.file("resources");
  std::filesystem::create_directory(directory);
  static_cast<void>(folder.write("resources/world.json", "{"));
  const auto server =
      Server::open({.bind = "127.0.0.1", .udp_port = 0, .tcp_port = 0, .http_port = 0, .resources_directory = directory});
  ASSERT_FALSE(server);
  EXPECT_TRUE(server.error().starts_with("world.json: ")) << server.error();
}

TEST(Server, SaysThatItsDatabaseCannotBeOpened) {
  const auto server =
      Server::open({.bind = "127.0.0.1", .udp_port = 0, .tcp_port = 0, .http_port = 0, .database = "/nowhere/game.db"});
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().find("/nowhere/game.db"), std::string::npos) << server.error();
}

}  // namespace
}  // namespace tickwire::game
