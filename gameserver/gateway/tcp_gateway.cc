// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/tcp_gateway.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace tickwire::game {
namespace {

constexpr int kAcceptsPerWakeUp = 64;
// A client may fill its share of a wake-up and no more: the others have their turn, the rest is still in the socket.
constexpr int kReadsPerWakeUp = 16;

// What the kernel may hold of a client that has not been put on the wire. More would be old snapshots: beyond it they wait in the outbox,
// where a newer one takes their place.
constexpr int kUnsentBytes = 16 * 1024;

UniqueFd open_spare() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool is_farewell(const Message& message) {
  return std::holds_alternative<Bye>(message.body) || std::holds_alternative<Reject>(message.body);
}

}  // namespace

TcpGateway::TcpGateway(UniqueFd listener, std::size_t max_sockets, Poller& borrowed_poller, Front& borrowed_front,
                       TcpStats& borrowed_stats)
    : listener_(std::move(listener)),
      spare_(open_spare()),
      max_sockets_(max_sockets),
      poller_(&borrowed_poller),
      front_(&borrowed_front),
      stats_(&borrowed_stats) {}

std::uint16_t TcpGateway::port() const { return Endpoint::local_of(listener_.fd()).port(); }

void TcpGateway::accept(Nanoseconds now_mono) {
  now_mono_ = now_mono;
  for (int i = 0; i < kAcceptsPerWakeUp; ++i) {
    UniqueFd fd(::accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      adopt(std::move(fd), now_mono);
    } else if (errno == EMFILE || errno == ENFILE) {
      refuse_without_descriptor();
    } else if (errno == EAGAIN || errno == EINTR) {
      break;
    }
  }
  flush(now_mono);
}

// Without this the connection would stay in the queue, and the loop would spin on it.
void TcpGateway::refuse_without_descriptor() {
  spare_.reset();
  UniqueFd refused(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  if (refused) front_->count_refused(Reason::kServerFull);
  refused.reset();
  spare_ = open_spare();
}

void TcpGateway::adopt(UniqueFd fd, Nanoseconds now_mono) {
  ++stats_->accepted;
  if (clients_.size() >= max_sockets_) return front_->count_refused(Reason::kServerFull);
  const int on = 1;
  ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes, sizeof kUnsentBytes);
  const std::uint64_t id = next_id_++;
  if (!poller_->add(fd.fd(), EPOLLIN, id)) return front_->count_refused(Reason::kServerFull);
  const auto remote = Endpoint::remote_of(fd.fd());
  Client& client = *clients_.emplace(id, std::make_unique<Client>(*this, id, std::move(fd))).first->second;
  const auto session = front_->add(client, Transport::kTcp, remote, now_mono);
  if (session) {
    client.session = *session;
    return;
  }
  client.send({.header = {}, .body = Reject{.reason = session.error(), .text = reason_name(session.error())}});
  client.close(session.error());
}

void TcpGateway::on_ready(std::uint64_t id, std::uint32_t events, Nanoseconds now_mono) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  now_mono_ = now_mono;
  Client& client = *found->second;
  mark(client);
  // A client that is not to be read would else be reported again and again.
  if (client.paused && (events & (EPOLLHUP | EPOLLERR)) != 0) lose(client);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(client, now_mono);
  flush(now_mono);
}

void TcpGateway::read(Client& client, Nanoseconds now_mono) {
  for (int i = 0; i < kReadsPerWakeUp && !client.gone && (!client.paused || client.closing); ++i) {
    std::array<std::byte, 4096> discarded;
    const auto space = client.closing ? std::span<std::byte>(discarded) : client.in.writable();
    const auto count = ::recv(client.fd.fd(), space.data(), space.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return lose(client);
    if (client.closing) continue;
    stats_->bytes_received += static_cast<std::size_t>(count);
    client.in.commit(static_cast<std::size_t>(count));
    take_frames(client, now_mono);
  }
}

void TcpGateway::take_frames(Client& client, Nanoseconds now_mono) {
  while (!client.closing && !client.paused) {
    const auto frame = client.in.next();
    if (!frame) return front_->end(client.session, Reason::kFrameTooLong, now_mono);
    if (!*frame) return;
    ++stats_->frames_received;
    const auto message = parse_frame(**frame);
    if (!message) {
      ++stats_->errors[static_cast<std::size_t>(message.error())];
      return front_->end(client.session, Reason::kMalformed, now_mono);
    }
    front_->take(client.session, *message, now_mono);
  }
}

void TcpGateway::Client::pause() {
  paused = true;
  gateway.mark(*this);
}

void TcpGateway::Client::resume() {
  paused = false;
  gateway.mark(*this);
}

void TcpGateway::queue(Client& client, const Message& message) {
  mark(client);
  encode_frame(message, buffer_);
  ++stats_->frames_sent;
  if (is_farewell(message)) return client.out.push_last(buffer_, now_mono_);
  if (!client.out.push(buffer_, now_mono_)) client.too_slow = true;
}

void TcpGateway::queue_snapshot(Client& client, const Message& message) {
  mark(client);
  encode_frame(message, buffer_);
  ++stats_->frames_sent;
  if (client.out.offer_snapshot(buffer_, now_mono_)) ++stats_->coalesced_snapshots;
}

void TcpGateway::mark(Client& client) {
  if (std::exchange(client.dirty, true)) return;
  dirty_.push_back(client.id);
}

void TcpGateway::flush(Nanoseconds now_mono) {
  now_mono_ = now_mono;
  // What is taken from a client that may be read again makes the front speak, and marks it once more.
  while (!dirty_.empty()) {
    flushing_.swap(dirty_);
    for (const auto id : flushing_) {
      const auto found = clients_.find(id);
      if (found == clients_.end()) continue;
      found->second->dirty = false;
      flush(*found->second, now_mono);
      if (found->second->gone) clients_.erase(found);
    }
    flushing_.clear();
  }
}

void TcpGateway::flush(Client& client, Nanoseconds now_mono) {
  if (client.too_slow && !client.closing) front_->end(client.session, Reason::kSlow, now_mono);
  take_frames(client, now_mono);
  write(client, now_mono);
  if (client.gone) return;
  watch(client);
  if (!client.closing) return;
  if (!client.closes_at_mono) client.closes_at_mono = now_mono + kFarewellTimeout;
  // Only our direction is closed: a close() with unread bytes would reset the connection, and the reason would be lost on the way.
  if (client.out.pending().empty()) ::shutdown(client.fd.fd(), SHUT_WR);
}

void TcpGateway::write(Client& client, Nanoseconds now_mono) {
  while (!client.gone && !client.out.pending().empty()) {
    const auto pending = client.out.pending();
    const auto count = ::send(client.fd.fd(), pending.data(), pending.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) return lose(client);
    stats_->bytes_sent += static_cast<std::size_t>(count);
    client.out.consume(static_cast<std::size_t>(count), now_mono);
  }
}

void TcpGateway::watch(Client& client) {
  std::uint32_t events = 0;
  if (!client.paused || client.closing) events |= EPOLLIN;
  if (!client.out.pending().empty()) events |= EPOLLOUT;
  if (events == client.events) return;
  client.events = events;
  poller_->modify(client.fd.fd(), events, client.id);
}

void TcpGateway::lose(Client& client) {
  client.gone = true;
  mark(client);
  // A client that was told why has been counted.
  if (!client.closing) front_->lost(client.session);
  client.closing = true;
}

void TcpGateway::sweep(Nanoseconds now_mono) {
  now_mono_ = now_mono;
  for (auto entry = clients_.begin(); entry != clients_.end();) {
    Client& client = *entry->second;
    if (!client.closing && client.out.stuck_for(now_mono) > kSlowTimeout) front_->end(client.session, Reason::kSlow, now_mono);
    const bool over = client.closes_at_mono && now_mono > *client.closes_at_mono;
    entry = over ? clients_.erase(entry) : std::next(entry);
  }
  flush(now_mono);
}

}  // namespace tickwire::game
