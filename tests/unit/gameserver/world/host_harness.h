// What it owns: a world without a thread, with two gateways and everything that it speaks to.
// Who may use it: the tests of world/.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gameserver/world/host.h"

namespace tickwire::game {

// A lockstep room that does what a test says and remembers what the world asked.
class FakeRoom final : public LockstepSource {
 public:
  bool is_full() const override { return members.size() >= seats; }
  bool join(PlayerId player) override {
    if (is_full()) return false;
    members.push_back(player);
    return true;
  }
  void leave(PlayerId player) override { std::erase(members, player); }
  std::shared_ptr<const LockstepWindow> advance(std::span<const BoardEntry> inputs) override {
    pressed.assign(inputs.begin(), inputs.end());
    return std::make_shared<const LockstepWindow>(LockstepWindow{.first = frames++});
  }
  Verdict check(PlayerId, const StateHash&) override { return verdict; }

  std::size_t seats = 2;
  std::uint32_t frames = 0;
  std::vector<PlayerId> members;
  std::vector<BoardEntry> pressed;
  Verdict verdict;
};

class HostHarness : public ::testing::Test {
 protected:
  // Options and ports may be changed before the first call of host().
  HostHarness() {
    options_.tick_rate_hz = 10;
    options_.max_players = 4;
    auto room = std::make_unique<FakeRoom>();
    room_ = room.get();
    ports_.borrowed_inbox = inbox_.get();
    ports_.borrowed_gateways = {gateways_[0].get(), gateways_[1].get()};
    ports_.lockstep = std::move(room);
    ports_.publish = [this](const Event& event) {
      if (bus_has_room_) events_.push_back(event);
      return bus_has_room_;
    };
  }

  WorldHost& host() {
    if (!host_) host_ = std::make_unique<WorldHost>(options_, std::move(ports_));
    return *host_;
  }
  // Hands a message over and lets the world take it.
  void tell(ToWorld message) {
    ASSERT_TRUE(inbox_->control.push(std::move(message)));
    host().serve(now_);
  }
  // What a gateway's queue holds.
  std::vector<FromWorld> answers(GatewayId gateway = 0) {
    std::vector<FromWorld> out;
    gateways_[gateway]->control.drain(out);
    return out;
  }
  std::expected<Seat, Reason> join(JoinRequest request) {
    tell(request);
    const auto out = answers(request.gateway);
    EXPECT_EQ(out.size(), 1U);
    const auto* joined = out.empty() ? nullptr : std::get_if<Joined>(&out[0]);
    if (joined == nullptr) return std::unexpected(Reason::kUnexpected);
    EXPECT_EQ(joined->client, request.client);
    return joined->seat;
  }
  PlayerId joined(ClientId client = 1, bool lockstep = false) {
    return join({.client = client, .name = player_name_of("ann"), .lockstep = lockstep, .account = 7}).value_or(Seat{}).player;
  }
  void step(Nanoseconds period = std::chrono::milliseconds(100)) {
    now_ += period;
    host().step(now_);
  }
  std::shared_ptr<const WorldFrame> frame(GatewayId gateway = 0) {
    host().publish_frame();
    return gateways_[gateway]->frame.take();
  }
  std::vector<ChatLine> chat(GatewayId gateway = 0) {
    std::vector<ChatLine> out;
    gateways_[gateway]->chat.drain(out);
    return out;
  }
  const WorldStats& stats() { return host().stats(); }

  Nanoseconds now_ = std::chrono::seconds(100);
  std::unique_ptr<WorldInbox> inbox_ = *WorldInbox::open(100);
  std::array<std::unique_ptr<GatewayInbox>, 2> gateways_ = {*GatewayInbox::open("net", 0), *GatewayInbox::open("web", 0)};
  WorldOptions options_;
  WorldPorts ports_;
  FakeRoom* room_ = nullptr;  // the host's
  bool bus_has_room_ = true;
  std::vector<Event> events_;

 private:
  std::unique_ptr<WorldHost> host_;
};

}  // namespace tickwire::game
