// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/echo.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "gameserver/gateway/listen.h"

namespace tickwire::game {
namespace {

enum Id : std::uint64_t { kStop, kTimer, kUdp, kListener, kFirstClient };

constexpr std::size_t kMaxClients = 1024;

void set_tcp_option(int borrowed_fd, int option, int value) {
  ::setsockopt(borrowed_fd, IPPROTO_TCP, option, &value, sizeof value);
}

// The stamp of the last segment that a read returned; zero when the kernel gave none.
Nanoseconds arrival_stamp(msghdr& message) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec time{};
    std::memcpy(&time, CMSG_DATA(header), sizeof time);
    return to_nanoseconds(time);
  }
  return {};
}

}  // namespace

Echo::Echo(const ServerOptions& options)
    : options_(options),
      delay_(std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double, std::milli>(*options.echo_delay_ms))),
      next_id_(kFirstClient) {}

Result<std::unique_ptr<Echo>> Echo::open(const ServerOptions& options) {
  std::unique_ptr<Echo> echo(new Echo(options));
  if (const auto opened = echo->open_parts(); !opened) return std::unexpected(opened.error());
  return echo;
}

Result<void> Echo::open_parts() {
  raise_file_limit();
  return in_order([&] { return keep(poller_, Poller::open()); }, [&] { return keep(timer_, DeadlineTimer::open()); },
                  [&] { return keep(log_, LineFile::open(options_.echo_log_path)); },
                  [&] { return keep(udp_, DatagramSocket::open(options_.bind, options_.udp_port)); },
                  [&] { return keep(listener_, open_bound(options_.bind, options_.tcp_port, SOCK_STREAM)); },
                  [&] { return poller_->add(timer_->fd(), EPOLLIN, kTimer); },
                  [&] { return poller_->add(udp_->fd(), EPOLLIN, kUdp); },
                  [&] { return poller_->add(listener_->fd(), EPOLLIN, kListener); });
}

std::uint16_t Echo::tcp_port() const { return Endpoint::local_of(listener_->fd()).port(); }

void Echo::run(int borrowed_stop_fd) {
  if (!poller_->add(borrowed_stop_fd, EPOLLIN, kStop)) return;
  const auto ends =
      options_.duration_s
          ? monotonic_now() + std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(*options_.duration_s))
          : Nanoseconds::max();
  for (bool stopping = false; !stopping;) {
    const auto next = answers_.empty() ? ends : std::min(answers_.front().due_mono, ends);
    if (next == Nanoseconds::max()) {
      timer_->disarm();
    } else {
      timer_->arm(next);
    }
    for (const auto& event : poller_->wait()) {
      switch (event.data.u64) {
        case kStop:
          stopping = true;
          break;
        case kTimer:
          break;
        case kUdp:
          receive_datagrams();
          break;
        case kListener:
          accept();
          break;
        default:
          read(event.data.u64);
          break;
      }
    }
    const auto now = monotonic_now();
    answer_due(now);
    stopping = stopping || now >= ends;
    if (answers_.empty()) log_->flush();
  }
  log_->flush();
}

void Echo::receive_datagrams() {
  const auto datagrams = udp_->receive();
  const Stamps read{.read_unix = unix_now(), .read_mono = monotonic_now()};
  for (const auto& datagram : datagrams) {
    if (datagram.truncated) continue;
    Answer answer{.remote = datagram.remote, .own = datagram.own, .stamps = read};
    answer.bytes.assign(datagram.bytes.begin(), datagram.bytes.end());
    answer.stamps.received_unix = datagram.arrived_unix;
    hold(std::move(answer));
  }
}

void Echo::accept() {
  UniqueFd fd(::accept4(listener_->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd || clients_.size() >= kMaxClients) return;
  set_tcp_option(fd.fd(), TCP_NODELAY, 1);
  const auto id = next_id_++;
  if (!poller_->add(fd.fd(), EPOLLIN, id)) return;
  const auto remote = Endpoint::remote_of(fd.fd());
  clients_.emplace(id, Client{.fd = std::move(fd), .remote = remote, .in = {}});
}

void Echo::read(std::uint64_t id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  bool more = true;
  while (more) {
    if (!read_once(id, found->second, more)) {
      clients_.erase(found);
      return;
    }
  }
}

bool Echo::read_once(std::uint64_t id, Client& client, bool& more) {
  const auto space = client.in.writable();
  iovec part{.iov_base = space.data(), .iov_len = space.size()};
  alignas(cmsghdr) std::array<std::byte, 128> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const auto count = ::recvmsg(client.fd.fd(), &message, 0);
  const int reason = errno;
  more = count == static_cast<ssize_t>(space.size());
  if (count < 0) return reason == EAGAIN || reason == EINTR;
  if (count == 0) return false;
  if (options_.echo_ack != AckMode::kDefault) {
    set_tcp_option(client.fd.fd(), TCP_QUICKACK, options_.echo_ack == AckMode::kImmediate ? 1 : 0);
  }
  const Stamps stamps{.received_unix = arrival_stamp(message), .read_unix = unix_now(), .read_mono = monotonic_now()};
  client.in.commit(static_cast<std::size_t>(count));
  for (;;) {
    const auto frame = client.in.next();
    if (!frame) return false;
    if (!*frame) return true;
    Answer answer{.client = id, .remote = client.remote, .stamps = stamps};
    ByteWriter writer(answer.bytes);
    writer.write(static_cast<std::uint32_t>((*frame)->size()));
    writer.write_bytes(**frame);
    if (!hold(std::move(answer))) return false;
  }
}

bool Echo::hold(Answer answer) {
  if (held_bytes_ + answer.bytes.size() > kMaxHeldBytes) return false;
  Stamps& stamps = answer.stamps;
  if (stamps.received_unix == Nanoseconds::zero()) stamps.received_unix = stamps.read_unix;
  // The delay counts from the arrival, so the time in the socket is taken off. A step of the real-time clock must not reach
  // further.
  const auto waited = std::clamp(stamps.read_unix - stamps.received_unix, Nanoseconds::zero(), delay_);
  answer.due_mono = stamps.read_mono - waited + delay_;
  held_bytes_ += answer.bytes.size();
  answers_.push_back(std::move(answer));
  return true;
}

void Echo::answer_due(Nanoseconds now_mono) {
  while (!answers_.empty() && answers_.front().due_mono <= now_mono) {
    const Answer answer = std::move(answers_.front());
    answers_.pop_front();
    held_bytes_ -= answer.bytes.size();
    if (!send(answer)) continue;
    const auto sent_mono = monotonic_now();
    log(answer, unix_now(), sent_mono);
  }
}

bool Echo::send(const Answer& answer) {
  if (answer.client == 0) {
    const auto counts = udp_->queue(answer.remote, answer.own, answer.bytes);
    return counts.sent + udp_->flush().sent == 1;
  }
  const auto found = clients_.find(answer.client);
  if (found == clients_.end()) return false;
  const auto count = ::send(found->second.fd.fd(), answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL);
  if (count == static_cast<ssize_t>(answer.bytes.size())) return true;
  // A client that does not read has no use for an answer that comes late.
  clients_.erase(found);
  return false;
}

void Echo::log(const Answer& answer, Nanoseconds sent_unix, Nanoseconds sent_mono) {
  if (!log_->is_open()) return;
  log_->write(fmt::format(R"({{"protocol":"{}","remote":"{}","payload_bytes":{},"received_ns":{},"sent_ns":{},)"
                          R"("read_mono_ns":{},"sent_mono_ns":{}}})",
                          answer.client == 0 ? "udp" : "tcp", answer.remote.text(), answer.bytes.size(),
                          answer.stamps.received_unix.count(), sent_unix.count(), answer.stamps.read_mono.count(),
                          sent_mono.count()));
}

}  // namespace tickwire::game
