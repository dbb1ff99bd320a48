// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/game.h"

namespace tickwire::game {
namespace {

constexpr Nanoseconds kChatInterval = std::chrono::milliseconds(250);
constexpr std::size_t kMaxChatsPerTick = 16;

}  // namespace

Game::Game(unsigned tick_rate_hz, std::size_t max_players, ServerStats& borrowed_stats)
    : tick_rate_hz_(tick_rate_hz), world_(tick_rate_hz, max_players), stats_(borrowed_stats) {}

std::expected<Welcome, Reason> Game::join(Session& session, const Hello& hello) {
  const auto player = world_.join();
  if (!player) return std::unexpected(Reason::kServerFull);
  session.player = *player;
  do session.conn = random_();
  while (session.conn == 0);
  ++stats_.joins;
  return welcome(session, hello.nonce);
}

Welcome Game::welcome(const Session& session, std::uint32_t nonce) const {
  return {.nonce = nonce,
          .player_id = session.player,
          .server_tick = world_.tick(),
          .tick_rate_hz = static_cast<std::uint16_t>(tick_rate_hz_),
          .max_players = static_cast<std::uint16_t>(world_.max_players())};
}

std::optional<Reason> Game::handle(Session& session, const Message& message, Nanoseconds now_mono) {
  session.heard_mono = now_mono;
  if (session.received.receive(message.header.seq, now_mono) == AckWindow::Arrival::kDuplicate) return std::nullopt;
  if (const auto* input = std::get_if<Input>(&message.body)) {
    if (session.has_input && !is_newer(input->input_seq, session.last_input)) {
      ++stats_.stale_inputs;
      return std::nullopt;
    }
    session.has_input = true;
    session.last_input = input->input_seq;
    world_.press(session.player, input->buttons);
    return std::nullopt;
  }
  if (const auto* chat = std::get_if<Chat>(&message.body)) {
    speak(session, *chat, now_mono);
    return std::nullopt;
  }
  if (std::holds_alternative<Bye>(message.body)) return Reason::kDone;
  return Reason::kUnexpected;
}

void Game::speak(Session& session, const Chat& chat, Nanoseconds now_mono) {
  if (now_mono < session.next_chat_mono || chats_.size() >= kMaxChatsPerTick) {
    ++stats_.dropped_chats;
    return;
  }
  session.next_chat_mono = now_mono + kChatInterval;
  chats_.push_back({.player = session.player, .text = std::string(chat.text)});
}

void Game::leave(Session& session, Reason reason) {
  ++stats_.leaves[static_cast<std::size_t>(reason)];
  if (session.player != 0) world_.leave(session.player);
  session.player = 0;
}

Header Game::next_header(Session& session, Nanoseconds now_mono) const {
  Header header{.conn = session.conn, .seq = session.next_seq++};
  session.received.fill(header, now_mono);
  return header;
}

Message Game::snapshot(Session& session, Nanoseconds now_mono) {
  const bool complete = world_.gather(session.player, states_);
  Message message{.header = next_header(session, now_mono),
                  .body = Snapshot{.server_tick = world_.tick(),
                                   .last_input = session.last_input,
                                   .count = static_cast<std::uint16_t>(states_.size() / kStateBytes),
                                   .content = states_}};
  if (session.has_input) message.header.flags |= kFlagInput;
  if (!complete) message.header.flags |= kFlagPartial;
  return message;
}

}  // namespace tickwire::game
