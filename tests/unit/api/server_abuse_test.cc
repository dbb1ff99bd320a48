// What these hold: a client that can reach the listener can neither grow the agent's memory nor lock the others out.
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <vector>

#include "unit/api/http_peer.h"

namespace tickwire::api {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::size_t kMostSent = 64UL << 20;
constexpr long kMostGrownKb = 8 * 1024;

class Abuse : public ServerTest {
 protected:
  // Sends `beginning`, then `filling` again and again until the server closes; bytes that it took, at most kMostSent.
  std::size_t flood(std::string_view beginning, std::string_view filling) const {
    const UniqueFd client = connect_tcp(port());
    if (!send_all(client.fd(), beginning)) return 0;
    std::string chunk;
    while (chunk.size() < 65536) chunk += filling;
    std::size_t sent = 0;
    while (sent < kMostSent && send_all(client.fd(), chunk)) sent += chunk.size();
    return sent;
  }

  void expect_flood_ends(std::string_view beginning, std::string_view filling) {
    start();
    ASSERT_THAT(get_tcp("/healthz"), StartsWith("HTTP/1.1 200 "));  // what is allocated once is there
    const long before = resident_kb();
    EXPECT_LT(flood(beginning, filling), kMostSent);
    EXPECT_LT(resident_kb() - before, kMostGrownKb);
    EXPECT_THAT(get_tcp("/healthz"), StartsWith("HTTP/1.1 200 "));
  }
};

TEST_F(Abuse, AnEndlessRequestLineIsClosed) { expect_flood_ends("GET /", "a"); }
TEST_F(Abuse, AnEndlessMethodIsClosed) { expect_flood_ends("", "A"); }
TEST_F(Abuse, AnEndlessParameterListIsClosed) { expect_flood_ends("GET /metrics?", "a=b&"); }
TEST_F(Abuse, AnEndlessHeaderIsClosed) { expect_flood_ends("GET /metrics HTTP/1.1\r\nX: ", "a"); }
TEST_F(Abuse, EndlesslyManyHeadersAreClosed) { expect_flood_ends("GET /metrics HTTP/1.1\r\n", "X: a\r\n"); }
TEST_F(Abuse, AnEndlessBodyOfAPostIsClosed) {
  expect_flood_ends("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", "a");
}
TEST_F(Abuse, AnEndlessBodyOfAGetIsClosed) {
  expect_flood_ends("GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", "a");
}
TEST_F(Abuse, AnEndlessChunkedBodyIsClosed) {
  expect_flood_ends("POST /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\naaaa\r\n");
}
TEST_F(Abuse, EndlessGarbageIsClosed) { expect_flood_ends("\x16\x03\x01", std::string("\0\xff\x80\r\n", 5)); }

TEST_F(Abuse, AGetWithABodyIsTooLarge) {
  start();
  const UniqueFd client = connect_tcp(port());
  ASSERT_TRUE(send_all(client.fd(), "GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"));
  const Received received = receive_all(client.fd());
  EXPECT_TRUE(received.closed);
  EXPECT_THAT(received.bytes, StartsWith("HTTP/1.1 413 "));
}

TEST_F(Abuse, APostWithABodyIsNotAllowed) {
  start();
  const UniqueFd client = connect_unix(socket_path());
  ASSERT_TRUE(send_all(client.fd(), "POST /api/v1/status HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"));
  const Received received = receive_all(client.fd());
  EXPECT_TRUE(received.closed);
  EXPECT_THAT(received.bytes, StartsWith("HTTP/1.1 405 "));
}

TEST_F(Abuse, ALengthThatIsNoNumberIsRefused) {
  start();
  const UniqueFd client = connect_tcp(port());
  ASSERT_TRUE(send_all(client.fd(), "GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"));
  const Received received = receive_all(client.fd());
  EXPECT_TRUE(received.closed);
  EXPECT_THAT(received.bytes, AnyOf(IsEmpty(), HasSubstr(" 400 "), HasSubstr(" 413 ")));
}

TEST_F(Abuse, AnEncodedEndOfTextDoesNotCutAParameter) {
  start();
  EXPECT_THAT(get_unix("/api/v1/connections?service=world%00x"),
              testing::AllOf(StartsWith("HTTP/1.1 200 "), Not(HasSubstr("198.51.100.8"))));
}

TEST_F(Abuse, IdleTcpClientsDoNotLockOutTheUnixSocket) {
  start();
  std::vector<UniqueFd> idle;
  for (int i = 0; i < 200; ++i) idle.push_back(connect_tcp(port()));
  EXPECT_THAT(get_unix("/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Abuse, OneAddressDoesNotTakeTheWholeTcpListener) {
  start();
  std::vector<UniqueFd> idle;
  for (int i = 0; i < 200; ++i) idle.push_back(connect_tcp(port()));
  UniqueFd other = with_deadline(UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);  // 127.0.0.2
  ASSERT_EQ(::bind(other.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port());
  ASSERT_EQ(::connect(other.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT(ask(other.fd(), "GET", "/healthz"), StartsWith("HTTP/1.1 200 "));
}

// Many megabytes for a client that does not read them.
TEST_F(Abuse, ASlowReaderOfALongAnswerDoesNotHoldUpTheOthers) {
  auto large = std::make_shared<model::Snapshot>(sample::snapshot());
  large->monotonic = monotonic_now();
  large->interval = std::chrono::minutes(1);  // healthy for five of these, however long a sanitizer makes the answer take
  const auto row = large->connections.front();
  large->connections.assign(4'500, row);
  start(options(), [large] { return large; });
  const UniqueFd slow = connect_unix(socket_path());
  ASSERT_TRUE(send_all(slow.fd(), "GET /api/v1/connections HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(get_unix("/healthz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(get_tcp("/healthz"), StartsWith("HTTP/1.1 200 "));
  const Received whole = receive_all(slow.fd());
  EXPECT_TRUE(whole.closed);
  EXPECT_GT(whole.bytes.size(), 8UL << 20);
  EXPECT_THAT(whole.bytes.substr(whole.bytes.size() - 2), "}\n");
}

}  // namespace
}  // namespace tickwire::api
