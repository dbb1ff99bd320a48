// SPDX-License-Identifier: Apache-2.0
#include "gameserver/world/port.h"

#include <utility>

namespace tickwire::game {
namespace {

constexpr std::size_t kSpareControl = 64;
constexpr std::size_t kChatLines = 256;

}  // namespace

WorldInbox::WorldInbox(std::size_t max_players, std::shared_ptr<Wake> shared_wake)
    : wake(std::move(shared_wake)),
      control("world_control", max_players + kSpareControl, wake),
      inputs("world_inputs", max_players),
      chat("world_chat", kChatLines) {}

Result<std::unique_ptr<WorldInbox>> WorldInbox::open(std::size_t max_players) {
  auto wake = Wake::open();
  if (!wake) return std::unexpected(std::move(wake.error()));
  return std::make_unique<WorldInbox>(max_players, std::move(*wake));
}

GatewayInbox::GatewayInbox(const std::string& name, std::size_t max_players, std::shared_ptr<Wake> shared_wake)
    : wake(std::move(shared_wake)),
      control(name + "_control", 2 * max_players + kSpareControl, wake),
      chat(name + "_chat", kChatLines, wake),
      frame(name + "_frame", wake) {}

Result<std::unique_ptr<GatewayInbox>> GatewayInbox::open(const std::string& name, std::size_t max_players) {
  auto wake = Wake::open();
  if (!wake) return std::unexpected(std::move(wake.error()));
  return std::make_unique<GatewayInbox>(name, max_players, std::move(*wake));
}

}  // namespace tickwire::game
