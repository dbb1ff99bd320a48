// SPDX-License-Identifier: Apache-2.0
#include <variant>

#include "gameserver/gateway/front_parts.h"
#include "gameserver/token/random.h"

namespace tickwire::game {
namespace {

std::uint32_t unguessable_conn() {
  for (;;) {
    if (const auto conn = static_cast<std::uint32_t>(random_u64()); conn != 0) return conn;
  }
}

}  // namespace

void Front::Parts::serve(Nanoseconds now_mono) {
  tell_waiting();
  inbox.control.drain(answers);
  for (const auto& answer : answers) {
    std::visit([&](const auto& kind) { take_answer(kind, now_mono); }, answer);
  }
  inbox.chat.drain(lines);
  const auto frame = inbox.frame.take();
  if (frame) {
    newest = frame;
    desk.push(frame);
  }
  if (lines.empty() && !frame) return;
  for (const auto& client : clients) {
    if (!client || !client->is_served()) continue;
    for (const auto& line : lines) {
      send(*client, Chat{.player_id = line.player, .text = line.text}, now_mono);
      ++stats.chats_sent;
    }
    if (frame) send_frame(*client, *frame, now_mono);
  }
  if (frame) count_snapshots();
}

void Front::Parts::take_answer(const Joined& joined, Nanoseconds now_mono) {
  auto* client = find(joined.client);
  if (client == nullptr) {
    if (joined.seat) tell_world(nullptr, LeaveRequest{.player = joined.seat->player, .reason = Reason::kPeerClosed});
    return;
  }
  if (!joined.seat) return end(*client, joined.seat.error(), now_mono);
  client->state = Client::State::kPlaying;
  client->player = joined.seat->player;
  client->joined_tick = joined.seat->tick;
  client->session.welcome(unguessable_conn());
  client->session.set_heard(now_mono);
  client->presence.emplace(!client->is_udp(), newest ? newest->presence().end() : 0);
  if (joined.seat->lockstep) {
    using Delivery = LockstepSender::Delivery;
    client->frames = std::make_unique<LockstepSender>(client->is_udp() ? Delivery::kDatagrams : Delivery::kStream);
  } else {
    client->snapshots = std::make_unique<SnapshotWriter>();
  }
  ++stats.joins[static_cast<std::size_t>(client->transport)];
  ++stats.players[static_cast<std::size_t>(client->transport)];
  send_welcome(*client, now_mono);
}

void Front::Parts::take_answer(const Evicted& evicted, Nanoseconds now_mono) {
  auto* client = find(evicted.client);
  if (client == nullptr) return;
  client->player = 0;  // the world has taken him out already
  end(*client, evicted.reason, now_mono);
}

void Front::Parts::take_answer(const DivergedNotice& notice, Nanoseconds now_mono) {
  auto* client = find(notice.client);
  if (client == nullptr || !client->is_served() || !client->frames) return;
  ++stats.diverged;
  client->frames->resync();
  send(*client, notice.diverged, now_mono);
}

void Front::Parts::send(Client& client, const Body& body, Nanoseconds now_mono, std::uint8_t flags) {
  Message message{.header = client.session.next_header(now_mono), .body = body};
  message.header.flags |= flags;
  client.link->send(message);
}

void Front::Parts::send_welcome(Client& client, Nanoseconds now_mono) {
  const Welcome welcome{.nonce = client.nonce,
                        .player_id = client.player,
                        .server_tick = newest ? newest->tick() : client.joined_tick,
                        .tick_rate_hz = static_cast<std::uint16_t>(options.tick_rate_hz),
                        .max_players = static_cast<std::uint16_t>(options.max_players)};
  send(client, welcome, now_mono, client.frames ? kFlagLockstep : 0);
}

void Front::Parts::send_frame(Client& client, const WorldFrame& frame, Nanoseconds now_mono) {
  send_presence(client, frame.presence(), now_mono);
  if (client.snapshots) send_snapshot(client, now_mono);
  if (client.frames && frame.lockstep() != nullptr) send_lockstep(client, frame, now_mono);
}

void Front::Parts::send_presence(Client& client, const PresenceWindow& window, Nanoseconds now_mono) {
  const auto stretch = client.presence->next(window, now_mono);
  if (!stretch) return;
  if (encoded_events.empty() || stretch->first != encoded_stretch.first || stretch->count != encoded_stretch.count) {
    encoded_stretch = *stretch;
    encoded_events.clear();
    for (std::size_t i = 0; i < stretch->count; ++i)
      encode_presence(window.events[stretch->first - window.first + i], encoded_events);
  }
  Message message{.header = client.session.next_header(now_mono),
                  .body = Presence{.first = stretch->first, .events = encoded_events}};
  if (stretch->gap) message.header.flags |= kFlagPartial;
  client.presence->sent(*stretch, message.header.seq, now_mono);
  client.link->send(message);
  ++stats.presence_messages;
  if (stretch->gap) ++stats.presence_gaps;
  if (stretch->repeat) ++stats.presence_repeats;
}

void Front::Parts::send_snapshot(Client& client, Nanoseconds now_mono) {
  // A player who came after the frame was made is not in it.
  const auto made = client.snapshots->make(desk, client.player, client.session.next_seq());
  if (!made) return;
  Message message{.header = client.session.next_header(now_mono), .body = made->snapshot};
  message.header.flags |= made->flags;
  client.link->offer(message);
}

void Front::Parts::send_lockstep(Client& client, const WorldFrame& frame, Nanoseconds now_mono) {
  const auto& window = *frame.lockstep();
  const auto place = frame.find(client.player);
  while (auto due = client.frames->next(window, frame_buffer)) {
    std::uint8_t flags = 0;
    if (auto* frames = std::get_if<Frames>(&*due); frames != nullptr && place && frames->first + frames->count == window.end()) {
      const auto& own = frame.players()[*place];
      frames->last_input = own.last_input;
      if (own.has_input) flags = kFlagInput;
    }
    client.frames->sent(client.session.next_seq());
    std::visit([&](const auto& body) { send(client, body, now_mono, flags); }, *due);
    ++stats.lockstep_messages;
  }
}

void Front::Parts::count_snapshots() {
  const auto& counts = desk.counts();
  stats.snapshots_complete.set(counts.complete);
  stats.snapshots_delta.set(counts.delta);
  stats.snapshots_compressed.set(counts.compressed);
  stats.snapshot_complete_bytes.set(counts.complete_bytes);
  stats.snapshot_content_bytes.set(counts.content_bytes);
}

}  // namespace tickwire::game
