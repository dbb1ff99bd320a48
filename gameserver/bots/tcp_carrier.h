// What it owns: a bot that plays over TCP.
// Who may use it: the runner.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "gameserver/bots/carrier.h"
#include "gameserver/protocol/frame.h"

namespace tickwire::game {

class TcpCarrier final : public Carrier {
 public:
  // source: the local address to connect from, port 0; none: as the route says. quickack: acknowledge each read at once.
  TcpCarrier(std::uint32_t nonce, const Endpoint& remote, const std::optional<Endpoint>& source, bool quickack)
      : Carrier(nonce, remote), source_(source), quickack_(quickack) {}

  [[nodiscard]] const char* protocol() const override { return "tcp"; }
  void start(Poller& poller, std::uint64_t id) override;
  void on_ready(Poller& poller, std::uint64_t id, std::uint32_t events) override;
  void send(const Message& message) override;
  void stop() override { fd_.reset(); }

 private:
  void finish_connect(Poller& poller, std::uint64_t id);
  void read();
  void flush();
  void lose(int errno_value);

  std::optional<Endpoint> source_;
  bool quickack_;
  UniqueFd fd_;
  FrameReader in_;
  std::vector<std::byte> out_;  // the rest of a frame that the socket took only in part
};

}  // namespace tickwire::game
