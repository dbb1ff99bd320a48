// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <future>
#include <mutex>

#include "running_gateway.h"
#include "web_client.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;

HttpRoute echo(std::string path = "/echo") {
  return {.method = HttpMethod::kPost, .path = std::move(path), .handler = [](const HttpRequest& request, HttpReply reply) {
            reply({.status = 200, .body = request.path + "|" + request.query + "|" + request.authorization + "|" + request.body});
          }};
}
HttpRoute hello() {
  return {.method = HttpMethod::kGet, .path = "/hello", .handler = [](const HttpRequest&, HttpReply reply) {
            reply({.status = 200, .body = "hello", .content_type = "text/plain", .headers = {{"Retry-After", "7"}}});
          }};
}
// Keeps the answers that it is to give.
struct LongPoll {
  std::mutex mutex;
  std::vector<HttpReply> replies;
  std::atomic<int> count = 0;
  std::atomic<int> gone = 0;  // clients that did not wait for them

  HttpRoute route() {
    return {.method = HttpMethod::kGet, .path = "/wait", .handler = [this](const HttpRequest& request, HttpReply reply) {
              request.when_gone([this] { ++gone; });
              const std::lock_guard lock(mutex);
              replies.push_back(std::move(reply));
              ++count;
            }};
  }
  HttpReply take() {
    const std::lock_guard lock(mutex);
    auto reply = std::move(replies.back());
    replies.pop_back();
    return reply;
  }
};

std::string get(const std::string& path, const std::string& more = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: 192.0.2.1\r\n" + more + "\r\n";
}
std::string post(const std::string& path, const std::string& body, const std::string& more = {}) {
  return "POST " + path + " HTTP/1.1\r\nHost: 192.0.2.1\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST(WebHttp, GivesTheHandlerWhatItNeedsOfTheRequest) {
  RunningGateway gateway(test_options(), {echo()});
  WebClient client(gateway.port());
  const auto answer = client.ask(post("/echo?a=1&b=2", "the body", "Authorization: Bearer token\r\n"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "/echo|a=1&b=2|Bearer token|the body");
  EXPECT_EQ(answer.headers.at("Content-Type"), "application/json");
  EXPECT_EQ(answer.headers.at("Cache-Control"), "no-store");
}

// Of a request over loopback.
void expect_handler_is_told_who_asks(const WebOptions& options) {
  std::promise<std::string> remote;
  RunningGateway gateway(options,
                         {{.method = HttpMethod::kGet, .path = "/", .handler = [&](const HttpRequest& request, HttpReply reply) {
                             remote.set_value(request.remote.text());
                             reply({.status = 204});
                           }}});
  WebClient client(gateway.port());
  EXPECT_EQ(client.ask(get("/")).status, 204);
  EXPECT_EQ(remote.get_future().get(), Endpoint::local_of(client.fd()).text());
}

TEST(WebHttp, TellsTheHandlerWhoAsks) { expect_handler_is_told_who_asks(test_options()); }

TEST(WebHttp, SendsTheHandlersHeadersAndType) {
  RunningGateway gateway(test_options(), {hello()});
  WebClient client(gateway.port());
  const auto answer = client.ask(get("/hello"));
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.headers.at("Retry-After"), "7");
  EXPECT_EQ(answer.headers.at("Content-Type"), "text/plain");
}

TEST(WebHttp, AnswersHeadWithoutABody) {
  RunningGateway gateway(test_options(), {hello()});
  WebClient client(gateway.port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n" + get("/hello"));
  const auto head = client.answer(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("Content-Length"), "5");
  EXPECT_EQ(client.answer().body, "hello");
}

TEST(WebHttp, AnswersAnUnknownPathWith404) {
  RunningGateway gateway(test_options(), {hello()});
  WebClient client(gateway.port());
  EXPECT_EQ(client.ask(get("/hello/")).status, 404);
  // The connection goes on.
  EXPECT_EQ(client.ask(get("/hello")).status, 200);
}

TEST(WebHttp, NamesTheMethodsOfAKnownPath) {
  RunningGateway gateway(test_options(), {hello(), echo("/hello"), echo()});
  WebClient client(gateway.port());
  const auto answer = client.ask("DELETE /hello HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.headers.at("Allow"), "GET, HEAD, POST");
  EXPECT_EQ(client.ask(get("/echo")).headers.at("Allow"), "POST");
}

TEST(WebHttp, AnswersPipelinedRequestsInOrder) {
  LongPoll poll;
  RunningGateway gateway(test_options(), {poll.route(), hello(), echo()});
  WebClient client(gateway.port());
  client.send(get("/wait") + post("/echo", "two") + get("/hello"));
  ASSERT_TRUE(eventually([&] { return poll.count == 1; }));
  poll.take()({.status = 202, .body = "one"});
  EXPECT_EQ(client.answer().body, "one");
  EXPECT_EQ(client.answer().body, "/echo|||two");
  EXPECT_EQ(client.answer().body, "hello");
}

TEST(WebHttp, TakesAnAnswerFromAnyThread) {
  LongPoll poll;
  RunningGateway gateway(test_options(), {poll.route()});
  WebClient client(gateway.port());
  client.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return poll.count == 1; }));
  std::thread([&] { poll.take()({.status = 200, .body = "later"}); }).join();
  EXPECT_EQ(client.answer().body, "later");
}

TEST(WebHttp, AnswersForAHandlerThatThrowsItsAnswerAway) {
  RunningGateway gateway(test_options(),
                         {{.method = HttpMethod::kGet, .path = "/", .handler = [](const HttpRequest&, HttpReply) {}}});
  WebClient client(gateway.port());
  EXPECT_EQ(client.ask(get("/")).status, 500);
  EXPECT_EQ(gateway.stats().thrown_answers.value(), 1U);
}

TEST(WebHttp, AnswersForAHandlerThatFails) {
  RunningGateway gateway(test_options(), {{.method = HttpMethod::kGet, .path = "/", .handler = [](const HttpRequest&, HttpReply) {
                                             throw std::runtime_error("broken");
                                           }}});
  WebClient client(gateway.port());
  EXPECT_EQ(client.ask(get("/")).status, 500);
}

TEST(WebHttp, CountsTheFirstOfTwoAnswers) {
  RunningGateway gateway(test_options(),
                         {{.method = HttpMethod::kGet, .path = "/", .handler = [](const HttpRequest&, HttpReply reply) {
                             reply({.status = 200, .body = "first"});
                             reply({.status = 200, .body = "second"});
                           }}});
  WebClient client(gateway.port());
  client.send(get("/") + get("/unknown"));
  EXPECT_EQ(client.answer().body, "first");
  EXPECT_EQ(client.answer().status, 404);
}

TEST(WebHttp, ForgetsAClientThatLeavesBeforeItsAnswer) {
  LongPoll poll;
  RunningGateway gateway(test_options(), {poll.route()});
  WebClient client(gateway.port());
  client.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return poll.count == 1; }));
  client.close();
  EXPECT_TRUE(eventually([&] { return gateway.stats().connections.value() == 0; }));
  EXPECT_EQ(gateway.stats().gone_clients.value(), 1U);
  poll.take()({.status = 200});
  EXPECT_EQ(gateway.stats().by_status[2].value(), 0U);
}

TEST(WebHttp, TellsTheHandlerOfAClientThatLeavesBeforeItsAnswer) {
  LongPoll poll;
  RunningGateway gateway(test_options(), {poll.route()});
  WebClient leaves(gateway.port());
  WebClient stays(gateway.port());
  leaves.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return poll.count == 1; }));
  leaves.close();
  EXPECT_TRUE(eventually([&] { return poll.gone == 1; }));
  stays.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return poll.count == 2; }));
  poll.take()({.status = 204});
  EXPECT_EQ(stays.answer().status, 204);
  stays.close();
  EXPECT_TRUE(eventually([&] { return gateway.stats().connections.value() == 0; }));
  EXPECT_EQ(poll.gone, 1) << "who has his answer may go";
}

TEST(WebHttp, TellsTheHandlerThatItsAnswerComesTooLate) {
  auto options = test_options();
  options.timeouts.reply = milliseconds(20);
  LongPoll poll;
  RunningGateway gateway(options, {poll.route()});
  WebClient client(gateway.port());
  EXPECT_EQ(client.ask(get("/wait")).status, 503);
  EXPECT_TRUE(eventually([&] { return poll.gone == 1; }));
}

TEST(WebHttp, NeverAnswersTheNextRequestWithALateAnswer) {
  auto options = test_options();
  options.timeouts.reply = milliseconds(20);
  LongPoll poll;
  RunningGateway gateway(options, {poll.route()});
  WebClient client(gateway.port());
  EXPECT_EQ(client.ask(get("/wait")).status, 503);
  EXPECT_EQ(gateway.stats().reply_timeouts.value(), 1U);
  poll.take()({.status = 200});
  EXPECT_TRUE(client.ended());
}

TEST(WebHttp, LetsAnAnswerOutliveTheGateway) {
  LongPoll poll;
  RunningGateway gateway(test_options(), {poll.route()});
  WebClient client(gateway.port());
  client.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return poll.count == 1; }));
  gateway.destroy();
  poll.take()({.status = 200});
  EXPECT_TRUE(client.ended());
}

TEST(WebHttp, ClosesAsTheClientWants) {
  RunningGateway gateway(test_options(), {hello()});
  WebClient client(gateway.port());
  const auto answer = client.ask(get("/hello", "Connection: close\r\n"));
  EXPECT_EQ(answer.headers.at("Connection"), "close");
  EXPECT_TRUE(client.ended());
}

TEST(WebHttp, SpeaksHttp10) {
  RunningGateway gateway(test_options(), {hello()});
  WebClient client(gateway.port());
  EXPECT_EQ(client.ask("GET /hello HTTP/1.0\r\n\r\n").body, "hello");
  EXPECT_TRUE(client.ended());
}

TEST(WebHttp, AsksForTheBodyThatWaitsForThat) {
  RunningGateway gateway(test_options(), {echo()});
  WebClient client(gateway.port());
  client.send("POST /echo HTTP/1.1\r\nHost: 192.0.2.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.answer().status, 100);
  client.send("body");
  EXPECT_EQ(client.answer().body, "/echo|||body");
}

TEST(WebHttp, ReadsAChunkedBody) {
  RunningGateway gateway(test_options(), {echo()});
  WebClient client(gateway.port());
  const auto answer =
      client.ask("POST /echo HTTP/1.1\r\nHost: 192.0.2.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(answer.body, "/echo|||abcde");
}

TEST(WebHttp, RunsManyConnectionsAtOnce) {
  RunningGateway gateway(test_options(), {hello()});
  std::vector<std::unique_ptr<WebClient>> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(std::make_unique<WebClient>(gateway.port()));
  for (const auto& client : clients) client->send(get("/hello"));
  for (const auto& client : clients) EXPECT_EQ(client->answer().body, "hello");
  EXPECT_EQ(gateway.stats().connections.value(), 100U);
  EXPECT_EQ(gateway.stats().requests.value(), 100U);
  EXPECT_EQ(gateway.stats().by_status[2].value(), 100U);
}

TEST(WebGateway, NamesTheAddressThatItCannotHave) {
  RunningGateway gateway(test_options(), {});
  auto options = test_options();
  options.port = gateway.port();
  const auto second = WebGateway::open(options, {}, nullptr, nullptr);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error(), "bind TCP 127.0.0.1:" + std::to_string(gateway.port()) + ": Address already in use");
}

TEST(WebGateway, ServesBothFamiliesOnOnePort) {
  auto options = test_options();
  options.bind.clear();
  expect_handler_is_told_who_asks(options);
}

TEST(WebGateway, StopsTwice) {
  RunningGateway gateway(test_options(), {hello()});
  WebClient client(gateway.port());
  EXPECT_EQ(client.ask(get("/hello")).status, 200);
  gateway.gateway().stop();
  gateway.stop();
  EXPECT_TRUE(client.ended());
}

TEST(WebGateway, StopsBeforeItRuns) {
  const auto gateway = *WebGateway::open(test_options(), {}, nullptr, nullptr);
  gateway->stop();
  gateway->run();
}

TEST(WebGateway, StandsStillForAsLongAsItIsTold) {
  RunningGateway gateway(test_options(), {hello()});
  WebClient client(gateway.port());
  const auto begin = monotonic_now();
  std::atomic<Nanoseconds> stalled = Nanoseconds::zero();
  gateway.gateway().block_for(milliseconds(60), [&](Nanoseconds from, Nanoseconds to) { stalled = to - from; });
  EXPECT_EQ(client.ask(get("/hello")).status, 200);
  EXPECT_GE(monotonic_now() - begin, milliseconds(60));
  EXPECT_GE(stalled.load(), milliseconds(60));
}

TEST(WebGateway, EndsAStallWhenItStops) {
  RunningGateway gateway(test_options(), {});
  gateway.gateway().block_for(std::chrono::hours(1));
  gateway.stop();
}

}  // namespace
}  // namespace tickwire::game
