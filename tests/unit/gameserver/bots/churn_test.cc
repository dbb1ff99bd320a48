// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/churn.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "gameserver/bots/churn_visit.h"
#include "gameserver/bots/dictionary.h"
#include "gameserver/bots/raw_socket.h"
#include "gameserver/server/echo.h"
#include "gameserver/server/server.h"
#include "unit/gameserver/loopback.h"

namespace tickwire::game {
namespace {

template <typename Loop>
ChurnTarget target_of(const Running<Loop>& server, std::uint16_t http_port) {
  return {.udp = *Endpoint::resolve("127.0.0.1", server.udp_port()),
          .tcp = *Endpoint::resolve("127.0.0.1", server.tcp_port()),
          .http = *Endpoint::resolve("127.0.0.1", http_port),
          .source = {},
          .dictionary = *load_dictionary("")};
}

std::vector<VisitKind> all_kinds() {
  std::vector<VisitKind> kinds;
  for (const auto some : {player_visits(), udp_hostile_visits(), tcp_hostile_visits(), web_hostile_visits()}) {
    kinds.insert(kinds.end(), some.begin(), some.end());
  }
  return kinds;
}

// One visit of each kind, all at once: some take seconds.
std::vector<VisitResult> make_all(const std::vector<VisitKind>& kinds, const ChurnTarget& target) {
  std::vector<VisitResult> results(kinds.size());
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    threads.emplace_back([&, i] {
      std::mt19937_64 random(i);
      results[i] = kinds[i].make(target, random);
    });
  }
  threads.clear();
  return results;
}

TEST(ChurnVisits, GoAsTheProtocolSays) {
  const Running<Server> server({});
  const auto kinds = all_kinds();
  const auto results = make_all(kinds, target_of(server, server.http_port()));
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    ASSERT_TRUE(results[i]) << kinds[i].name << ": " << results[i].error();
    EXPECT_EQ(*results[i], VisitEnd::kAsExpected) << kinds[i].name;
  }
}

TEST(ChurnVisits, AreRefusedWhereThereIsNoRoom) {
  const Running<Server> server({.limits = {.most_connections = 1}});
  const auto target = target_of(server, server.http_port());
  const auto first = std::move(*RawSocket::connect(target.tcp, {}, SOCK_STREAM));
  for (const auto& kind : player_visits()) {
    std::mt19937_64 random(1);
    if (!kind.name.starts_with("tcp") && !kind.name.starts_with("udp")) continue;
    const auto result = kind.make(target, random);
    ASSERT_TRUE(result) << kind.name << ": " << result.error();
    EXPECT_EQ(*result, VisitEnd::kRefused) << kind.name;
  }
}

// The echo keeps to no protocol: it answers garbage with itself.
TEST(ChurnVisits, FindAServerThatDoesSomethingElse) {
  const Running<Echo> echo({.echo_delay_ms = 0});
  const auto target = target_of(echo, echo.tcp_port());
  std::vector<VisitKind> kinds = {udp_hostile_visits()[0], udp_hostile_visits()[1]};
  for (const auto& kind : tcp_hostile_visits()) {
    if (kind.name == "tcp_bad_frame" || kind.name == "tcp_input_first" || kind.name == "tcp_hello_twice") kinds.push_back(kind);
  }
  for (const auto& kind : player_visits()) {
    if (!kind.name.starts_with("ws")) kinds.push_back(kind);
  }
  const auto results = make_all(kinds, target);
  for (std::size_t i = 0; i < kinds.size(); ++i) EXPECT_FALSE(results[i]) << kinds[i].name;
  EXPECT_EQ(results[0].error(), "garbage was answered");
  EXPECT_EQ(results[1].error(), "an address that was not proven got more than a welcome and its end");
  EXPECT_EQ(results[2].error(), "the connection did not end");
}

TEST(Churn, CountsWhatItsVisitorsDid) {
  const Running<Server> server({});
  const UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  const auto outcome = run_churn({.server = "127.0.0.1",
                                  .udp_port = server.udp_port(),
                                  .tcp_port = server.tcp_port(),
                                  .ws_port = server.http_port(),
                                  .duration_s = 1,
                                  .churn = 30},
                                 stop.fd());
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_TRUE(all_as_expected(*outcome)) << churn_table(*outcome);
  EXPECT_FALSE(outcome->kinds.empty());
  const auto document = nlohmann::json::parse(churn_json(*outcome));
  EXPECT_EQ(document["visits"].size(), outcome->kinds.size());
  for (const auto& [name, counts] : outcome->kinds) {
    EXPECT_EQ(document["visits"][name]["as_expected"], counts.as_expected);
    EXPECT_GE(counts.as_expected + counts.refused, 1U) << name;
  }
}

TEST(Churn, FailsWithAFaultOrWithoutAVisit) {
  EXPECT_FALSE(all_as_expected({}));
  EXPECT_FALSE(all_as_expected({.kinds = {{"a", {.refused = 1}}}}));
  EXPECT_TRUE(all_as_expected({.kinds = {{"a", {.as_expected = 1, .refused = 1}}}}));
  EXPECT_FALSE(all_as_expected({.kinds = {{"a", {.as_expected = 1}}, {"b", {.unexpected = 1, .first_fault = "x"}}}}));
}

TEST(Churn, SaysThatANameMeansNothing) {
  const auto outcome = run_churn({.server = "2001:db8::nothing", .churn = 1}, -1);
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(outcome.error().starts_with("resolve 2001:db8::nothing: "));
}

}  // namespace
}  // namespace tickwire::game
