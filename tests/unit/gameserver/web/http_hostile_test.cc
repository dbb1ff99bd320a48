// SPDX-License-Identifier: Apache-2.0
#include "running_gateway.h"
#include "web_client.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;

std::vector<HttpRoute> routes() {
  const auto answer = [](const HttpRequest& request, HttpReply reply) { reply({.status = 200, .body = request.body}); };
  return {{.method = HttpMethod::kGet, .path = "/", .handler = answer},
          {.method = HttpMethod::kPost, .path = "/", .handler = answer}};
}

// The answer to these bytes; the connection must end behind it.
int last_status(const RunningGateway& gateway, std::string_view bytes) {
  WebClient client(gateway.port());
  client.send(bytes);
  const int status = client.answer().status;
  EXPECT_TRUE(client.ended()) << bytes;
  return status;
}

TEST(WebHostileHttp, RefusesWhatIsNotHttp) {
  RunningGateway gateway(test_options(), routes());
  EXPECT_EQ(last_status(gateway, std::string("\0\1\2\3\r\n\r\n", 8)), 400);
  EXPECT_EQ(last_status(gateway, "GET / HTTP/2.0\r\nHost: 192.0.2.1\r\n\r\n"), 400);
  EXPECT_EQ(last_status(gateway, "GET /\r\n\r\n"), 400);
  EXPECT_EQ(last_status(gateway, "GET / HTTP/1.1\r\nHost : 192.0.2.1\r\n\r\n"), 400);
  EXPECT_EQ(gateway.stats().bad_requests.value(), 4U);
}

TEST(WebHostileHttp, WantsOneHost) {
  RunningGateway gateway(test_options(), routes());
  EXPECT_EQ(last_status(gateway, "GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(last_status(gateway, "GET / HTTP/1.1\r\nHost: 192.0.2.1\r\nHost: 192.0.2.2\r\n\r\n"), 400);
}

TEST(WebHostileHttp, RefusesALengthThatIsNotOne) {
  RunningGateway gateway(test_options(), routes());
  const std::string begin = "POST / HTTP/1.1\r\nHost: 192.0.2.1\r\n";
  EXPECT_EQ(last_status(gateway, begin + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(last_status(gateway, begin + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx"), 400);
  EXPECT_EQ(last_status(gateway, begin + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(last_status(gateway, begin + "Transfer-Encoding: chunked\r\n\r\nno number\r\n"), 400);
}

TEST(WebHostileHttp, RefusesATargetThatIsNoPath) {
  RunningGateway gateway(test_options(), routes());
  WebClient client(gateway.port());
  EXPECT_EQ(client.ask("OPTIONS * HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n").status, 400);
  EXPECT_EQ(client.ask("CONNECT 192.0.2.9:80 HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n").status, 400);
}

TEST(WebHostileHttp, TakesAHeaderOf8KiBAndNoMore) {
  RunningGateway gateway(test_options(), routes());
  const std::string begin = "GET / HTTP/1.1\r\nHost: 192.0.2.1\r\nX: ";
  const auto of_size = [&](std::size_t size) { return begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n"; };
  WebClient client(gateway.port());
  EXPECT_EQ(client.ask(of_size(8 * 1024)).status, 200);
  EXPECT_EQ(client.ask(of_size(8 * 1024 + 1)).status, 431);
  EXPECT_TRUE(client.ended());
}

TEST(WebHostileHttp, TakesABodyOf4KiBAndNoMore) {
  RunningGateway gateway(test_options(), routes());
  const auto of_size = [](std::size_t size) {
    return "POST / HTTP/1.1\r\nHost: 192.0.2.1\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x');
  };
  WebClient client(gateway.port());
  EXPECT_EQ(client.ask(of_size(4 * 1024)).body.size(), 4U * 1024);
  EXPECT_EQ(client.ask(of_size(4 * 1024 + 1)).status, 413);
  EXPECT_TRUE(client.ended());
}

TEST(WebHostileHttp, RefusesALargeBodyBeforeItComes) {
  RunningGateway gateway(test_options(), routes());
  EXPECT_EQ(
      last_status(gateway, "POST / HTTP/1.1\r\nHost: 192.0.2.1\r\nContent-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n"),
      413);
  EXPECT_EQ(last_status(gateway, "POST / HTTP/1.1\r\nHost: 192.0.2.1\r\nTransfer-Encoding: chunked\r\n\r\n2000\r\n" +
                                     std::string(8192, 'x')),
            413);
}

// Sends until the gateway closes; 64 MiB would be a gateway that reads for ever.
void flood(WebClient& client, std::string_view begin, std::string_view part) {
  client.send(begin);
  for (std::size_t sent = 0; sent < 64 * 1024 * 1024; sent += part.size()) {
    if (!client.send(part)) return;
  }
  ADD_FAILURE() << "the gateway read 64 MiB";
}

TEST(WebHostileHttp, EndsAnEndlessHeader) {
  RunningGateway gateway(test_options(), routes());
  WebClient client(gateway.port());
  flood(client, "GET / HTTP/1.1\r\n", "X: " + std::string(4096, 'x') + "\r\n");
  EXPECT_EQ(gateway.stats().by_status[4].value(), 1U);
}

TEST(WebHostileHttp, EndsAnEndlessRequestLine) {
  RunningGateway gateway(test_options(), routes());
  WebClient client(gateway.port());
  flood(client, "GET /", std::string(4096, 'x'));
  EXPECT_EQ(gateway.stats().by_status[4].value(), 1U);
}

TEST(WebHostileHttp, EndsAnEndlessBody) {
  RunningGateway gateway(test_options(), routes());
  WebClient client(gateway.port());
  flood(client, "POST / HTTP/1.1\r\nHost: 192.0.2.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "400\r\n" + std::string(1024, 'x') + "\r\n");
  EXPECT_EQ(gateway.stats().by_status[4].value(), 1U);
}

TEST(WebHostileHttp, EndsEndlessChunkExtensions) {
  RunningGateway gateway(test_options(), routes());
  WebClient client(gateway.port());
  flood(client, "POST / HTTP/1.1\r\nHost: 192.0.2.1\r\nTransfer-Encoding: chunked\r\n\r\n1;x=", std::string(4096, 'x'));
  EXPECT_EQ(gateway.stats().by_status[4].value(), 1U);
}

TEST(WebHostileHttp, GivesAHeaderItsTimeAndNoMore) {
  auto options = test_options();
  options.timeouts.header = milliseconds(50);
  RunningGateway gateway(options, routes());
  EXPECT_EQ(last_status(gateway, "GET / HTTP/1.1\r\nHost: "), 408);
  EXPECT_EQ(gateway.stats().header_timeouts.value(), 1U);
}

TEST(WebHostileHttp, GivesAHeaderThatDripsNoMoreTime) {
  auto options = test_options();
  options.timeouts.header = milliseconds(50);
  RunningGateway gateway(options, routes());
  WebClient client(gateway.port());
  client.send("GET / HTTP/1.1\r\n");
  // Each line is in time after the one before.
  while (!client.readable_within(milliseconds(5)) && client.send("X: 1\r\n")) {
  }
  EXPECT_EQ(client.answer().status, 408);
  EXPECT_EQ(gateway.stats().header_timeouts.value(), 1U);
}

TEST(WebHostileHttp, ClosesANewcomerWhoSaysNothing) {
  auto options = test_options();
  options.timeouts.header = milliseconds(50);
  RunningGateway gateway(options, routes());
  WebClient client(gateway.port());
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(gateway.stats().header_timeouts.value(), 1U);
}

TEST(WebHostileHttp, GivesABodyItsTimeAndNoMore) {
  auto options = test_options();
  options.timeouts.body = milliseconds(50);
  RunningGateway gateway(options, routes());
  EXPECT_EQ(last_status(gateway, "POST / HTTP/1.1\r\nHost: 192.0.2.1\r\nContent-Length: 5\r\n\r\nfour"), 408);
  EXPECT_EQ(gateway.stats().body_timeouts.value(), 1U);
}

TEST(WebHostileHttp, ClosesAnIdleConnection) {
  auto options = test_options();
  options.timeouts.keep_alive = milliseconds(50);
  RunningGateway gateway(options, routes());
  WebClient client(gateway.port());
  EXPECT_EQ(client.ask("GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n").status, 200);
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(gateway.stats().idle_closes.value(), 1U);
}

TEST(WebHostileHttp, EndsAClientThatDoesNotTakeItsAnswers) {
  auto options = test_options();
  options.timeouts.write = milliseconds(100);
  const auto large = [](const HttpRequest&, HttpReply reply) {
    reply({.status = 200, .body = std::string(8 * 1024 * 1024, 'x')});
  };
  RunningGateway gateway(options, {{.method = HttpMethod::kGet, .path = "/", .handler = large}});
  WebClient client(gateway.port(), 4096);
  client.send("GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return gateway.stats().write_timeouts.value() == 1; }));
  EXPECT_TRUE(eventually([&] { return gateway.stats().connections.value() == 0; }));
}

TEST(WebHostileHttp, BoundsTheConnections) {
  auto options = test_options();
  options.max_connections = 2;
  RunningGateway gateway(options, routes());
  WebClient first(gateway.port());
  WebClient second(gateway.port());
  const std::string request = "GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n";
  EXPECT_EQ(first.ask(request).status, 200);
  EXPECT_EQ(second.ask(request).status, 200);
  WebClient third(gateway.port());
  EXPECT_TRUE(third.ended());
  EXPECT_EQ(gateway.stats().refused_limit.value(), 1U);
  first.close();
  ASSERT_TRUE(eventually([&] { return gateway.stats().connections.value() == 1; }));
  WebClient fourth(gateway.port());
  EXPECT_EQ(fourth.ask(request).status, 200);
}

TEST(WebHostileHttp, BoundsTheConnectionsOfAnAddress) {
  auto options = test_options();
  options.per_address.most_connections = 1;
  RunningGateway gateway(options, routes());
  WebClient first(gateway.port());
  const std::string request = "GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n";
  EXPECT_EQ(first.ask(request).status, 200);
  WebClient second(gateway.port());
  EXPECT_TRUE(second.ended());
  EXPECT_EQ(gateway.stats().refused_limit.value(), 1U);
  first.close();
  ASSERT_TRUE(eventually([&] { return gateway.stats().connections.value() == 0; }));
  WebClient third(gateway.port());
  EXPECT_EQ(third.ask(request).status, 200);
}

}  // namespace
}  // namespace tickwire::game
