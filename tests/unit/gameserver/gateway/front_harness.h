// What it owns: a front whose world and whose clients are the test.
// Who may use it: the tests of the gateway.
// Thread: the test's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gameserver/gateway/front.h"
#include "gameserver/protocol/datagram.h"

namespace tickwire::game {

// Keeps what it is told to send.
class RecordingLink final : public ClientLink {
 public:
  void send(const Message& message) override { keep(message); }
  void offer(const Message& message) override { keep(message); }
  void pause() override { paused = true; }
  void resume() override { paused = false; }
  void close(Reason reason) override { closed = reason; }

  // The messages since the last call; they borrow from this link until the next one.
  std::vector<Message> take() {
    taken_ = std::exchange(sent_, {});
    std::vector<Message> messages;
    for (const auto& bytes : taken_) messages.push_back(parse_datagram(bytes).value());
    return messages;
  }
  // The only message since the last call of take() or this.
  Message take_one() {
    const auto messages = take();
    EXPECT_EQ(messages.size(), 1U);
    return messages.empty() ? Message{} : messages.front();
  }
  [[nodiscard]] bool is_silent() const { return sent_.empty(); }

  bool paused = false;
  std::optional<Reason> closed;

 private:
  void keep(const Message& message) { encode_datagram(message, sent_.emplace_back()); }

  std::vector<std::vector<std::byte>> sent_;
  std::vector<std::vector<std::byte>> taken_;
};

// Reason in the last message of a session.
inline std::optional<Reason> reason_of(const Message& message) {
  if (const auto* bye = std::get_if<Bye>(&message.body)) return bye->reason;
  if (const auto* reject = std::get_if<Reject>(&message.body)) return reject->reason;
  return std::nullopt;
}

class FrontHarness : public testing::Test {
 protected:
  static constexpr GatewayId kGateway = 3;

  FrontHarness() { make_front({.tick_rate_hz = 30, .max_players = 4}); }

  void make_front(const FrontOptions& options) { front_.emplace(kGateway, options, *world_, *inbox_, stats_); }
  static Endpoint address(const std::string& host = "192.0.2.7") { return *Endpoint::resolve(host, 4000); }

  ClientId add(RecordingLink& link, Transport transport = Transport::kUdp) {
    return front_->add(link, transport, address(), now_).value();
  }
  void hello(ClientId client, std::uint32_t nonce = 5, std::span<const std::byte> ticket = {}) {
    front_->take(client, {.header = {.seq = 1}, .body = Hello{.nonce = nonce, .ticket = ticket}}, now_);
  }
  // What the world was told since the last call.
  std::vector<ToWorld> told() {
    std::vector<ToWorld> told;
    world_->control.drain(told);
    return told;
  }
  void answer(FromWorld from_world) { ASSERT_TRUE(inbox_->control.push(std::move(from_world))); }
  void seat(ClientId client, PlayerId player, bool lockstep = false) {
    answer(Joined{.client = client, .seat = Seat{.player = player, .tick = 9, .lockstep = lockstep}});
    front_->serve(now_);
  }
  // Says hello and is given the seat; what that says is thrown away.
  std::uint32_t join(ClientId client, RecordingLink& link, PlayerId player, bool lockstep = false) {
    hello(client);
    static_cast<void>(told());
    seat(client, player, lockstep);
    return link.take_one().header.conn;
  }
  // A message of a player; seqs go on.
  void say(ClientId client, std::uint32_t conn, const Body& body, const Header& acknowledging = {}) {
    Header header = acknowledging;
    header.conn = conn;
    header.seq = ++seq_;
    front_->take(client, {.header = header, .body = body}, now_);
  }
  void publish(std::uint32_t tick, std::vector<FramePlayer> players, PresenceWindow presence = {},
               std::shared_ptr<const LockstepWindow> lockstep = nullptr) {
    inbox_->frame.publish(std::make_shared<WorldFrame>(
        tick, std::move(players), 10'000, std::make_shared<PresenceWindow>(std::move(presence)), std::move(lockstep)));
    front_->serve(now_);
  }

  std::unique_ptr<WorldInbox> world_ = WorldInbox::open(4).value();
  std::unique_ptr<GatewayInbox> inbox_ = GatewayInbox::open("net", 4).value();
  FrontStats stats_;
  std::optional<Front> front_;
  Nanoseconds now_ = std::chrono::seconds(1000);
  std::uint16_t seq_ = 1;
};

}  // namespace tickwire::game
