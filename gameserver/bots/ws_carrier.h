// What it owns: a bot that plays over a WebSocket.
// Who may use it: the runner.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "gameserver/bots/stream_carrier.h"
#include "gameserver/bots/ws_stream.h"

namespace tickwire::game {

// Counts of bytes are of messages with the header of their WebSocket frame; the upgrade, heartbeats and the close are left out.
class WsCarrier final : public StreamCarrier {
 public:
  explicit WsCarrier(const CarrierSpec& spec) : StreamCarrier(spec), stream_(spec.remote.text()) {}

  [[nodiscard]] const char* protocol() const override { return "ws"; }

 private:
  void connected() override { flush(); }
  std::span<std::byte> space() override { return space_; }
  bool take(std::span<const std::byte> bytes, Nanoseconds arrived_unix) override;
  void take_message(std::span<const std::byte> bytes, Nanoseconds arrived_unix);
  bool is_open() const override { return stream_.is_open(); }
  std::span<const std::byte> output() const override { return stream_.output(); }
  void sent(std::size_t count) override { stream_.sent(count); }
  std::size_t append(const Message& message) override;
  std::size_t append_end() override;

  WsStream stream_;
  std::array<std::byte, 4 * 1024> space_;
  std::vector<std::byte> buffer_;
};

}  // namespace tickwire::game
