// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/udp_gateway.h"

#include "gameserver/protocol/datagram.h"

namespace tickwire::game {
namespace {

// 16 batches of 64 are received in well under a millisecond.
constexpr int kBatchesPerWakeUp = 16;

}  // namespace

Result<UdpGateway> UdpGateway::open(const std::string& host, std::uint16_t port, Game& borrowed_game,
                                    ServerStats& borrowed_stats) {
  auto socket = DatagramSocket::open(host, port);
  if (!socket) return std::unexpected(socket.error());
  return UdpGateway(std::move(*socket), borrowed_game, borrowed_stats);
}

void UdpGateway::receive(Nanoseconds now_mono) {
  for (int batch = 0; batch < kBatchesPerWakeUp; ++batch) {
    const auto datagrams = socket_.receive();
    for (const auto& datagram : datagrams) take(datagram, now_mono);
    if (datagrams.size() < DatagramSocket::kBatch) break;
  }
  count(socket_.flush());
}

void UdpGateway::take(const ReceivedDatagram& datagram, Nanoseconds now_mono) {
  ++stats_->udp_datagrams_received;
  stats_->udp_bytes_received += datagram.bytes.size();
  const auto message = datagram.truncated ? std::unexpected(ParseError::kBadLength) : parse_datagram(datagram.bytes);
  if (!message) {
    ++stats_->udp_errors[static_cast<std::size_t>(message.error())];
    return;
  }
  if (const auto* hello = std::get_if<Hello>(&message->body)) return greet(datagram, message->header, *hello, now_mono);
  const auto found = clients_.find(datagram.remote);
  if (found == clients_.end() || found->second.session.conn != message->header.conn) {
    ++stats_->udp_unknown_senders;
    return;
  }
  Client& client = found->second;
  if (!client.confirmed) {
    client.confirmed = true;
    ++stats_->udp_confirmed;
  }
  if (const auto reason = game_->handle(client.session, *message, now_mono)) end(found, *reason, now_mono);
}

void UdpGateway::greet(const ReceivedDatagram& datagram, const Header& hello_header, const Hello& hello, Nanoseconds now_mono) {
  const auto known = clients_.find(datagram.remote);
  if (known != clients_.end()) {
    Client& client = known->second;
    // Another nonce from an address in use is a forgery or a restarted client; the old session ends by its own timeout.
    if (client.nonce != hello.nonce || client.confirmed) {
      ++stats_->udp_unknown_senders;
      return;
    }
    static_cast<void>(client.session.received.receive(hello_header.seq, now_mono));
    const Header header = game_->next_header(client.session, now_mono);
    return send(datagram.remote, client.own, {.header = header, .body = game_->welcome(client.session, hello.nonce)});
  }
  Client client{.own = datagram.own, .nonce = hello.nonce};
  client.session.heard_mono = now_mono;
  static_cast<void>(client.session.received.receive(hello_header.seq, now_mono));
  const auto welcome = game_->join(client.session, hello);
  if (!welcome) {
    game_->leave(client.session, welcome.error());
    const Reject reject{.reason = welcome.error(), .text = reason_name(welcome.error())};
    return send(datagram.remote, datagram.own, {.header = {}, .body = reject});
  }
  const Header header = game_->next_header(client.session, now_mono);
  send(datagram.remote, datagram.own, {.header = header, .body = *welcome});
  clients_.emplace(datagram.remote, client);
}

void UdpGateway::send_tick(Nanoseconds now_mono) {
  for (auto& [remote, client] : clients_) {
    if (!client.confirmed) continue;
    send(remote, client.own, game_->snapshot(client.session, now_mono));
    for (const auto& chat : game_->chats()) {
      const Header header = game_->next_header(client.session, now_mono);
      send(remote, client.own, {.header = header, .body = Chat{.player_id = chat.player, .text = chat.text}});
    }
  }
  count(socket_.flush());
}

void UdpGateway::sweep(Nanoseconds now_mono) {
  for (auto client = clients_.begin(); client != clients_.end();) {
    const auto limit = client->second.confirmed ? kIdleTimeout : kNewcomerTimeout;
    const bool idle = now_mono - client->second.session.heard_mono > limit;
    client = idle ? end(client, Reason::kIdle, now_mono) : std::next(client);
  }
  count(socket_.flush());
}

void UdpGateway::close(Nanoseconds now_mono) {
  for (auto client = clients_.begin(); client != clients_.end();) client = end(client, Reason::kShutdown, now_mono);
  count(socket_.flush());
}

UdpGateway::Clients::iterator UdpGateway::end(Clients::iterator client, Reason reason, Nanoseconds now_mono) {
  Session& session = client->second.session;
  if (client->second.confirmed) {
    const Header header = game_->next_header(session, now_mono);
    send(client->first, client->second.own, {.header = header, .body = Bye{.reason = reason}});
  }
  game_->leave(session, reason);
  return clients_.erase(client);
}

void UdpGateway::send(const Endpoint& remote, const OwnAddress& own, const Message& message) {
  encode_datagram(message, buffer_);
  stats_->udp_bytes_sent += buffer_.size();
  count(socket_.queue(remote, own, buffer_));
}

void UdpGateway::count(SendCounts counts) {
  stats_->udp_datagrams_sent += counts.sent;
  stats_->udp_send_drops += counts.dropped;
}

}  // namespace tickwire::game
