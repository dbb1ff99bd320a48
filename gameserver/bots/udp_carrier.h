// What it owns: a bot that plays over UDP.
// Who may use it: the runner.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "gameserver/bots/carrier.h"

namespace tickwire::game {

class UdpCarrier final : public Carrier {
 public:
  // source: the local address to send from, port 0; none: as the route says.
  UdpCarrier(std::uint32_t nonce, const Endpoint& remote, const std::optional<Endpoint>& source)
      : Carrier(nonce, remote), source_(source) {}

  [[nodiscard]] const char* protocol() const override { return "udp"; }
  void start(Poller& poller, std::uint64_t id) override;
  void on_ready(Poller& poller, std::uint64_t id, std::uint32_t events) override;
  void send(const Message& message) override;
  void stop() override { fd_.reset(); }

 private:
  std::optional<Endpoint> source_;
  UniqueFd fd_;
  std::vector<std::byte> buffer_;
};

}  // namespace tickwire::game
