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

 private:
  void connected() override;
  std::span<std::byte> space() override { return in_.writable(); }
  bool take(std::span<const std::byte> bytes, Nanoseconds arrived_unix) override;
  std::span<const std::byte> output() const override { return out_; }
  void sent(std::size_t count) override { out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(count)); }
  std::size_t append(const Message& message) override;
  void take_frames(Nanoseconds arrived_unix);

  FrameReader in_;
  std::vector<std::byte> out_;  // a frame, or the rest of one that the socket took only in part
};

}  // namespace tickwire::game
