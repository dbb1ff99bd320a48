// What it owns: the clients that speak TCP.
// Who may use it: the net loop.
// Thread: the net loop's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "gameserver/common/poller.h"
#include "gameserver/gateway/front.h"
#include "gameserver/gateway/outbox.h"
#include "gameserver/gateway/stats.h"
#include "gameserver/protocol/frame.h"

namespace tickwire::game {

// Memory per client: FrameReader's 68 KiB and Outbox's 64 KiB with one snapshot, at most. A client that takes nothing for kSlowTimeout, or
// lets its outbox fill up, is told so and closed; nobody waits for it.
class TcpGateway {
 public:
  // Ids in the poller from here on are clients; the net loop uses smaller ones.
  static constexpr std::uint64_t kFirstClientId = 16;
  static constexpr Nanoseconds kSlowTimeout = std::chrono::seconds(5);
  // A closed client has so long to read why.
  static constexpr Nanoseconds kFarewellTimeout = std::chrono::seconds(1);

  // listener: as open_bound() gives it. max_sockets: of clients, with those that are being closed; beyond it a connection is closed at once.
  TcpGateway(UniqueFd listener, std::size_t max_sockets, Poller& borrowed_poller, Front& borrowed_front,
             TcpStats& borrowed_stats);
  TcpGateway(const TcpGateway&) = delete;
  TcpGateway& operator=(const TcpGateway&) = delete;

  [[nodiscard]] int listener_fd() const { return listener_.fd(); }
  [[nodiscard]] std::uint16_t port() const;

  // Takes the connections that wait, within a bound.
  void accept(Nanoseconds now_mono);
  // Handles events of the client with this id; an id that is gone is ignored.
  void on_ready(std::uint64_t id, std::uint32_t events, Nanoseconds now_mono);
  // Sends what the front has said since the last flush; to be called after each of its calls that is not from here.
  void flush(Nanoseconds now_mono);
  // Ends clients that are slow, and those that were told why long enough ago.
  void sweep(Nanoseconds now_mono);
  [[nodiscard]] bool has_clients() const { return !clients_.empty(); }

 private:
  struct Client final : ClientLink {
    Client(TcpGateway& borrowed_gateway, std::uint64_t poller_id, UniqueFd socket)
        : gateway(borrowed_gateway), id(poller_id), fd(std::move(socket)) {}
    void send(const Message& message) override { gateway.queue(*this, message); }
    void offer(const Message& message) override { gateway.queue_snapshot(*this, message); }
    void pause() override;
    void resume() override;
    void close(Reason) override { closing = true; }

    TcpGateway& gateway;
    std::uint64_t id;  // in the poller
    UniqueFd fd;
    ClientId session = 0;  // in the front; 0: it has none
    FrameReader in;
    Outbox out;
    bool dirty = false;    // among dirty_
    bool paused = false;   // nothing is read, and frames that have been read wait
    bool closing = false;  // the front has forgotten it: it is told why, and its bytes are thrown away
    bool gone = false;     // the socket failed: nothing can be sent any more
    bool too_slow = false;
    std::optional<Nanoseconds> closes_at_mono;  // set once closing was seen
    std::uint32_t events = EPOLLIN;             // what the poller waits for
  };

  void adopt(UniqueFd fd, Nanoseconds now_mono);
  void refuse_without_descriptor();
  void read(Client& client, Nanoseconds now_mono);
  void take_frames(Client& client, Nanoseconds now_mono);
  void queue(Client& client, const Message& message);
  void queue_snapshot(Client& client, const Message& message);
  void mark(Client& client);
  void flush(Client& client, Nanoseconds now_mono);
  void write(Client& client, Nanoseconds now_mono);
  void watch(Client& client);
  // The socket ended without a word.
  void lose(Client& client);

  UniqueFd listener_;
  UniqueFd spare_;  // given up for a moment to close a connection that came when no descriptor was left
  std::size_t max_sockets_;
  Poller* poller_;
  Front* front_;
  TcpStats* stats_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Client>> clients_;
  std::uint64_t next_id_ = kFirstClientId;
  std::vector<std::uint64_t> dirty_;  // clients that the front has said something about
  std::vector<std::uint64_t> flushing_;
  std::vector<std::byte> buffer_;
  Nanoseconds now_mono_{};  // of the call that is running
};

}  // namespace tickwire::game
