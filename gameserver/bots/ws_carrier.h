// What it owns: a bot that plays over a WebSocket.
// Who may use it: the runner.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gameserver/bots/carrier.h"
#include "gameserver/bots/ws_stream.h"

namespace tickwire::game {

// Counts of bytes are of messages with the header of their WebSocket frame; the upgrade, heartbeats and the close are left out.
class WsCarrier final : public Carrier {
 public:
  explicit WsCarrier(const CarrierSpec& spec) : Carrier(spec), stream_(spec.remote.text()) {}

  [[nodiscard]] const char* protocol() const override { return "ws"; }
  void start(Poller& poller, std::uint64_t id) override;
  void on_ready(Poller& poller, std::uint64_t id, std::uint32_t events) override;
  void read(std::size_t most_bytes) override;
  void send(const Message& message, Nanoseconds intended_mono) override;

 private:
  // What one read of the socket brought; false when the connection is over.
  bool take(std::span<const std::byte> bytes, Nanoseconds arrived_unix);
  void take_message(std::span<const std::byte> bytes, Nanoseconds arrived_unix);
  void flush();
  void lose(int errno_value);

  WsStream stream_;
  bool requested_ = false;  // the socket is connected and the upgrade was asked for
  std::vector<std::byte> buffer_;
};

}  // namespace tickwire::game
