// What it owns: the line itself: frames of two ports, each held as long as it is told to be, then given to the other port.
// Who may use it: tickwire-line; tests, with rules of their own.
// Thread: run() on one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <span>
#include <string>
#include <vector>

#include "gameserver/common/poller.h"
#include "gameserver/line/model.h"
#include "gameserver/line/packet_port.h"

namespace tickwire::game {

// One frame and what becomes of it.
struct LineFrame {
  Direction direction{};
  Nanoseconds arrived_mono{};  // the kernel's stamp of its arrival at the line
  std::vector<std::byte> bytes;
  Fate fate;                    // what was decided
  Nanoseconds departed_mono{};  // read just before it was given to the other port; zero: it was not
  bool copy = false;            // the duplicate of a frame
  std::size_t rule = 0;         // for who decides: what it went by
};

// Every frame is observed once, and so is every copy: taken + copies = passed + lost + queue_full + held + held_full.
struct BridgeCounts {
  std::uint64_t taken = 0;   // frames that the line read from its ports
  std::uint64_t copies = 0;  // that it made of them
  std::uint64_t passed = 0;
  std::uint64_t lost = 0;           // on purpose
  std::uint64_t queue_full = 0;     // on purpose
  std::uint64_t held = 0;           // not due yet when the line ended
  std::uint64_t held_full = 0;      // not on purpose: more than kMostHeldBytes would wait
  std::uint64_t socket_drops = 0;   // not on purpose: the line was too slow
  std::uint64_t send_failures = 0;  // not on purpose: the other port did not take it
  std::uint64_t no_checksum = 0;    // came with an unfinished checksum: offloads of a sender are on
  friend bool operator==(const BridgeCounts&, const BridgeCounts&) = default;
};

class Bridge {
 public:
  static constexpr std::size_t kMostHeldBytes = 256 * 1024 * 1024;

  // Fills in `fate` and `rule` of a frame that has arrived.
  using Decide = std::function<void(LineFrame&)>;
  // Told of each frame once: when it departs, before it is sent, so that who has received it finds it noted; when it is dropped; or when
  // the line ends and holds it still.
  using Observe = std::function<void(const LineFrame&)>;

  // node_port, player_port: interfaces of the calling thread's network namespace.
  [[nodiscard]] static Result<std::unique_ptr<Bridge>> open(const std::string& node_port, const std::string& player_port,
                                                            Decide decide, Observe observe);

  // Until borrowed_stop_fd is readable or ends_mono has come. What is held then is dropped. Once.
  void run(int borrowed_stop_fd, Nanoseconds ends_mono = Nanoseconds::max());
  [[nodiscard]] const BridgeCounts& counts() const { return counts_; }

 private:
  struct Held {
    Nanoseconds departs_mono;
    std::uint64_t serial;  // of two that depart at the same time the first one goes first
    std::unique_ptr<LineFrame> frame;
  };
  struct DepartsLater {
    bool operator()(const Held& left, const Held& right) const {
      return left.departs_mono != right.departs_mono ? left.departs_mono > right.departs_mono : left.serial > right.serial;
    }
  };

  Bridge(Decide decide, Observe observe) : decide_(std::move(decide)), observe_(std::move(observe)) {}
  Result<void> open_parts(const std::string& node_port, const std::string& player_port);
  void receive(Direction direction);
  void hold(std::unique_ptr<LineFrame> frame, Nanoseconds departs_mono);
  void send_due();
  void drop_held();
  // Takes the frame that is due next out of held_.
  [[nodiscard]] std::unique_ptr<LineFrame> take_next();

  Decide decide_;
  Observe observe_;
  std::optional<Poller> poller_;
  std::optional<DeadlineTimer> timer_;
  std::optional<PacketPort> node_;
  std::optional<PacketPort> player_;
  Nanoseconds monotonic_less_unix_{};
  std::priority_queue<Held, std::vector<Held>, DepartsLater> held_;
  std::size_t held_bytes_ = 0;
  std::uint64_t next_serial_ = 0;
  BridgeCounts counts_;
};

}  // namespace tickwire::game
