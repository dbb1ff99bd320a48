// What it owns: what bots over TCP and over WebSocket have in common: a connected socket that is read and lost in one way.
// Who may use it: the carriers of bots/.
// Thread: the runner's loop.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "gameserver/bots/carrier.h"

namespace tickwire::game {

class StreamCarrier : public Carrier {
 public:
  void start(Poller& poller, std::uint64_t id) final;
  void on_ready(Poller& poller, std::uint64_t id, std::uint32_t events) final;
  void read(std::size_t most_bytes) final;
  void send(const Message& message, Nanoseconds intended_mono) final;

 protected:
  explicit StreamCarrier(const CarrierSpec& spec) : Carrier(spec) {}

  // The socket is connected, and local() is known.
  virtual void connected() = 0;
  // Where the next read puts its bytes; at least 1 byte.
  virtual std::span<std::byte> space() = 0;
  // What it put there. False when the connection is over.
  virtual bool take(std::span<const std::byte> bytes, Nanoseconds arrived_unix) = 0;

  // Whether messages may go yet.
  [[nodiscard]] virtual bool is_open() const { return true; }
  // What waits to be sent; sent() takes its first bytes off.
  [[nodiscard]] virtual std::span<const std::byte> output() const = 0;
  virtual void sent(std::size_t count) = 0;
  // Puts a message into output(), or what has to follow a bye; how many bytes it became.
  virtual std::size_t append(const Message& message) = 0;
  virtual std::size_t append_end() { return 0; }

  // The socket is gone; 0: the server closed it.
  void lose(int errno_value);
  // Gives the socket what it takes of output(). A socket that is gone takes nothing.
  void flush();

 private:
  bool connected_ = false;
};

}  // namespace tickwire::game
