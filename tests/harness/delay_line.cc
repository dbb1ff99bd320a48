// SPDX-License-Identifier: Apache-2.0
#include "harness/delay_line.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>

#include "base/clock.h"
#include "harness/packet_socket.h"

namespace tickwire::harness {

namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kHeadBytes = 128;

struct Held {
  nanoseconds due{};
  std::vector<std::uint8_t> frame;
  PassedFrame passed;
};

// A frame that waits in the socket, with the kernel's stamp of its arrival.
std::optional<Held> receive(int borrowed_fd, std::vector<std::uint8_t>& buffer, nanoseconds offset) {
  const std::optional<StampedFrame> frame = take_frame(borrowed_fd, buffer, offset);
  if (!frame) return std::nullopt;
  Held held;
  held.frame.assign(frame->bytes.begin(), frame->bytes.end());
  held.passed.arrived = frame->at;
  held.passed.wire_bytes = static_cast<std::uint32_t>(frame->bytes.size());
  held.passed.head.assign(frame->bytes.begin(),
                          frame->bytes.begin() + std::min<std::ptrdiff_t>(std::ssize(frame->bytes), kHeadBytes));
  return held;
}

}  // namespace

struct DelayLine::Port {
  Side side;
  int in;
  int out;
  nanoseconds delay;
  std::deque<Held> waiting = {};
};

DelayLine::DelayLine(const Namespace& network, const std::string& node_port, const std::string& player_port, LineOptions options)
    : options_(std::move(options)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  network.enter([&] {
    node_ = packet_socket(node_port, Outgoing::kIgnored);
    player_ = packet_socket(player_port, Outgoing::kIgnored);
  });
  thread_ = std::thread([this] { serve(); });
}

DelayLine::~DelayLine() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(stop_.fd(), &one, sizeof one));
  thread_.join();
}

std::vector<PassedFrame> DelayLine::log() const {
  const std::scoped_lock lock(mutex_);
  return log_;
}

void DelayLine::serve() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // wake when due, not up to 50 us later
  const nanoseconds offset = clock_offset();
  std::vector<std::uint8_t> buffer = frame_buffer();
  std::array ports{Port{Side::kNode, node_.fd(), player_.fd(), options_.from_node},
                   Port{Side::kPlayer, player_.fd(), node_.fd(), options_.from_player}};
  for (;;) {
    nanoseconds next = monotonic_now() + std::chrono::seconds(1);
    for (Port& port : ports) {
      while (!port.waiting.empty() && port.waiting.front().due <= monotonic_now()) {
        Held held = std::move(port.waiting.front());
        port.waiting.pop_front();
        {
          // Logged before it is sent: whoever has received it finds it in the log.
          const std::scoped_lock lock(mutex_);
          held.passed.departed = monotonic_now();
          log_.push_back(std::move(held.passed));
        }
        // A refusal by the other port would be a hole in the truth; it cannot happen with its queue and these loads.
        static_cast<void>(::send(port.out, held.frame.data(), held.frame.size(), 0));
      }
      if (!port.waiting.empty()) next = std::min(next, port.waiting.front().due);
    }
    std::array<pollfd, 3> waits{pollfd{ports[0].in, POLLIN, 0}, pollfd{ports[1].in, POLLIN, 0}, pollfd{stop_.fd(), POLLIN, 0}};
    const nanoseconds rest = std::max(nanoseconds(0), next - monotonic_now());
    const timespec timeout{.tv_sec = rest.count() / 1'000'000'000, .tv_nsec = rest.count() % 1'000'000'000};
    ::ppoll(waits.data(), waits.size(), &timeout, nullptr);
    if (waits[2].revents != 0) return;
    for (Port& port : ports) {
      while (std::optional<Held> held = receive(port.in, buffer, offset)) {
        held->passed.from = port.side;
        held->due = held->passed.arrived + port.delay + (options_.hold ? options_.hold(held->passed) : nanoseconds(0));
        if (options_.lose && options_.lose(held->passed)) {
          const std::scoped_lock lock(mutex_);
          log_.push_back(std::move(held->passed));
        } else {
          port.waiting.push_back(std::move(*held));
        }
      }
    }
  }
}

}  // namespace tickwire::harness
