// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/front.h"

#include <utility>

#include "gameserver/gateway/front_parts.h"

namespace tickwire::game {
namespace {

// A ClientId is a serial number and, below it, the client's slot: 65,535 players and the spare clients fit.
constexpr unsigned kSlotBits = 17;
constexpr std::uint64_t kSlotMask = (std::uint64_t{1} << kSlotBits) - 1;

bool is_normal_end(Reason reason) { return reason == Reason::kDone || reason == Reason::kShutdown || reason == Reason::kIdle; }

std::size_t index_of(Reason reason) { return static_cast<std::size_t>(reason); }
std::size_t index_of(Transport transport) { return static_cast<std::size_t>(transport); }

}  // namespace

Front::Front(GatewayId id, FrontOptions options, WorldInbox& borrowed_world, GatewayInbox& borrowed_inbox,
             FrontStats& borrowed_stats)
    : stats_(&borrowed_stats),
      parts_(std::make_unique<Parts>(id, std::move(options), borrowed_world, borrowed_inbox, borrowed_stats)) {}
Front::~Front() = default;

std::expected<ClientId, Reason> Front::add(ClientLink& borrowed_link, Transport transport, const Endpoint& remote,
                                           Nanoseconds now_mono) {
  return parts_->add(borrowed_link, transport, remote, now_mono);
}

void Front::take(ClientId client, const Message& message, Nanoseconds now_mono) {
  if (auto* found = parts_->find(client)) parts_->take(*found, message, now_mono);
}

void Front::end(ClientId client, Reason reason, Nanoseconds now_mono) {
  if (auto* found = parts_->find(client)) parts_->end(*found, reason, now_mono);
}

void Front::lost(ClientId client) {
  if (auto* found = parts_->find(client)) parts_->forget(*found, Reason::kPeerClosed);
}

void Front::serve(Nanoseconds now_mono) { parts_->serve(now_mono); }

void Front::sweep(Nanoseconds now_mono) {
  parts_->tell_waiting();
  for (const auto& client : parts_->clients) {
    if (!client) continue;
    // A page that is open is no player yet: the heartbeat of its WebSocket says whether it is still there.
    if (client->state == Client::State::kNew && client->transport == Transport::kWebSocket) continue;
    // Who waits for the world is not to blame for it.
    const bool newcomer =
        client->state == Client::State::kNew || (client->state == Client::State::kPlaying && !client->confirmed);
    if (now_mono - client->session.heard_mono() <= (newcomer ? kNewcomerTimeout : kIdleTimeout)) continue;
    parts_->end(*client, Reason::kIdle, now_mono);
  }
}

void Front::close(Nanoseconds now_mono) {
  for (const auto& client : parts_->clients) {
    if (client) parts_->end(*client, Reason::kShutdown, now_mono);
  }
}

Front::Parts::Parts(GatewayId front_id, FrontOptions front_options, WorldInbox& borrowed_world, GatewayInbox& borrowed_inbox,
                    FrontStats& borrowed_stats)
    : id(front_id),
      options(std::move(front_options)),
      world(borrowed_world),
      inbox(borrowed_inbox),
      stats(borrowed_stats),
      limits(options.limits),
      desk(options.dictionary) {}

void Front::count_refused(Reason reason) { parts_->count_refused(reason); }

void Front::Parts::count_refused(Reason reason) {
  ++stats.leaves[index_of(reason)];
  ++stats.refused[index_of(reason)];
}

Front::Client* Front::Parts::find(ClientId client) const {
  const auto slot = client & kSlotMask;
  if (slot >= clients.size() || !clients[slot] || clients[slot]->id != client) return nullptr;
  return clients[slot].get();
}

std::expected<ClientId, Reason> Front::Parts::add(ClientLink& link, Transport transport, const Endpoint& remote,
                                                  Nanoseconds now_mono) {
  const auto refuse = [this](Reason reason) {
    count_refused(reason);
    return std::unexpected(reason);
  };
  if (client_count >= options.max_players + kSpareClients) return refuse(Reason::kServerFull);
  if (!limits.enter(remote, now_mono)) return refuse(Reason::kTooMany);
  if (free_slots.empty()) {
    free_slots.push_back(static_cast<std::uint32_t>(clients.size()));
    clients.emplace_back();
  }
  const std::uint32_t slot = free_slots.back();
  free_slots.pop_back();
  clients[slot] = std::make_unique<Client>(Client{.id = next_serial++ << kSlotBits | slot,
                                                  .link = &link,
                                                  .transport = transport,
                                                  .confirmed = transport != Transport::kUdp,
                                                  .remote = remote});
  clients[slot]->session.set_heard(now_mono);
  ++client_count;
  ++stats.clients[index_of(transport)];
  return clients[slot]->id;
}

void Front::Parts::take(Client& client, const Message& message, Nanoseconds now_mono) {
  if (const auto* hello = std::get_if<Hello>(&message.body)) return take_hello(client, message.header, *hello, now_mono);
  if (client.state != Client::State::kPlaying || message.header.conn != client.session.conn()) {
    if (client.is_udp()) {
      ++stats.unknown_senders;
      return;
    }
    return end(client, client.state == Client::State::kPlaying ? Reason::kMalformed : Reason::kUnexpected, now_mono);
  }
  // Behind the check of conn: a forged sender's messages are not the player's.
  if (!client.session.within_rate(now_mono)) return end(client, Reason::kFlood, now_mono);
  if (client.paused && !std::holds_alternative<Bye>(message.body)) {
    ++stats.paused_drops;
    return;
  }
  if (!client.confirmed) {
    client.confirmed = true;
    ++stats.confirmed;
    tell_world(&client, AddressProven{.player = client.player});
  }
  client.session.set_heard(now_mono);
  if ((message.header.flags & kFlagAck) != 0) client.acknowledge(message.header);
  // Twice on the way is no doing of the player's.
  if (!client.session.receive(message.header.seq, now_mono)) {
    ++stats.duplicates;
    return;
  }
  take_body(client, message.body, now_mono);
}

void Front::Parts::take_hello(Client& client, const Header& header, const Hello& hello, Nanoseconds now_mono) {
  if (client.state != Client::State::kNew) {
    if (!client.is_udp()) return end(client, Reason::kUnexpected, now_mono);
    // Another nonce from an address in use is a forgery or a restarted client; the old session ends by its own timeout.
    if (client.nonce != hello.nonce || client.confirmed) {
      ++stats.unknown_senders;
      return;
    }
    static_cast<void>(client.session.receive(header.seq, now_mono));
    if (client.state == Client::State::kPlaying) send_welcome(client, now_mono);
    return;
  }
  client.nonce = hello.nonce;
  client.session.set_heard(now_mono);
  static_cast<void>(client.session.receive(header.seq, now_mono));
  JoinRequest request{.gateway = id,
                      .client = client.id,
                      .name = hello.name,
                      .lockstep = (header.flags & kFlagLockstep) != 0,
                      .unproven = !client.confirmed};
  if (!hello.ticket.empty()) {
    const auto admission = options.tickets ? options.tickets(hello.ticket) : std::unexpected(Reason::kBadTicket);
    if (!admission) return end(client, admission.error(), now_mono);
    request.name = admission->name;
    request.lockstep = admission->mode == GameMode::kLockstep;
    request.account = admission->account;
    request.match = admission->match;
  } else if (!options.guests) {
    return end(client, Reason::kNoGuests, now_mono);
  }
  client.state = Client::State::kJoining;
  tell_world(&client, request);
}

void Front::Parts::take_body(Client& client, const Body& body, Nanoseconds now_mono) {
  if (const auto* input = std::get_if<Input>(&body)) {
    // The world hears of stale ones too: they have no effect, but a rule counts what a player sends.
    const bool stale = !client.session.take_input(input->input_seq);
    if (stale) ++stats.stale_inputs[index_of(client.transport)];
    world.inputs.put(
        client.player,
        {.input_seq = input->input_seq, .client_tick = input->client_tick, .buttons = input->buttons, .received_mono = now_mono},
        stale);
  } else if (const auto* chat = std::get_if<Chat>(&body)) {
    world.chat.push({.player = client.player, .text = std::string(chat->text)});
  } else if (const auto* hash = std::get_if<StateHash>(&body); hash != nullptr && client.frames) {
    tell_world(&client, HashReport{.player = client.player, .hash = *hash});
  } else {
    end(client, std::holds_alternative<Bye>(body) ? Reason::kDone : Reason::kUnexpected, now_mono);
  }
}

void Front::Parts::end(Client& client, Reason reason, Nanoseconds now_mono) {
  Body body = Reject{.reason = reason, .text = reason_name(reason)};
  if (is_normal_end(reason)) body = Bye{.reason = reason};
  // Also to an address that is not proven: its hello was as long as a welcome and this together.
  send(client, body, now_mono);
  client.link->close(reason);
  forget(client, reason);
}

void Front::Parts::forget(Client& client, Reason reason) {
  ++stats.leaves[index_of(reason)];
  --stats.clients[index_of(client.transport)];
  if (client.state == Client::State::kPlaying) {
    --stats.players[index_of(client.transport)];
    if (reason != Reason::kDone && reason != Reason::kShutdown && reason != Reason::kPeerClosed)
      ++stats.evictions[index_of(reason)];
  } else if (reason != Reason::kPeerClosed) {
    ++stats.refused[index_of(reason)];
  }
  if (client.player != 0) tell_world(nullptr, LeaveRequest{.player = client.player, .reason = reason});
  limits.leave(client.remote);
  const auto slot = static_cast<std::uint32_t>(client.id & kSlotMask);
  clients[slot].reset();
  free_slots.push_back(slot);
  --client_count;
}

void Front::Parts::tell_world(Client* client, ToWorld what) {
  const bool first = waiting.empty();
  waiting.push_back(std::move(what));
  if (first && world.control.push(std::move(waiting.front()))) return waiting.pop_front();
  ++stats.world_waits;
  if (client == nullptr || client->paused) return;
  client->paused = true;
  paused.push_back(client->id);
  client->link->pause();
}

void Front::Parts::tell_waiting() {
  while (!waiting.empty() && world.control.push(std::move(waiting.front()))) waiting.pop_front();
  if (!waiting.empty()) return;
  for (const auto client_id : std::exchange(paused, {})) {
    auto* client = find(client_id);
    if (client == nullptr) continue;
    client->paused = false;
    client->link->resume();
  }
}

}  // namespace tickwire::game
