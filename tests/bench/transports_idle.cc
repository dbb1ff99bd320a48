// SPDX-License-Identifier: Apache-2.0
#include "bench/transports_idle.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/transports_server.h"
#include "gameserver/common/poller.h"
#include "gameserver/gateway/front.h"
#include "gameserver/protocol/frame.h"
#include "gameserver/web/web_gateway.h"

namespace tickwire::bench {
namespace {

using game::monotonic_now;
using game::UniqueFd;

constexpr auto kInputEvery = std::chrono::seconds(10);
constexpr std::string_view kHandshake =
    "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

[[noreturn]] void fail(const char* what) { throw std::runtime_error(std::string(what) + ": " + std::strerror(errno)); }

struct Usage {
  double resident_bytes = 0;
  double processor_s = 0;
  std::uint64_t received = 0;
};

Usage usage_now(const game::WebStats& stats) {
  std::ifstream statm("/proc/self/statm");
  double all_pages = 0, resident_pages = 0;
  statm >> all_pages >> resident_pages;
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return {.resident_bytes = resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE)),
          .processor_s = std::chrono::duration<double>(game::to_nanoseconds(used)).count(),
          .received = stats.messages_received.value()};
}

// Gives everybody a place; there are no ticks.
void play_world(game::WorldInbox& to_world, game::GatewayInbox& from_world) {
  std::vector<game::ToWorld> asked;
  game::PlayerId next = 1;
  for (;;) {
    static_cast<void>(to_world.wake->wait_until(game::Nanoseconds::max()));
    to_world.wake->drain();
    to_world.control.drain(asked);
    for (const auto& what : asked) {
      const auto* join = std::get_if<game::JoinRequest>(&what);
      if (join == nullptr) continue;
      static_cast<void>(from_world.control.push(game::Joined{.client = join->client, .seat = game::Seat{.player = next++}}));
    }
  }
}

// Never returns: it is killed. Reports at each byte.
[[noreturn]] void serve(unsigned connections, int borrowed_control) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  game::raise_file_limit();
  pin_to(0);
  const auto to_world = *game::WorldInbox::open(connections);
  const auto from_world = *game::GatewayInbox::open("web", connections);
  game::FrontStats front_stats;
  game::Front front(0, {.max_players = connections, .limits = {.most_connections = 0, .joins_per_s = 0}}, *to_world, *from_world,
                    front_stats);
  const game::WebOptions options{.bind = "127.0.0.1",
                                 .port = 0,
                                 .max_connections = connections + 1,
                                 .per_address = {.most_connections = 0, .joins_per_s = 0}};
  const auto gateway = *game::WebGateway::open(options, {}, &front, from_world->wake);
  std::thread([&] { play_world(*to_world, *from_world); }).detach();
  std::thread([&] { gateway->run(); }).detach();
  const auto port = gateway->port();
  if (::write(borrowed_control, &port, sizeof port) != sizeof port) ::_exit(1);
  for (char byte = 0; ::read(borrowed_control, &byte, 1) == 1;) {
    const auto usage = usage_now(gateway->stats());
    if (::write(borrowed_control, &usage, sizeof usage) != sizeof usage) break;
  }
  ::_exit(0);
}

class Server {
 public:
  explicit Server(unsigned connections) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail("open a pair of sockets");
    control_.reset(ends[0]);
    UniqueFd its(ends[1]);
    pid_ = ::fork();
    if (pid_ < 0) fail("start a server");
    if (pid_ == 0) {
      control_.reset();
      serve(connections, its.fd());
    }
    its.reset();
    read_all(&port_, sizeof port_);
  }
  ~Server() {
    control_.reset();
    ::waitpid(pid_, nullptr, 0);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Usage usage() const {
    if (::send(control_.fd(), "r", 1, MSG_NOSIGNAL) != 1) fail("ask the server");
    Usage usage;
    read_all(&usage, sizeof usage);
    return usage;
  }

 private:
  void read_all(void* out, std::size_t size) const {
    if (::recv(control_.fd(), out, size, MSG_WAITALL) != static_cast<ssize_t>(size)) fail("the server ended");
  }
  UniqueFd control_;
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

// A binary message or a pong, masked with zeros: what is sent is what is meant.
std::string masked_frame(unsigned opcode, std::string_view payload) {
  std::string frame{static_cast<char>(0x80 | opcode), static_cast<char>(0x80 | payload.size()), '\0', '\0', '\0', '\0'};
  return frame.append(payload);
}

class Player {
 public:
  explicit Player(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    if (::connect(fd_.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
    send(kHandshake);
    if (!receive().starts_with("HTTP/1.1 101")) throw std::runtime_error("the gateway refused a player");
  }
  [[nodiscard]] int fd() const { return fd_.fd(); }

  void say_hello() { send_message(game::Hello{.nonce = 1}); }
  void take_welcome() {
    const auto frame = receive();
    const auto welcome = game::parse_frame(std::as_bytes(std::span(frame).subspan(2)));
    if (!welcome) throw std::runtime_error("no welcome");
    conn_ = welcome->header.conn;
  }
  void send_input() { send_message(game::Input{.input_seq = seq_}); }
  // The only thing that comes is a ping.
  void answer_ping() {
    if (receive().front() != static_cast<char>(0x89)) throw std::runtime_error("the gateway ended a player");
    send(masked_frame(10, {}));
  }

 private:
  void send_message(const game::Body& body) {
    std::vector<std::byte> bytes;
    game::encode_frame({.header = {.conn = conn_, .seq = ++seq_}, .body = body}, bytes);
    send(masked_frame(
        2, {reinterpret_cast<const char*>(bytes.data()) + game::kFrameLengthBytes, bytes.size() - game::kFrameLengthBytes}));
  }
  void send(std::string_view bytes) const {
    if (::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) fail("send");
  }
  [[nodiscard]] std::string receive() const {
    std::array<char, 1024> bytes;
    const auto count = ::recv(fd(), bytes.data(), bytes.size(), 0);
    if (count <= 0) throw std::runtime_error("the gateway ended a player");
    return {bytes.data(), static_cast<std::size_t>(count)};
  }

  UniqueFd fd_;
  std::uint32_t conn_ = 0;
  std::uint16_t seq_ = 0;
};

// Answers pings, and lets each player send an input in his turn.
void idle(std::vector<Player>& players, double seconds) {
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  for (std::size_t i = 0; i < players.size(); ++i) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    if (::epoll_ctl(epoll.fd(), EPOLL_CTL_ADD, players[i].fd(), &event) != 0) fail("epoll_ctl");
  }
  const auto begin = monotonic_now();
  const auto end = begin + std::chrono::duration_cast<game::Nanoseconds>(std::chrono::duration<double>(seconds));
  std::uint64_t sent = 0;
  for (auto now = begin; now < end; now = monotonic_now()) {
    const auto due = static_cast<std::uint64_t>((now - begin).count()) * players.size() /
                     static_cast<std::uint64_t>(game::Nanoseconds(kInputEvery).count());
    for (; sent < due; ++sent) players[sent % players.size()].send_input();
    std::array<epoll_event, 256> events;
    const int ready = ::epoll_wait(epoll.fd(), events.data(), events.size(), 10);
    for (int i = 0; i < ready; ++i) players[events[static_cast<std::size_t>(i)].data.u64].answer_ping();
  }
}

}  // namespace

IdleCost measure_idle(unsigned connections, double seconds) {
  game::raise_file_limit();
  const Server server(connections);
  const Usage empty = server.usage();
  std::vector<Player> players;
  players.reserve(connections);
  for (unsigned i = 0; i < connections; ++i) players.emplace_back(server.port());
  const Usage connected = server.usage();
  for (auto& player : players) player.say_hello();
  for (auto& player : players) player.take_welcome();
  const Usage playing = server.usage();
  idle(players, seconds);
  const Usage after = server.usage();
  return {.connected_bytes = (connected.resident_bytes - empty.resident_bytes) / connections,
          .playing_bytes = (playing.resident_bytes - empty.resident_bytes) / connections,
          .processor = (after.processor_s - playing.processor_s) / seconds,
          .messages_per_s = static_cast<double>(after.received - playing.received) / seconds};
}

}  // namespace tickwire::bench
