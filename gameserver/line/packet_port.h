// What it owns: one end of a line: whole Ethernet frames of one interface, in and out.
// Who may use it: line/.
// Thread: the bridge's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gameserver/common/clock.h"
#include "gameserver/common/result.h"
#include "gameserver/common/unique_fd.h"

namespace tickwire::game {

// Turns checksum and segmentation offloads of an interface of this network namespace off, and merging (GRO): what passes are then whole
// frames of at most the MTU, with their checksums. The error names the interface.
[[nodiscard]] Result<void> turn_offloads_off(const std::string& interface);

struct PortFrame {
  std::span<const std::byte> bytes;  // valid until the next receive()
  Nanoseconds arrived_mono{};        // the kernel's stamp
  bool checksum_missing = false;     // its sender left the checksum to a device: nobody behind the line will take it
};

class PacketPort {
 public:
  // An interface of the calling thread's network namespace. Needs CAP_NET_RAW. The error names the interface.
  [[nodiscard]] static Result<PacketPort> open(const std::string& interface);

  [[nodiscard]] int fd() const { return fd_.fd(); }
  // A frame that came from outside; nullopt when none waits. monotonic_less_unix: for the kernel's stamp.
  [[nodiscard]] std::optional<PortFrame> receive(Nanoseconds monotonic_less_unix);
  // False when the interface does not take it.
  [[nodiscard]] bool send(std::span<const std::byte> frame) const;
  // Frames that the kernel threw away as the socket was full, since the last call.
  [[nodiscard]] std::size_t take_drops() const;

 private:
  explicit PacketPort(UniqueFd fd);

  UniqueFd fd_;
  std::vector<std::byte> buffer_;
};

}  // namespace tickwire::game
