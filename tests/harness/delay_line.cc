// SPDX-License-Identifier: Apache-2.0
#include "harness/delay_line.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <stdexcept>

#include "base/clock.h"

namespace tickwire::harness {

namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kHeadBytes = 128;
constexpr std::size_t kFrameBytes = 65536 + 64;

struct Held {
  nanoseconds due;
  std::vector<std::uint8_t> frame;
  PassedFrame passed;
};

UniqueFd packet_socket(const std::string& interface) {
  UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  const int queue_bytes = 16 << 20;
  ::setsockopt(fd.fd(), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
  ::setsockopt(fd.fd(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  ::setsockopt(fd.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &queue_bytes, sizeof queue_bytes);
  ::setsockopt(fd.fd(), SOL_SOCKET, SO_SNDBUFFORCE, &queue_bytes, sizeof queue_bytes);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
  if (::bind(fd.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("bind to " + interface + ": " + ::strerror(errno));
  }
  return fd;
}

// CLOCK_MONOTONIC less CLOCK_REALTIME: kernel stamps of frames are in the latter. From the tightest of many readings, so that
// being put off the processor between two of them does no harm.
nanoseconds clock_offset() {
  nanoseconds offset{};
  nanoseconds tightest = nanoseconds::max();
  for (int round = 0; round < 200; ++round) {
    const nanoseconds before = monotonic_now();
    const nanoseconds real = unix_now();
    const nanoseconds after = monotonic_now();
    if (after - before >= tightest) continue;
    tightest = after - before;
    offset = before + (after - before) / 2 - real;
  }
  return offset;
}

// A frame that waits in the socket, with the kernel's stamp of its arrival.
std::optional<Held> receive(int borrowed_fd, std::vector<std::uint8_t>& buffer, nanoseconds offset) {
  iovec part{buffer.data(), buffer.size()};
  std::array<char, 256> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t length = ::recvmsg(borrowed_fd, &message, 0);
  if (length <= 0) return std::nullopt;
  nanoseconds arrived = monotonic_now();
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{};
    ::memcpy(&stamp, CMSG_DATA(header), sizeof stamp);
    arrived = std::chrono::seconds(stamp.tv_sec) + nanoseconds(stamp.tv_nsec) + offset;
  }
  Held held;
  held.frame.assign(buffer.begin(), buffer.begin() + length);
  held.passed.arrived = arrived;
  held.passed.wire_bytes = static_cast<std::uint32_t>(length);
  held.passed.head.assign(buffer.begin(), buffer.begin() + std::min<std::ptrdiff_t>(length, kHeadBytes));
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
    node_ = packet_socket(node_port);
    player_ = packet_socket(player_port);
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
  std::vector<std::uint8_t> buffer(kFrameBytes);
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
