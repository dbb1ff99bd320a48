// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "model/query.h"

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

using Parameters = std::vector<std::pair<std::string, std::string>>;

ConnectionQuery parsed(const Parameters& parameters) { return ConnectionQuery::parse(parameters).value(); }

Error refusal(const Parameters& parameters) { return ConnectionQuery::parse(parameters).error(); }

TEST(ConnectionQuery, AsksForEverythingByDefault) {
  const ConnectionQuery query = parsed({});
  EXPECT_EQ(query.service, std::nullopt);
  EXPECT_EQ(query.state, std::nullopt);
  EXPECT_EQ(query.limit, std::nullopt);
  EXPECT_EQ(query.window, Window::kAll);
  EXPECT_EQ(query.sort, SortKey::kRttP99);
  EXPECT_TRUE(query.descending);
}

TEST(ConnectionQuery, ReadsEveryParameter) {
  const ConnectionQuery query = parsed({{"service", "world"},
                                        {"port", "7777"},
                                        {"remote", "192.0.2.0/24"},
                                        {"proto", "udp"},
                                        {"state", "active"},
                                        {"min_rtt", "80ms"},
                                        {"min_turnaround", "1.5ms"},
                                        {"sort", "age"},
                                        {"limit", "20"},
                                        {"window", "10s"}});
  EXPECT_EQ(query.service, "world");
  EXPECT_EQ(query.port, 7777);
  EXPECT_EQ(query.remote, Cidr::parse("192.0.2.0/24"));
  EXPECT_EQ(query.protocol, Protocol::kUdp);
  EXPECT_EQ(query.state, ConnectionState::kActive);
  EXPECT_EQ(query.min_rtt, 80ms);
  EXPECT_EQ(query.min_turnaround, 1500us);
  EXPECT_EQ(query.sort, SortKey::kAge);
  EXPECT_FALSE(query.descending);
  EXPECT_EQ(query.limit, 20U);
  EXPECT_EQ(query.window, Window::k10s);
}

TEST(ConnectionQuery, SortsTheGreatestFirstAfterAMinus) {
  EXPECT_EQ(parsed({{"sort", "-bytes"}}).sort, SortKey::kBytes);
  EXPECT_TRUE(parsed({{"sort", "-bytes"}}).descending);
}

TEST(ConnectionQuery, TakesEverySortKeyThatItNames) {
  const auto names = sort_key_names();
  EXPECT_EQ(names.size(), 18U);
  for (const std::string_view name : names) EXPECT_TRUE(ConnectionQuery::parse({{"sort", std::string(name)}})) << name;
}

TEST(ConnectionQuery, RefusesAnUnknownParameterAndSaysWhichThereAre) {
  EXPECT_EQ(
      refusal({{"color", "red"}}),
      (Error{Failure::kUsage, "\"color\" is not a parameter",
             "one of service, port, remote, proto, state, min_rtt, min_turnaround, min_wait, over_slo, sort, limit, window"}));
}

TEST(ConnectionQuery, RefusesARepeatedParameter) {
  EXPECT_EQ(refusal({{"port", "1"}, {"port", "1"}}), (Error{Failure::kUsage, "port is given twice", ""}));
}

TEST(ConnectionQuery, RefusesAnUnknownStateAndSaysWhichThereAre) {
  const Error error = refusal({{"state", "open"}});
  EXPECT_EQ(error.message, "state: \"open\" is not a state");
  EXPECT_EQ(error.hint,
            "one of syn_sent, new_syn_recv, syn_recv, established, active, fin_wait1, fin_wait2, close_wait, closing, last_ack, "
            "time_wait, closed");
}

TEST(ConnectionQuery, RefusesAnUnknownSortKeyAndSaysWhichThereAre) {
  const Error error = refusal({{"sort", "-rtt"}});
  EXPECT_EQ(error.message, "sort: \"rtt\" is not a key to sort by");
  EXPECT_EQ(error.hint,
            "one of id, age, service, remote, state, rtt_p50, rtt_p99, rtt_min, turnaround_p50, turnaround_p99, wait, app, "
            "jitter, jitter_in, jitter_out, packets, bytes, retransmissions; with - in front, the greatest first");
}

TEST(ConnectionQuery, RefusesAnUnknownWindowAndSaysWhichThereAre) {
  EXPECT_EQ(refusal({{"window", "2m"}}), (Error{Failure::kUsage, "window: \"2m\" is not a window", "one of 10s, 1m, 5m, all"}));
}

TEST(ConnectionQuery, RefusesAnUnknownProtocol) {
  EXPECT_EQ(refusal({{"proto", "icmp"}}), (Error{Failure::kUsage, "proto: \"icmp\" is not a protocol", "one of tcp, udp"}));
}

TEST(ConnectionQuery, RefusesBadValuesOfEveryParameter) {
  for (const auto& [name, value] : Parameters{{"service", ""},
                                              {"port", "0"},
                                              {"port", "65536"},
                                              {"port", "world"},
                                              {"remote", "192.0.2.0/33"},
                                              {"proto", ""},
                                              {"state", ""},
                                              {"state", "none"},
                                              {"min_rtt", "80"},
                                              {"min_turnaround", "-1ms"},
                                              {"sort", ""},
                                              {"sort", "--age"},
                                              {"limit", "0"},
                                              {"limit", "-1"},
                                              {"window", ""},
                                              {"window", "2m"}}) {
    const auto query = ConnectionQuery::parse({{name, value}});
    ASSERT_FALSE(query) << name << '=' << value;
    EXPECT_EQ(query.error().failure, Failure::kUsage);
    EXPECT_TRUE(query.error().message.starts_with(name + ": ")) << query.error().message;
  }
}

}  // namespace
}  // namespace tickwire::model
