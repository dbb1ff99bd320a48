// What it owns: the echo: a peer whose answers take a known time, with a log of when each one really left.
// Who may use it: main, tests.
// Thread: run() on one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gameserver/common/line_file.h"
#include "gameserver/common/poller.h"
#include "gameserver/gateway/datagram_socket.h"
#include "gameserver/protocol/frame.h"
#include "gameserver/server/options.h"

namespace tickwire::game {

// Answers are held in one queue, which is in order of their due times as the delay is the same for all. It is bounded: beyond
// kMaxHeldBytes a datagram is not answered and a TCP client is closed.
class Echo {
 public:
  static constexpr std::size_t kMaxHeldBytes = 64 * 1024 * 1024;

  // Opens sockets and the log; options.echo_delay_ms is set.
  [[nodiscard]] static Result<std::unique_ptr<Echo>> open(const ServerOptions& options);

  [[nodiscard]] std::uint16_t udp_port() const { return udp_->port(); }
  [[nodiscard]] std::uint16_t tcp_port() const;
  // Until borrowed_stop_fd is readable or the duration has passed. Answers that are not due by then are not sent.
  void run(int borrowed_stop_fd);

 private:
  struct Stamps {
    Nanoseconds received_unix{};  // the kernel's, or of the read
    Nanoseconds read_unix{};
    Nanoseconds read_mono{};
  };
  struct Answer {
    std::uint64_t client = 0;  // 0: UDP
    Endpoint remote;
    OwnAddress own;
    std::vector<std::byte> bytes;
    Stamps stamps;
    Nanoseconds due_mono{};
  };
  struct Client {
    UniqueFd fd;
    Endpoint remote;
    FrameReader in;
  };

  explicit Echo(const ServerOptions& options);
  Result<void> open_parts();
  void receive_datagrams();
  void accept();
  void read(std::uint64_t id);
  // False when the client is to be closed.
  bool read_once(std::uint64_t id, Client& client, bool& more);
  bool hold(Answer answer);
  void answer_due(Nanoseconds now_mono);
  bool send(const Answer& answer);
  void log(const Answer& answer, Nanoseconds sent_unix, Nanoseconds sent_mono);

  ServerOptions options_;
  Nanoseconds delay_;
  std::optional<Poller> poller_;
  std::optional<DeadlineTimer> timer_;
  std::optional<DatagramSocket> udp_;
  std::optional<UniqueFd> listener_;
  std::optional<LineFile> log_;
  std::unordered_map<std::uint64_t, Client> clients_;
  std::uint64_t next_id_;
  std::deque<Answer> answers_;
  std::size_t held_bytes_ = 0;
};

}  // namespace tickwire::game
