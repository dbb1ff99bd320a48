// What it owns: a bot that plays over TCP.
// Who may use it: the runner.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gameserver/bots/stream_carrier.h"
#include "gameserver/protocol/frame.h"

namespace tickwire::game {

class TcpCarrier final : public StreamCarrier {
 public:
  explicit TcpCarrier(const CarrierSpec& spec) : StreamCarrier(spec) {}

  [[nodiscard]] const char* protocol() const override { return "tcp"; }
  void send(const Message& message, Nanoseconds intended_mono) override;

 private:
  void connected() override;
  std::span<std::byte> space() override { return in_.writable(); }
  bool take(std::span<const std::byte> bytes, Nanoseconds arrived_unix) override;
  void take_frames(Nanoseconds arrived_unix);
  void flush();

  FrameReader in_;
  std::vector<std::byte> out_;  // the rest of a frame that the socket took only in part
};

}  // namespace tickwire::game
