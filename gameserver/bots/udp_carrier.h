// What it owns: a bot that plays over UDP.
// Who may use it: the runner.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gameserver/bots/carrier.h"

namespace tickwire::game {

class UdpCarrier final : public Carrier {
 public:
  explicit UdpCarrier(const CarrierSpec& spec) : Carrier(spec) {}

  [[nodiscard]] const char* protocol() const override { return "udp"; }
  [[nodiscard]] bool is_stream() const override { return false; }
  void start(Poller& poller, std::uint64_t id) override;
  void on_ready(Poller& poller, std::uint64_t id, std::uint32_t events) override;
  void read(std::size_t most_bytes) override;
  void send(const Message& message, Nanoseconds intended_mono) override;

 private:
  // False when nothing waits.
  bool read_one();

  std::vector<std::byte> buffer_;
};

}  // namespace tickwire::game
