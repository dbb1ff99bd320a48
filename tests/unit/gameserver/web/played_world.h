// What it owns: a web gateway with its front, and the world behind it, which the test plays; and a player who speaks WebSocket.
// Who may use it: the tests of gameserver/web.
// Thread: the test's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gameserver/protocol/frame.h"
#include "running_gateway.h"
#include "web_client.h"

namespace tickwire::game {

class PlayedWorld {
 public:
  explicit PlayedWorld(const WebOptions& options = test_options(), std::size_t max_players = 8, FrontOptions front_options = {})
      : to_world_(*WorldInbox::open(max_players)), inbox_(*GatewayInbox::open("web", max_players)) {
    front_options.max_players = max_players;
    front_.emplace(GatewayId{0}, std::move(front_options), *to_world_, *inbox_, front_stats_);
    gateway_.emplace(options, std::vector<HttpRoute>{}, &*front_, inbox_->wake);
  }

  [[nodiscard]] RunningGateway& gateway() { return *gateway_; }
  [[nodiscard]] const WebStats& stats() const { return gateway_->stats(); }
  [[nodiscard]] const FrontStats& front_stats() const { return front_stats_; }
  [[nodiscard]] WorldInbox& to_world() { return *to_world_; }

  // The next thing that the front says; nothing within five seconds is a failure.
  template <typename Kind>
  [[nodiscard]] std::optional<Kind> next() {
    if (!eventually([&] { return heard_.size() > taken_ || drain(); })) return std::nullopt;
    const auto* kind = std::get_if<Kind>(&heard_[taken_++]);
    return kind == nullptr ? std::nullopt : std::optional(*kind);
  }
  void say(FromWorld what) { EXPECT_TRUE(inbox_->control.push(std::move(what))); }
  void chat(std::string text) { inbox_->chat.push({.player = 9, .text = std::move(text)}); }
  // A tick in which these players stand together; returns once the gateway has taken it.
  void tick(const std::vector<PlayerId>& players) {
    std::vector<FramePlayer> there;
    for (const auto player : players) there.push_back({.state = {.id = player, .hp = 100}});
    const auto before = inbox_->frame.counts().popped;
    inbox_->frame.publish(
        std::make_shared<const WorldFrame>(++tick_, std::move(there), 10'000, std::make_shared<const PresenceWindow>(), nullptr));
    EXPECT_TRUE(eventually([&] { return inbox_->frame.counts().popped > before; }));
  }

 private:
  bool drain() {
    std::vector<ToWorld> more;
    to_world_->control.drain(more);
    heard_.insert(heard_.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return heard_.size() > taken_;
  }

  std::unique_ptr<WorldInbox> to_world_;
  std::unique_ptr<GatewayInbox> inbox_;
  FrontStats front_stats_;
  std::optional<Front> front_;
  std::optional<RunningGateway> gateway_;
  std::vector<ToWorld> heard_;
  std::size_t taken_ = 0;
  std::uint32_t tick_ = 0;
};

// As it is in a WebSocket message.
inline std::string wire(const Message& message) {
  std::vector<std::byte> frame;
  encode_frame(message, frame);
  return {reinterpret_cast<const char*>(frame.data()) + kFrameLengthBytes, frame.size() - kFrameLengthBytes};
}

// What a WebSocket message holds. Views in it borrow from payload.
inline std::expected<Message, ParseError> message_of(const std::string& payload) {
  return parse_frame(std::as_bytes(std::span(payload)));
}

// A player with a place in the world, number `id`.
class WebPlayer {
 public:
  WebPlayer(PlayedWorld& world, PlayerId id, int receive_buffer_bytes = 0)
      : client(world.gateway().port(), receive_buffer_bytes) {
    EXPECT_EQ(client.ask(handshake()).status, 101);
    client.send_frame(kBinaryFrame, wire({.header = {.seq = 1}, .body = Hello{.nonce = 5, .name = {'A', 'd', 'a'}}}));
    const auto join = world.next<JoinRequest>();
    if (!join) {
      ADD_FAILURE() << "no player asks to join";
      return;
    }
    world.say(Joined{.client = join->client, .seat = Seat{.player = id}});
    const auto payload = read<Welcome>();
    const auto welcome = message_of(payload);
    if (!welcome) {
      ADD_FAILURE() << "no welcome";
      return;
    }
    EXPECT_EQ(std::get<Welcome>(welcome->body).player_id, id);
    conn_ = welcome->header.conn;
  }

  bool send(const Body& body) { return client.send_frame(kBinaryFrame, next(body)); }
  // The bytes of a message with the next number.
  [[nodiscard]] std::string next(const Body& body) { return wire({.header = {.conn = conn_, .seq = ++seq_}, .body = body}); }
  // Reads messages until one of this kind comes; its payload. Empty when the connection ends before.
  template <typename Kind>
  [[nodiscard]] std::string read() {
    for (;;) {
      auto frame = client.read_frame();
      if (frame.opcode == 0 || frame.opcode == kCloseFrame) return {};
      const auto message = message_of(frame.payload);
      if (frame.opcode == kBinaryFrame && message && std::holds_alternative<Kind>(message->body)) return frame.payload;
    }
  }

  WebClient client;

 private:
  std::uint32_t conn_ = 0;
  std::uint16_t seq_ = 1;
};

}  // namespace tickwire::game
