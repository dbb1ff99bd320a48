// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "gameserver/bots/churn_visit.h"
#include "gameserver/bots/raw_socket.h"
#include "gameserver/protocol/datagram.h"
#include "gameserver/protocol/frame.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Nanoseconds kAnswerTimeout = seconds(5);
// A newcomer may be silent for 3 s, which is looked at once a second; then a second passes until the server closes.
constexpr Nanoseconds kSilenceTimeout = seconds(8);

std::vector<std::byte> random_bytes(std::mt19937_64& random, std::size_t least, std::size_t most) {
  std::vector<std::byte> bytes(least + random() % (most - least + 1));
  std::ranges::generate(bytes, [&random] { return static_cast<std::byte>(random()); });
  return bytes;
}

Message an_input() { return {.header = {.seq = 1}, .body = Input{.input_seq = 1}}; }
Message a_hello(std::mt19937_64& random) {
  return {.header = {.seq = 1}, .body = Hello{.nonce = static_cast<std::uint32_t>(random())}};
}

// The reason with which a stream of frames ended; nullopt: it has no bye or reject at its end.
std::optional<Reason> last_reason(std::span<const std::byte> bytes) {
  std::optional<Reason> reason;
  while (bytes.size() > kFrameLengthBytes) {
    const std::size_t length = ByteReader(bytes).read<std::uint32_t>();
    if (bytes.size() - kFrameLengthBytes < length) return std::nullopt;
    const auto message = parse_frame(bytes.subspan(kFrameLengthBytes, length));
    if (!message) return std::nullopt;
    reason.reset();
    if (const auto* bye = std::get_if<Bye>(&message->body)) reason = bye->reason;
    if (const auto* reject = std::get_if<Reject>(&message->body)) reason = reject->reason;
    bytes = bytes.subspan(kFrameLengthBytes + length);
  }
  return reason;
}

// Sends bytes and waits for the end of the connection, which is to have one of the reasons.
VisitResult expect_end(const ChurnTarget& target, std::span<const std::byte> bytes, std::initializer_list<Reason> reasons,
                       Nanoseconds timeout) {
  auto socket = RawSocket::connect(target.tcp, target.source, SOCK_STREAM);
  if (!socket) return std::unexpected(socket.error());
  if (!bytes.empty()) socket->send(bytes);
  std::vector<std::byte> answer;
  const auto end = socket->read_to_end(answer, monotonic_now() + timeout);
  if (end == ReadEnd::kTimeout) return std::unexpected(std::string("the connection did not end"));
  // Beyond its sockets the server closes without a word.
  if (answer.empty()) return VisitEnd::kRefused;
  const auto reason = last_reason(answer);
  if (!reason) return std::unexpected(std::string("the connection ended without a reason"));
  if (*reason == Reason::kTooMany || *reason == Reason::kServerFull) return VisitEnd::kRefused;
  if (std::ranges::find(reasons, *reason) != reasons.end()) return VisitEnd::kAsExpected;
  return std::unexpected(fmt::format("the connection ended with {}", reason_name(*reason)));
}

std::vector<std::byte> frame_of(std::span<const std::byte> message) {
  std::vector<std::byte> bytes;
  ByteWriter writer(bytes);
  writer.write(static_cast<std::uint32_t>(message.size()));
  writer.write_bytes(message);
  return bytes;
}

VisitResult tcp_bad_length(const ChurnTarget& target, std::mt19937_64& random) {
  auto bytes = random_bytes(random, 4, 400);
  bytes[0] |= std::byte{0x01};  // at least 16 MiB
  return expect_end(target, bytes, {Reason::kFrameTooLong}, kAnswerTimeout);
}

VisitResult tcp_bad_frame(const ChurnTarget& target, std::mt19937_64& random) {
  auto message = random_bytes(random, 1, 400);
  message[0] = std::byte{0};  // no magic
  return expect_end(target, frame_of(message), {Reason::kMalformed}, kAnswerTimeout);
}

VisitResult tcp_input_first(const ChurnTarget& target, std::mt19937_64&) {
  std::vector<std::byte> bytes;
  encode_frame(an_input(), bytes);
  return expect_end(target, bytes, {Reason::kUnexpected}, kAnswerTimeout);
}

VisitResult tcp_hello_twice(const ChurnTarget& target, std::mt19937_64& random) {
  std::vector<std::byte> bytes, again;
  encode_frame(a_hello(random), bytes);
  encode_frame(a_hello(random), again);
  bytes.insert(bytes.end(), again.begin(), again.end());
  return expect_end(target, bytes, {Reason::kUnexpected}, kAnswerTimeout);
}

VisitResult tcp_half_a_frame(const ChurnTarget& target, std::mt19937_64& random) {
  const std::vector<std::byte> message(200);
  auto bytes = frame_of(message);
  bytes.resize(random() % 100);
  return expect_end(target, bytes, {Reason::kIdle}, kSilenceTimeout);
}

VisitResult tcp_reset(const ChurnTarget& target, std::mt19937_64& random) {
  auto socket = RawSocket::connect(target.tcp, target.source, SOCK_STREAM);
  if (!socket) return std::unexpected(socket.error());
  std::vector<std::byte> bytes;
  encode_frame(a_hello(random), bytes);
  if (random() % 2 == 0) socket->send(bytes);
  socket->reset_on_close();
  return VisitEnd::kAsExpected;
}

// Joins and reads nothing: the server is to end it or to let it be, but not to wait for it, which the other visits show.
VisitResult tcp_reads_nothing(const ChurnTarget& target, std::mt19937_64& random) {
  constexpr int kSmallest = 1;
  auto socket = RawSocket::connect(target.tcp, target.source, SOCK_STREAM, kSmallest);
  if (!socket) return std::unexpected(socket.error());
  std::vector<std::byte> bytes;
  encode_frame(a_hello(random), bytes);
  socket->send(bytes);
  const auto until = monotonic_now() + seconds(2) + milliseconds(random() % 8'000);
  std::vector<std::byte> answer;
  if (socket->read(answer, until) != ReadEnd::kBytes) return VisitEnd::kRefused;
  while (monotonic_now() < until) {
    const auto left = to_timespec(until - monotonic_now());
    ::nanosleep(&left, nullptr);
  }
  socket->reset_on_close();
  return VisitEnd::kAsExpected;
}

// The next datagram that is for this visitor. A player who vanished may have had the same port: for half a minute the server goes on
// sending to it, with a conn of its own.
ReadEnd read_ours(RawSocket& socket, std::vector<std::byte>& answer, std::uint32_t conn, Nanoseconds deadline_mono) {
  for (;;) {
    const auto end = socket.read(answer, deadline_mono);
    if (end != ReadEnd::kBytes) return end;
    const auto message = parse_datagram(answer);
    if (!message || std::holds_alternative<Welcome>(message->body) || message->header.conn == conn) return end;
  }
}

// Nothing may be answered to datagrams that are no messages.
VisitResult udp_garbage(const ChurnTarget& target, std::mt19937_64& random) {
  auto socket = RawSocket::connect(target.udp, target.source, SOCK_DGRAM);
  if (!socket) return std::unexpected(socket.error());
  for (std::size_t i = 0; i < 20; ++i) {
    auto bytes = random_bytes(random, 1, 1'400);
    bytes[0] = std::byte{0};  // no magic
    socket->send(bytes);
  }
  std::vector<std::byte> bytes;
  encode_datagram(a_hello(random), bytes);
  bytes.pop_back();
  socket->send(bytes);
  encode_datagram(an_input(), bytes);
  socket->send(bytes);
  std::vector<std::byte> answer;
  if (read_ours(*socket, answer, 0, monotonic_now() + milliseconds(500)) != ReadEnd::kBytes) return VisitEnd::kAsExpected;
  return std::unexpected(std::string("garbage was answered"));
}

bool is_for_newcomers(const Message& message) {
  return std::holds_alternative<Welcome>(message.body) || std::holds_alternative<Bye>(message.body) ||
         std::holds_alternative<Reject>(message.body);
}

// One hello and no more: an address that has not shown that it is its own is welcomed and told its end, with no more bytes than have come
// from it.
VisitResult udp_unproven(const ChurnTarget& target, std::mt19937_64& random) {
  auto socket = RawSocket::connect(target.udp, target.source, SOCK_DGRAM);
  if (!socket) return std::unexpected(socket.error());
  std::vector<std::byte> hello;
  encode_datagram(a_hello(random), hello);
  socket->send(hello);
  std::vector<std::byte> answer;
  std::size_t answered_bytes = 0;
  std::uint32_t conn = 0;
  const auto until = monotonic_now() + kAnswerTimeout;
  while (read_ours(*socket, answer, conn, until) == ReadEnd::kBytes) {
    answered_bytes += answer.size();
    const auto message = parse_datagram(answer);
    if (!message || !is_for_newcomers(*message)) {
      return std::unexpected(std::string("an address that was not proven got more than a welcome and its end"));
    }
    conn = message->header.conn;
  }
  if (answered_bytes == 0) return VisitEnd::kRefused;
  if (answered_bytes <= hello.size()) return VisitEnd::kAsExpected;
  return std::unexpected(fmt::format("a hello of {} bytes was answered with {}", hello.size(), answered_bytes));
}

constexpr auto kUdpVisits = std::to_array<VisitKind>({{"udp_garbage", 4, udp_garbage}, {"udp_unproven", 3, udp_unproven}});

constexpr auto kTcpVisits = std::to_array<VisitKind>({{"tcp_bad_length", 2, tcp_bad_length},
                                                      {"tcp_bad_frame", 2, tcp_bad_frame},
                                                      {"tcp_input_first", 1, tcp_input_first},
                                                      {"tcp_hello_twice", 1, tcp_hello_twice},
                                                      {"tcp_half_a_frame", 2, tcp_half_a_frame},
                                                      {"tcp_reset", 3, tcp_reset},
                                                      {"tcp_reads_nothing", 3, tcp_reads_nothing}});

}  // namespace

std::span<const VisitKind> udp_hostile_visits() { return kUdpVisits; }
std::span<const VisitKind> tcp_hostile_visits() { return kTcpVisits; }

}  // namespace tickwire::game
