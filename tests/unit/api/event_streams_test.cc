// SPDX-License-Identifier: Apache-2.0
// Streams of events through a server on real sockets.
#include "api/event_streams.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/published.h"
#include "export/events.h"
#include "unit/api/http_peer.h"
#include "unit/export/sample_events.h"

namespace tickwire::api {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

// A client that asked for a stream, and takes the chunks of its body apart (RFC 9112 7.1).
class Reader {
 public:
  Reader(const std::string& socket_path, const std::string& target, int receive_bytes = 0) : socket_(connect_unix(socket_path)) {
    if (receive_bytes > 0) ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    EXPECT_TRUE(send_all(socket_.fd(), "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"));
  }

  // Up to the empty line behind the headers.
  std::string headers() { return until("\r\n\r\n"); }
  // The next line of the body; empty when it has ended.
  std::string line() {
    for (;;) {
      if (const std::size_t end = body_.find('\n'); end != std::string::npos) {
        const std::string line = body_.substr(0, end);
        body_.erase(0, end + 1);
        return line;
      }
      if (!take_chunk()) return {};
    }
  }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  // What comes up to and with `mark`; less when the server has closed.
  std::string until(std::string_view mark) {
    std::size_t at = 0;
    while ((at = raw_.find(mark)) == std::string::npos) {
      if (!receive()) return std::exchange(raw_, {});
    }
    std::string result = raw_.substr(0, at + mark.size());
    raw_.erase(0, at + mark.size());
    return result;
  }
  bool take_chunk() {
    const std::string head = until("\r\n");
    std::size_t size = 0;
    if (std::from_chars(head.data(), head.data() + head.size(), size, 16).ec != std::errc{} || size == 0) {
      ended_ = head == "0\r\n";
      return false;
    }
    while (raw_.size() < size + 2) {
      if (!receive()) return false;
    }
    body_ += raw_.substr(0, size);
    raw_.erase(0, size + 2);
    return true;
  }
  bool receive() {
    std::string chunk(65536, '\0');
    const ssize_t length = ::recv(socket_.fd(), chunk.data(), chunk.size(), 0);
    if (length <= 0) return false;
    raw_.append(chunk, 0, static_cast<std::size_t>(length));
    return true;
  }

  UniqueFd socket_;
  std::string raw_, body_;
  bool ended_ = false;
};

class EventStreamsOfAServer : public ServerTest {
 protected:
  ~EventStreamsOfAServer() override { server_.reset(); }  // it reads latest_

  void start_with(const StreamLimits& limits) {
    ServerOptions with = options();
    with.streams = limits;
    start(with, [this] { return latest_.load(); });
  }
  // The agent's next tick brings these.
  void publish(std::vector<model::Event> events) {
    auto snapshot = std::make_shared<model::Snapshot>(*latest_.load());
    snapshot->monotonic = monotonic_now();
    snapshot->events.append(std::move(events));
    latest_.store(std::move(snapshot));
    server_->published();
  }
  std::string json_of(std::uint64_t sequence) const {
    std::string line = exporting::event_json(*latest_.load()->events.find(sequence));
    line.pop_back();
    return line;
  }

  Published<model::Snapshot> latest_{fresh_snapshot()};
};

TEST_F(EventStreamsOfAServer, BeginBeforeThereIsAnEvent) {
  start_with({});
  Reader reader(socket_path(), "/api/v1/events");
  const std::string headers = reader.headers();
  EXPECT_THAT(headers, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(headers, HasSubstr("Content-Type: application/x-ndjson\r\n"));
  publish(sample::events());
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) EXPECT_EQ(reader.line(), json_of(sequence));
}

TEST_F(EventStreamsOfAServer, GoOnTickAfterTick) {
  start_with({});
  Reader reader(socket_path(), "/api/v1/events?kind=stall");
  static_cast<void>(reader.headers());
  for (std::uint64_t tick = 0; tick < 50; ++tick) {
    publish(sample::events());
    EXPECT_EQ(reader.line(), json_of(5 * tick + 4));
  }
}

TEST_F(EventStreamsOfAServer, AreEachReadersOwn) {
  start_with({});
  publish(sample::events());
  Reader all(socket_path(), "/api/v1/events?since=0");
  Reader some(socket_path(), "/api/v1/events?since=0&service=world");
  static_cast<void>(all.headers());
  static_cast<void>(some.headers());
  EXPECT_EQ(all.line(), json_of(1));
  EXPECT_EQ(all.line(), json_of(2));
  EXPECT_EQ(some.line(), json_of(1));
  EXPECT_EQ(some.line(), json_of(4));
}

TEST_F(EventStreamsOfAServer, ShowThatTheAgentIsThere) {
  start_with({.heartbeat = 10ms});
  Reader reader(socket_path(), "/api/v1/events");
  static_cast<void>(reader.headers());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reader.line(), R"({"schema_version":1,"event":"heartbeat","sequence":0})");
}

TEST_F(EventStreamsOfAServer, EndWithTheAgent) {
  start_with({});
  publish(sample::events());
  Reader reader(socket_path(), "/api/v1/events?since=0");
  static_cast<void>(reader.headers());
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(reader.line().empty());
  server_.reset();
  EXPECT_EQ(reader.line(), "");
  EXPECT_TRUE(reader.ended());
}

TEST_F(EventStreamsOfAServer, AreRefusedAboveTheirNumber) {
  start_with({.streams = 16});
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < 16; ++i) {
    readers.push_back(std::make_unique<Reader>(socket_path(), "/api/v1/events"));
    EXPECT_THAT(readers.back()->headers(), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  const std::string refused = get_unix("/api/v1/events");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("16 streams of events are open, as many as there may be"));
  EXPECT_THAT(get_unix("/healthz"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(EventStreamsOfAServer, GiveTheirPlaceBackWhenTheClientIsGone) {
  start_with({.streams = 1, .heartbeat = 10ms});
  {
    Reader reader(socket_path(), "/api/v1/events");
    EXPECT_THAT(reader.headers(), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  const auto deadline = monotonic_now() + 10s;
  std::string headers;
  do {
    Reader next(socket_path(), "/api/v1/events");
    headers = next.headers();
  } while (!headers.starts_with("HTTP/1.1 200 OK\r\n") && monotonic_now() < deadline);
  EXPECT_THAT(headers, StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(EventStreamsOfAServer, LoseEventsForASlowReaderAndSayHowMany) {
  constexpr std::uint64_t kTicks = 20;
  constexpr std::uint64_t kEvents = kTicks * model::EventLog::kKept;
  start_with({});
  Reader reader(socket_path(), "/api/v1/events", 4096);
  static_cast<void>(reader.headers());
  // Some 20 MiB, of which nothing is read.
  for (std::uint64_t tick = 0; tick < kTicks; ++tick)
    publish(std::vector<model::Event>(model::EventLog::kKept, sample::events()[0]));
  std::uint64_t told = 0;
  std::uint64_t lost = 0;
  while (told + lost < kEvents) {
    const std::string line = reader.line();
    ASSERT_FALSE(line.empty());
    const json object = json::parse(line);
    if (object["event"] == "lost") {
      lost += object["count"].get<std::uint64_t>();
    } else {
      ++told;
      EXPECT_EQ(object["sequence"], told + lost);
    }
  }
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(told + lost, kEvents);
}

TEST_F(EventStreamsOfAServer, HaveNoBodyForAHead) {
  start_with({.streams = 1});
  const std::string answer = ask(connect_unix(socket_path()).fd(), "HEAD", "/api/v1/events");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST_F(EventStreamsOfAServer, AreRefusedOverTcpAndBehindTheNewestEvent) {
  start_with({});
  EXPECT_THAT(get_tcp("/api/v1/events"), StartsWith("HTTP/1.1 403 "));
  publish(sample::events());
  const std::string refused = get_unix("/api/v1/events?since=6");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(refused, HasSubstr("since 6: the newest event is 5; the agent may have been started anew"));
}

}  // namespace
}  // namespace tickwire::api
