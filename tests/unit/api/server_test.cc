// SPDX-License-Identifier: Apache-2.0
#include "api/server.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "unit/api/http_peer.h"

namespace tickwire::api {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class Servers : public ServerTest {};

TEST_F(Servers, AnswerMetricsOverTcp) {
  start();
  EXPECT_THAT(get_tcp("/metrics"), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("# TYPE tickwire_"),
                                         HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n")));
}

TEST_F(Servers, AnswerConnectionsOnTheUnixSocket) {
  start();
  EXPECT_THAT(get_unix("/api/v1/connections?service=world&format=jsonl"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("198.51.100.8"), Not(HasSubstr("198.51.100.7"))));
}

TEST_F(Servers, AnswerMetricsOnTheUnixSocketToo) {
  start();
  EXPECT_THAT(get_unix("/metrics"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Servers, RefuseTheTableOverTcp) {
  start();
  EXPECT_THAT(get_tcp("/api/v1/connections"), AllOf(StartsWith("HTTP/1.1 403 "), HasSubstr("--expose-connections")));
}

TEST_F(Servers, ServeTheTableOverTcpWhenToldTo) {
  ServerOptions exposed = options();
  exposed.routes.expose_connections = true;
  start(exposed);
  EXPECT_THAT(get_tcp("/api/v1/connections"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Servers, ServeTheUnixSocketAloneWithoutAnAddress) {
  ServerOptions alone = options();
  alone.listen.reset();
  start(alone);
  EXPECT_EQ(server_->port(), std::nullopt);
  EXPECT_THAT(get_unix("/healthz"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Servers, DecodePathsAndParameters) {
  start();
  EXPECT_THAT(get_unix("/api/v1/connections/192.0.2.10%3A9000%3E198.51.100.7%3A40001"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(get_unix("/api/v1/connections?remote=198.51.100.0%2F24&%66ormat=jsonl"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Servers, TreatAParameterWithoutValueAsEmpty) {
  start();
  EXPECT_THAT(get_unix("/api/v1/connections?service"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(Servers, ForbidStoringAndGuessing) {
  start();
  for (const char* target : {"/metrics", "/nowhere"}) {
    EXPECT_THAT(get_tcp(target),
                AllOf(HasSubstr("Cache-Control: no-store\r\n"), HasSubstr("X-Content-Type-Options: nosniff\r\n")));
  }
}

TEST_F(Servers, LeaveOutTheBodyOfAHead) {
  start();
  EXPECT_THAT(ask(connect_tcp(port()).fd(), "HEAD", "/healthz"), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("\r\n\r\n")));
}

TEST_F(Servers, AllowNothingButGetAndHead) {
  start();
  EXPECT_THAT(ask(connect_tcp(port()).fd(), "DELETE", "/metrics"),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD\r\n")));
}

TEST_F(Servers, AnswerSeveralRequestsOnOneConnection) {
  start();
  const UniqueFd client = connect_tcp(port());
  ASSERT_TRUE(send_all(client.fd(),
                       "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(receive_all(client.fd()).bytes, AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("HTTP/1.1 404 ")));
}

TEST_F(Servers, SurviveAnExceptionInACallback) {
  int calls = 0;  // the server's thread alone touches it until the server is gone
  start(options(), [&calls]() -> std::shared_ptr<const model::Snapshot> {
    if (calls++ == 0) throw std::runtime_error("no snapshot");
    return fresh_snapshot();
  });
  EXPECT_THAT(get_tcp("/metrics"), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(get_tcp("/metrics"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Servers, MakeTheSocketForTheGroupAlone) {
  start();
  struct stat status {};
  ASSERT_EQ(::stat(socket_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0660U);
}

TEST_F(Servers, RemoveTheSocketWhenTheyStop) {
  start();
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(socket_path()));
}

TEST_F(Servers, StopWithClientsConnected) {
  start();
  const UniqueFd idle = connect_tcp(port());
  const UniqueFd half = connect_unix(socket_path());
  ASSERT_TRUE(send_all(half.fd(), "GET /met"));
  server_.reset();
  EXPECT_TRUE(receive_all(half.fd()).closed);
}

TEST_F(Servers, StartAgainOnTheSamePort) {
  start();
  ServerOptions again = options();
  again.listen->port = port();
  EXPECT_THAT(get_tcp("/healthz"), StartsWith("HTTP/1.1 200 "));
  server_.reset();
  start(again);
  EXPECT_EQ(port(), again.listen->port);
}

TEST_F(Servers, NameAPortInUseAndLeaveNoSocketBehind) {
  start();
  ServerOptions second = options();
  second.listen->port = port();
  second.socket_path = folder_ / "second.sock";
  const auto refused = Server::start(second, fresh_snapshot);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr(std::to_string(port()) + ": EADDRINUSE"));
  EXPECT_FALSE(std::filesystem::exists(second.socket_path));
}

TEST_F(Servers, RefuseTheSocketOfAnotherServer) {
  start();
  const auto refused = Server::start(options(), fresh_snapshot);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("another agent answers"));
  EXPECT_THAT(get_unix("/healthz"), StartsWith("HTTP/1.1 200 "));
}

// A line of /proc/self/task/TID/status of the thread that serves.
std::optional<unsigned long long> serving_thread_field(const std::string& field) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(task.path() / "status");
    std::string line;
    bool serves = false;
    while (std::getline(status, line)) {
      if (line == "Name:\ttickwire-http") serves = true;
      if (serves && line.starts_with(field + ":\t")) return std::stoull(line.substr(field.size() + 2), nullptr, 16);
    }
  }
  return std::nullopt;
}

TEST_F(Servers, KeepNoCapabilityInTheThreadThatServes) {
  start();
  ASSERT_THAT(get_tcp("/healthz"), StartsWith("HTTP/1.1 200 "));  // so the thread runs
  EXPECT_EQ(serving_thread_field("CapEff"), 0U);
  EXPECT_EQ(serving_thread_field("CapPrm"), 0U);
}

TEST_F(Servers, BlockTheSignalsOfTheLoopInTheThreadThatServes) {
  start();
  const auto blocked = serving_thread_field("SigBlk");
  ASSERT_TRUE(blocked);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) EXPECT_EQ(*blocked >> (signal - 1) & 1, 1U) << signal;
}

TEST_F(Servers, LeaveTheSignalMaskOfTheCallerAsItWas) {
  sigset_t before;
  sigset_t after;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  start();
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

}  // namespace
}  // namespace tickwire::api
