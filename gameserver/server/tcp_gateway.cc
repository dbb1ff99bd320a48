// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/tcp_gateway.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "gameserver/common/endpoint.h"
#include "gameserver/gateway/listen.h"

namespace tickwire::game {
namespace {

constexpr int kAcceptsPerWakeUp = 64;
// A client may fill its share of a wake-up and no more: the others have their turn, the rest is still in the socket.
constexpr int kReadsPerWakeUp = 16;
// Sockets beyond the players: newcomers that have not said hello, and clients that are being closed.
constexpr std::size_t kSpareSockets = 256;

// What the kernel may hold of a client that has not been put on the wire. More would be old snapshots: beyond it they wait in the outbox,
// where a newer one takes their place.
constexpr int kUnsentBytes = 16 * 1024;

UniqueFd open_spare() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

TcpGateway::TcpGateway(UniqueFd listener, Poller& borrowed_poller, Game& borrowed_game, ServerStats& borrowed_stats)
    : listener_(std::move(listener)),
      spare_(open_spare()),
      poller_(&borrowed_poller),
      game_(&borrowed_game),
      stats_(&borrowed_stats) {}

std::uint16_t TcpGateway::port() const { return Endpoint::local_of(listener_.fd()).port(); }

void TcpGateway::accept(Nanoseconds now_mono) {
  for (int i = 0; i < kAcceptsPerWakeUp; ++i) {
    UniqueFd fd(::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      adopt(std::move(fd), now_mono);
    } else if (errno == EMFILE || errno == ENFILE) {
      refuse_without_descriptor();
    } else if (errno == EAGAIN || errno == EINTR) {
      return;
    }
  }
}

// Without this the connection would stay in the queue, and the loop would spin on it.
void TcpGateway::refuse_without_descriptor() {
  spare_.reset();
  UniqueFd refused(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  if (refused) ++stats_->leaves[static_cast<std::size_t>(Reason::kServerFull)];
  refused.reset();
  spare_ = open_spare();
}

void TcpGateway::adopt(UniqueFd fd, Nanoseconds now_mono) {
  ++stats_->tcp_accepted;
  const int on = 1;
  ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes, sizeof kUnsentBytes);
  const std::uint64_t id = next_id_++;
  if (!poller_->add(fd.fd(), EPOLLIN, id)) return;
  auto& client = *clients_.emplace(id, std::make_unique<Client>()).first->second;
  client.fd = std::move(fd);
  client.session.heard_mono = now_mono;
  if (clients_.size() > game_->world().max_players() + kSpareSockets) {
    end(client, Reason::kServerFull, now_mono);
    flush(id, client, now_mono);
  }
}

void TcpGateway::on_ready(std::uint64_t id, std::uint32_t events, Nanoseconds now_mono) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = *found->second;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(client, now_mono);
  flush(id, client, now_mono);
  if (client.gone) clients_.erase(found);
}

void TcpGateway::read(Client& client, Nanoseconds now_mono) {
  for (int i = 0; i < kReadsPerWakeUp && !client.gone; ++i) {
    std::array<std::byte, 4096> discarded;
    const auto space = client.closes_at_mono ? std::span<std::byte>(discarded) : client.in.writable();
    const auto count = ::recv(client.fd.fd(), space.data(), space.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return lose(client);
    if (client.closes_at_mono) continue;
    stats_->tcp_bytes_received += static_cast<std::size_t>(count);
    client.in.commit(static_cast<std::size_t>(count));
    take_frames(client, now_mono);
  }
}

void TcpGateway::take_frames(Client& client, Nanoseconds now_mono) {
  while (!client.closes_at_mono) {
    const auto frame = client.in.next();
    if (!frame) return end(client, Reason::kFrameTooLong, now_mono);
    if (!*frame) return;
    ++stats_->tcp_frames_received;
    const auto message = parse_frame(**frame);
    if (!message) {
      ++stats_->tcp_errors[static_cast<std::size_t>(message.error())];
      return end(client, Reason::kMalformed, now_mono);
    }
    take(client, *message, now_mono);
  }
}

void TcpGateway::take(Client& client, const Message& message, Nanoseconds now_mono) {
  Session& session = client.session;
  if (session.player == 0) {
    const auto* hello = std::get_if<Hello>(&message.body);
    if (hello == nullptr) return end(client, Reason::kUnexpected, now_mono);
    const auto welcome = game_->join(session, *hello);
    if (!welcome) return end(client, welcome.error(), now_mono);
    session.heard_mono = now_mono;
    static_cast<void>(session.received.receive(message.header.seq, now_mono));
    return push(client, {.header = game_->next_header(session, now_mono), .body = *welcome}, now_mono);
  }
  if (message.header.conn != session.conn) return end(client, Reason::kMalformed, now_mono);
  if (const auto reason = game_->handle(session, message, now_mono)) end(client, *reason, now_mono);
}

void TcpGateway::push(Client& client, const Message& message, Nanoseconds now_mono) {
  encode_frame(message, buffer_);
  ++stats_->tcp_frames_sent;
  if (!client.out.push(buffer_, now_mono) && !client.closes_at_mono) end(client, Reason::kSlow, now_mono);
}

void TcpGateway::flush(std::uint64_t id, Client& client, Nanoseconds now_mono) {
  while (!client.gone && !client.out.pending().empty()) {
    const auto pending = client.out.pending();
    const auto count = ::send(client.fd.fd(), pending.data(), pending.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) return lose(client);
    stats_->tcp_bytes_sent += static_cast<std::size_t>(count);
    client.out.consume(static_cast<std::size_t>(count), now_mono);
  }
  const bool waits = !client.out.pending().empty();
  if (waits != client.waits_for_room) {
    client.waits_for_room = waits;
    poller_->modify(client.fd.fd(), waits ? EPOLLIN | EPOLLOUT : EPOLLIN, id);
  }
  // Only our direction is closed: a close() with unread bytes would reset the connection, and the reason would be lost on the
  // way.
  if (client.closes_at_mono && !waits) ::shutdown(client.fd.fd(), SHUT_WR);
}

void TcpGateway::end(Client& client, Reason reason, Nanoseconds now_mono) {
  Body body = Reject{.reason = reason, .text = reason_name(reason)};
  if (reason == Reason::kDone || reason == Reason::kShutdown || reason == Reason::kIdle) body = Bye{.reason = reason};
  const Header header = game_->next_header(client.session, now_mono);
  game_->leave(client.session, reason);
  client.closes_at_mono = now_mono + kFarewellTimeout;
  push(client, {.header = header, .body = body}, now_mono);
}

void TcpGateway::lose(Client& client) {
  client.gone = true;
  // A client that was told why has been counted.
  if (!client.closes_at_mono) game_->leave(client.session, Reason::kPeerClosed);
}

void TcpGateway::send_tick(Nanoseconds now_mono) {
  for (auto& [id, client] : clients_) {
    if (client->gone || client->closes_at_mono || client->session.player == 0) continue;
    for (const auto& chat : game_->chats()) {
      if (client->closes_at_mono) break;
      const Header header = game_->next_header(client->session, now_mono);
      push(*client, {.header = header, .body = Chat{.player_id = chat.player, .text = chat.text}}, now_mono);
    }
    if (!client->closes_at_mono) {
      encode_frame(game_->snapshot(client->session, now_mono), buffer_);
      ++stats_->tcp_frames_sent;
      if (client->out.offer_snapshot(buffer_, now_mono)) ++stats_->tcp_coalesced_snapshots;
    }
    flush(id, *client, now_mono);
  }
}

void TcpGateway::sweep(Nanoseconds now_mono) {
  for (auto entry = clients_.begin(); entry != clients_.end();) {
    auto& [id, client] = *entry;
    if (!client->gone && !client->closes_at_mono) {
      const auto limit = client->session.player == 0 ? kNewcomerTimeout : kIdleTimeout;
      if (now_mono - client->session.heard_mono > limit) {
        end(*client, Reason::kIdle, now_mono);
        flush(id, *client, now_mono);
      } else if (client->out.stuck_for(now_mono) > kSlowTimeout) {
        end(*client, Reason::kSlow, now_mono);
        flush(id, *client, now_mono);
      }
    }
    const bool over = client->gone || (client->closes_at_mono && now_mono > *client->closes_at_mono);
    entry = over ? clients_.erase(entry) : std::next(entry);
  }
}

void TcpGateway::close(Nanoseconds now_mono) {
  for (auto& [id, client] : clients_) {
    if (client->gone || client->closes_at_mono) continue;
    end(*client, Reason::kShutdown, now_mono);
    flush(id, *client, now_mono);
  }
  clients_.clear();
}

}  // namespace tickwire::game
