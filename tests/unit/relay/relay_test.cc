// SPDX-License-Identifier: Apache-2.0
// The whole relay on real sockets: Alertmanager's request in, a robot's service behind.
#include "relay/relay.h"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <pthread.h>

#include <atomic>
#include <csignal>
#include <future>
#include <nlohmann/json.hpp>
#include <sstream>

#include "relay/address.h"
#include "unit/relay/alerts.h"
#include "unit/relay/fake_robots.h"
#include "unit/relay/folder.h"

namespace tickwire::relay {
namespace {

using nlohmann::json;
using sample::http;
using sample::Posted;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view kToken = "70ke2d1n9741k";
constexpr std::string_view kKey = "4ey0fwec0m";
constexpr std::string_view kSecret = "SEC5ec7e70fd1n9741k";

class Relays : public testing::Test {
 protected:
  Relays() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_)));
    (void)folder_.write("ding.url", robots_.url("/robot/send?access_token=" + std::string(kToken)));
    (void)folder_.write("ding.secret", kSecret);
    (void)folder_.write("wecom.url", robots_.url("/cgi-bin/webhook/send?key=" + std::string(kKey)));
  }
  ~Relays() override {
    relay_.reset();
    spdlog::set_default_logger(before_);
  }

  RelayOptions options() const {
    return {.listen = "127.0.0.1:0",
            .robots = {{.name = "ding",
                        .kind = RobotKind::kDingTalk,
                        .url_file = folder_.path() / "ding.url",
                        .secret_file = folder_.path() / "ding.secret",
                        .called = {"13800000000"}},
                       {.name = "wecom",
                        .kind = RobotKind::kWeCom,
                        .url_file = folder_.path() / "wecom.url",
                        .language = Language::kChinese}}};
  }
  void start(const RelayOptions& options) {
    auto relay = Relay::start(options, {.version = "1.2.3", .revision = "abc"});
    ASSERT_TRUE(relay) << relay.error().text();
    relay_ = *std::move(relay);
  }
  void start() { start(options()); }

  std::string post(std::string_view path, std::string_view body) const {
    const UniqueFd client = api::connect_tcp(relay_->port());
    const std::string head =
        "POST " + std::string(path) +
        " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    if (!api::send_all(client.fd(), head + std::string(body))) return {};
    return api::receive_all(client.fd()).bytes;
  }
  std::string get(std::string_view path) const { return api::ask(api::connect_tcp(relay_->port()).fd(), "GET", path); }
  static json body_of(const std::string& answer) {
    return json::parse(answer.substr(answer.find("\r\n\r\n") + 4), nullptr, false);
  }
  std::string log() const {
    spdlog::default_logger()->flush();
    return log_.str();
  }
  // Whatever has come out of the relay.
  void expect_no_secret_in(const std::string& text) const {
    for (const std::string_view secret : {kToken, kKey, kSecret, std::string_view("sign="), std::string_view("access_token=")}) {
      EXPECT_THAT(text, Not(HasSubstr(std::string(secret))));
    }
  }

  sample::Folder folder_;
  sample::FakeRobots robots_{[](const Posted&) { return http(R"({"errcode":0,"errmsg":"ok"})"); }};
  std::ostringstream log_;
  std::shared_ptr<spdlog::logger> before_;
  std::unique_ptr<Relay> relay_;
};

std::string parameter(const std::string& target, const std::string& name) {
  const std::size_t at = target.find(name + "=");
  return at == std::string::npos ? "" : target.substr(at + name.size() + 1, target.find('&', at) - at - name.size() - 1);
}

TEST_F(Relays, BringANotificationToBothRobots) {
  start();
  const std::string answer = post("/alerts", sample::webhook());
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(body_of(answer), json::parse(R"({"robots":{"ding":"delivered","wecom":"delivered"}})"));
  ASSERT_THAT(robots_.posted(), SizeIs(2));
  for (const Posted& posted : robots_.posted()) {
    const json body = json::parse(posted.body);
    EXPECT_EQ(body["msgtype"], "markdown");
    if (posted.target.starts_with("/robot/send")) {
      EXPECT_THAT(body["markdown"]["text"].get<std::string>(),
                  AllOf(HasSubstr("the game loop stalls"), HasSubstr("@13800000000")));
      EXPECT_EQ(body["at"], json::parse(R"({"atMobiles":["13800000000"],"isAtAll":false})"));
    } else {
      EXPECT_THAT(body["markdown"]["content"].get<std::string>(), HasSubstr("级别：严重"));
    }
  }
}

TEST_F(Relays, SignWhatDingTalkGetsAndNothingElse) {
  start();
  (void)post("/alerts", sample::webhook());
  ASSERT_THAT(robots_.posted(), SizeIs(2));
  for (const Posted& posted : robots_.posted()) {
    if (posted.target.starts_with("/cgi-bin")) {
      EXPECT_THAT(posted.target, EndsWith("?key=" + std::string(kKey)));
      continue;
    }
    const auto stamp = parse_number(parameter(posted.target, "timestamp"), 0, UINT64_MAX);
    ASSERT_TRUE(stamp);
    const std::chrono::milliseconds time(*stamp);
    EXPECT_LT(std::chrono::abs(unix_now() - time), std::chrono::minutes(1));
    EXPECT_EQ("/robot/send" + posted.target.substr(posted.target.find('?')),
              signed_address("/robot/send?access_token=" + std::string(kToken), time, kSecret));
  }
}

TEST_F(Relays, TellTheOtherRobotOnlyOnceWhenOneFails) {
  std::atomic<bool> down = true;
  robots_.answer_with([&down](const Posted& posted) {
    return posted.target.starts_with("/cgi-bin") && down ? http("busy", "503 Service Unavailable") : http(R"({"errcode":0})");
  });
  start();
  const std::string first = post("/alerts", sample::webhook());
  EXPECT_THAT(first, StartsWith("HTTP/1.1 502 "));
  EXPECT_EQ(body_of(first)["robots"], json::parse(R"({"ding":"delivered","wecom":"failed_retryable"})"));
  EXPECT_EQ(body_of(first)["errors"], json::parse(R"({"wecom":"HTTP status 503"})"));
  down = false;
  const std::string again = post("/alerts", sample::webhook());
  EXPECT_THAT(again, StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(body_of(again)["robots"], json::parse(R"({"ding":"duplicate","wecom":"delivered"})"));
  EXPECT_THAT(robots_.posted(), SizeIs(3));
}

TEST_F(Relays, SayWhatARobotRefused) {
  robots_.answer_with(
      [](const Posted&) { return http(R"({"errcode":310000,"errmsg":"sign not match, see access_token=70ke2d1n9741k"})"); });
  start();
  const std::string answer = post("/alerts/ding", sample::webhook());
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 422 "));
  EXPECT_THAT(answer, AllOf(HasSubstr("ding"), HasSubstr("310000"), HasSubstr("sign not match")));
  EXPECT_THAT(log(), AllOf(HasSubstr("robot ding: errcode 310000"), HasSubstr("not sent again")));
}

TEST_F(Relays, TakeACloseWithoutAnAnswerForAFailure) {
  robots_.answer_with([](const Posted&) { return std::string(); });
  start();
  EXPECT_THAT(post("/alerts/wecom", sample::webhook()), StartsWith("HTTP/1.1 502 "));
}

TEST_F(Relays, FollowNoRedirect) {
  robots_.answer_with([this](const Posted& posted) {
    return posted.target == "/elsewhere" ? http(R"({"errcode":0})")
                                         : http("", "302 Found", "Location: " + robots_.url("/elsewhere") + "\r\n");
  });
  start();
  const std::string answer = post("/alerts/wecom", sample::webhook());
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 422 "), HasSubstr("redirects are not followed")));
  EXPECT_THAT(robots_.posted(), SizeIs(1));
}

TEST_F(Relays, MergeWhatIsBeyondTheRate) {
  RelayOptions slow = options();
  slow.rate = 2;
  start(slow);
  int number = 0;
  for (const char* expected : {"delivered", "delivered", "merged", "merged"}) {
    std::string body = sample::webhook();
    body.replace(body.find("\"fingerprint\":\"f1\""), 18, "\"fingerprint\":\"g" + std::to_string(++number) + "\"");
    EXPECT_EQ(body_of(post("/alerts/wecom", body))["robots"]["wecom"], expected);
  }
  EXPECT_THAT(robots_.posted(), SizeIs(2));
  EXPECT_THAT(get("/metrics"), HasSubstr(R"(tickwire_relay_digest_alerts{robot="wecom"} 2)"));
  EXPECT_EQ(relay_->stop(std::chrono::seconds(1)), 2U);
}

TEST_F(Relays, BlockARobotThatWasAskedTooOften) {
  robots_.answer_with([](const Posted&) { return http(R"({"errcode":130101,"errmsg":"send too fast"})"); });
  start();
  EXPECT_THAT(post("/alerts/ding", sample::webhook()), StartsWith("HTTP/1.1 502 "));
  EXPECT_EQ(body_of(post("/alerts/ding", sample::webhook()))["robots"]["ding"], "merged");
  EXPECT_THAT(robots_.posted(), SizeIs(1));
}

TEST_F(Relays, LetNoSecretOut) {
  robots_.answer_with([](const Posted& posted) {
    return http(json{{"errcode", 93000}, {"errmsg", "asked for " + posted.target}}.dump());
  });
  start();
  std::string seen = post("/alerts", sample::webhook());
  robots_.answer_with([](const Posted&) { return http("moved", "302 Found", "Location: http://192.0.2.1/\r\n"); });
  seen += post("/alerts", sample::webhook());
  robots_.answer_with([](const Posted&) { return std::string(); });
  seen += post("/alerts", sample::webhook());
  (void)folder_.write("ding.url", "gopher://127.0.0.1/?access_token=" + std::string(kToken));
  seen += post("/alerts/ding", sample::webhook());
  seen += get("/metrics") + get("/readyz") + log();
  EXPECT_THAT(seen, AllOf(HasSubstr("93000"), HasSubstr("302"), HasSubstr("ding.url")));
  for (const std::string_view secret : {kToken, kKey, kSecret}) EXPECT_THAT(seen, Not(HasSubstr(std::string(secret))));
}

TEST_F(Relays, SayWhichFileOfWhichRobotIsWrong) {
  (void)folder_.write("wecom.url", robots_.url("/send?key=" + std::string(kKey)), 0644);
  const auto relay = Relay::start(options(), {});
  ASSERT_FALSE(relay);
  EXPECT_EQ(relay.error().failure, Failure::kUsage);
  EXPECT_THAT(relay.error().text(), AllOf(HasSubstr("robot 'wecom': file '"), HasSubstr("wecom.url'"), HasSubstr("0644")));
  expect_no_secret_in(relay.error().text());
}

TEST_F(Relays, WantACaFileThatIsThere) {
  RelayOptions with = options();
  with.ca_file = folder_.path() / "none.pem";
  const auto relay = Relay::start(with, {});
  ASSERT_FALSE(relay);
  EXPECT_THAT(relay.error().text(), AllOf(HasSubstr("ca-file"), HasSubstr("ENOENT")));
}

TEST_F(Relays, RefuseABodyOfMoreThanAMebibyte) {
  start();
  const UniqueFd client = api::connect_tcp(relay_->port());
  ASSERT_TRUE(api::send_all(client.fd(), "POST /alerts HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n"));
  EXPECT_THAT(api::receive_all(client.fd()).bytes, StartsWith("HTTP/1.1 413 "));
}

TEST_F(Relays, TakeABodyOfAMebibyte) {
  start();
  std::string body = sample::webhook();
  body.append((1U << 20) - body.size(), ' ');
  EXPECT_THAT(post("/alerts/wecom", body), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Relays, CutABodyThatNeverEnds) {
  start();
  const UniqueFd client = api::connect_tcp(relay_->port());
  ASSERT_TRUE(api::send_all(client.fd(), "POST /alerts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
  const std::string piece = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
  int pieces = 0;
  while (pieces < 1000 && api::send_all(client.fd(), piece)) ++pieces;
  EXPECT_LT(pieces, 1000);
  EXPECT_THAT(get("/metrics"), HasSubstr("tickwire_relay_requests_total{code=\"413\"} 1\n"));
}

TEST_F(Relays, CutAClientThatIsTooSlow) {
  start();
  const UniqueFd client = api::connect_tcp(relay_->port());
  ASSERT_TRUE(api::send_all(client.fd(), "POST /alerts HTTP/1.1\r\nHost: a\r\n"));
  const auto metrics_answered = get("/healthz");  // after the slow one was accepted
  EXPECT_THAT(metrics_answered, StartsWith("HTTP/1.1 200 "));
  relay_->cut_slow(monotonic_now() + std::chrono::seconds(16));
  EXPECT_TRUE(api::receive_all(client.fd()).closed);
  EXPECT_THAT(get("/metrics"), HasSubstr("tickwire_relay_requests_total{code=\"408\"} 1\n"));
}

TEST_F(Relays, SpareAClientThatIsNotTooSlow) {
  start();
  const UniqueFd client = api::connect_tcp(relay_->port());
  ASSERT_TRUE(api::send_all(client.fd(), "GET /healthz HTTP/1.1\r\nHost: a\r\n"));
  relay_->cut_slow(monotonic_now() + std::chrono::seconds(1));
  ASSERT_TRUE(api::send_all(client.fd(), "\r\n"));
  EXPECT_THAT(api::receive_all(client.fd()).bytes, StartsWith("HTTP/1.1 200 "));
}

TEST_F(Relays, AnswerOthersWhileRobotsAreSlow) {
  std::promise<void> go;
  robots_.answer_with([wait = go.get_future().share()](const Posted&) {
    wait.wait_for(std::chrono::seconds(5));
    return http(R"({"errcode":0})");
  });
  start();
  std::string told;
  std::thread poster([&] { told = post("/alerts/wecom", sample::webhook()); });
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
  go.set_value();
  poster.join();
  EXPECT_THAT(told, StartsWith("HTTP/1.1 200 "));
}

TEST_F(Relays, CountRequestsByTheirCode) {
  start();
  (void)post("/alerts", "{}");
  (void)get("/nowhere");
  EXPECT_THAT(get("/metrics"), AllOf(HasSubstr("tickwire_relay_requests_total{code=\"400\"} 1\n"),
                                     HasSubstr("tickwire_relay_requests_total{code=\"404\"} 1\n")));
}

TEST_F(Relays, TakeNoConnectionOnceTheyStop) {
  start();
  const std::uint16_t port = relay_->port();
  EXPECT_EQ(relay_->stop(std::chrono::seconds(1)), 0U);
  EXPECT_FALSE(api::connect_tcp(port));
}

TEST_F(Relays, EndAtSigtermAndSayWhatWasLost) {
  sigset_t term;
  sigset_t before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &term, &before);
  testing::internal::CaptureStderr();
  std::promise<Result<void>> ended;
  std::thread runner([&] { ended.set_value(run_relay(options(), {})); });
  ::pthread_kill(runner.native_handle(), SIGTERM);  // blocked there as well: it waits until it is waited for
  const Result<void> result = ended.get_future().get();
  runner.join();
  const std::string said = testing::internal::GetCapturedStderr();
  spdlog::drop("tickwire-relay");
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_TRUE(result);
  EXPECT_THAT(said, AllOf(HasSubstr("for 2 robots"), HasSubstr("stopping after signal 15"),
                          EndsWith("stopped; 0 alerts that waited were not sent\n")));
}

}  // namespace
}  // namespace tickwire::relay
