// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/udp_gateway.h"

#include <utility>

#include "gameserver/protocol/datagram.h"

namespace tickwire::game {
namespace {

// 16 batches of 64 are received in well under a millisecond.
constexpr int kBatchesPerWakeUp = 16;

// While a tick is sent nothing is read, and all players send in that time: 2,000 inputs take the kernel some 1.5 MB, as it counts.
constexpr int kSocketBufferBytes = 4 * 1024 * 1024;

}  // namespace

Result<std::unique_ptr<UdpGateway>> UdpGateway::open(const std::string& host, std::uint16_t port, Front& borrowed_front,
                                                     UdpStats& borrowed_stats) {
  auto socket = DatagramSocket::open(host, port);
  if (!socket) return std::unexpected(std::move(socket.error()));
  socket->widen_buffers(kSocketBufferBytes);
  return std::unique_ptr<UdpGateway>(new UdpGateway(std::move(*socket), borrowed_front, borrowed_stats));
}

void UdpGateway::receive(Nanoseconds now_mono) {
  for (int batch = 0; batch < kBatchesPerWakeUp; ++batch) {
    const auto datagrams = socket_.receive();
    for (const auto& datagram : datagrams) {
      take(datagram, now_mono);
      forget_ended();
    }
    if (datagrams.size() < DatagramSocket::kBatch) break;
  }
  count(socket_.flush());
}

void UdpGateway::take(const ReceivedDatagram& datagram, Nanoseconds now_mono) {
  ++stats_->datagrams_received;
  stats_->bytes_received += datagram.bytes.size();
  const auto message = datagram.truncated ? std::unexpected(ParseError::kBadLength) : parse_datagram(datagram.bytes);
  if (!message) {
    ++stats_->errors[static_cast<std::size_t>(message.error())];
    return;
  }
  const auto found = clients_.find(datagram.remote);
  if (found != clients_.end()) return front_->take(found->second.id, *message, now_mono);
  if (std::holds_alternative<Hello>(message->body)) return greet(datagram, *message, now_mono);
  front_->count_unknown_sender();
}

void UdpGateway::greet(const ReceivedDatagram& datagram, const Message& hello, Nanoseconds now_mono) {
  Client& client = clients_.try_emplace(datagram.remote, *this, datagram).first->second;
  const auto id = front_->add(client, Transport::kUdp, datagram.remote, now_mono);
  if (!id) {
    send(client.remote, client.own, {.header = {}, .body = Reject{.reason = id.error(), .text = reason_name(id.error())}});
    clients_.erase(datagram.remote);
    return;
  }
  client.id = *id;
  front_->take(*id, hello, now_mono);
}

void UdpGateway::flush() {
  forget_ended();
  count(socket_.flush());
}

void UdpGateway::forget_ended() {
  for (const auto& remote : ended_) clients_.erase(remote);
  ended_.clear();
}

void UdpGateway::send(const Endpoint& remote, const OwnAddress& own, const Message& message) {
  encode_datagram(message, buffer_);
  stats_->bytes_sent += buffer_.size();
  count(socket_.queue(remote, own, buffer_));
}

void UdpGateway::count(SendCounts counts) {
  stats_->datagrams_sent += counts.sent;
  stats_->send_drops += counts.dropped;
}

}  // namespace tickwire::game
