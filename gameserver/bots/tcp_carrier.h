// What it owns: a bot that plays over TCP.
// Who may use it: the runner.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gameserver/bots/carrier.h"
#include "gameserver/protocol/frame.h"

namespace tickwire::game {

class TcpCarrier final : public Carrier {
 public:
  explicit TcpCarrier(const CarrierSpec& spec) : Carrier(spec) {}

  [[nodiscard]] const char* protocol() const override { return "tcp"; }
  void start(Poller& poller, std::uint64_t id) override;
  void on_ready(Poller& poller, std::uint64_t id, std::uint32_t events) override;
  void read(std::size_t most_bytes) override;
  void send(const Message& message, Nanoseconds intended_mono) override;

 private:
  void finish_connect(Poller& poller, std::uint64_t id);
  // What one read of the socket brought.
  void take(std::size_t count, Nanoseconds arrived_unix);
  void flush();
  void lose(int errno_value);

  FrameReader in_;
  std::vector<std::byte> out_;  // the rest of a frame that the socket took only in part
};

}  // namespace tickwire::game
