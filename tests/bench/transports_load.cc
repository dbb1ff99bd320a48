// SPDX-License-Identifier: Apache-2.0
#include "bench/transports_load.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <stdexcept>
#include <string>

#include "gameserver/common/clock.h"
#include "gameserver/common/unique_fd.h"

namespace tickwire::bench {
namespace {

using game::monotonic_now;
using game::UniqueFd;

constexpr std::size_t kReadBytes = 4096;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

UniqueFd connect_to(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  if (::connect(fd.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail(std::string("connect: ") + std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

// Sends and reads bytes; both carriers cost it alike, but for how many they are. The first answer shows how long they all are.
class Client {
 public:
  Client(Carrier carrier, std::uint16_t port) : head_(request_head(carrier)), carrier_(carrier), fd_(connect_to(port)) {}

  [[nodiscard]] int fd() const { return fd_.fd(); }
  [[nodiscard]] std::size_t under_way() const { return due_.size(); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

  void add(Nanoseconds due_mono) { waiting_.push_back(due_mono); }
  // Sends what waits, as far as depth goes, in one piece.
  void flush(unsigned depth) {
    out_.clear();
    while (!waiting_.empty() && due_.size() < depth) {
      const Body body = request_body(next_++);
      out_.append(head_).append(body.data(), body.size());
      due_.push_back(waiting_.front());
      waiting_.pop_front();
    }
    if (out_.empty()) return;
    // What is under way fits into any socket's buffer.
    if (::send(fd(), out_.data(), out_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(out_.size()))
      fail("a request was not taken");
  }
  // Reads what is there and calls answered(due) for each answer.
  template <typename Answered>
  void read(Answered answered) {
    std::array<char, kReadBytes> bytes;
    const auto count = ::recv(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) fail("the server closed a connection");
    in_.append(bytes.data(), static_cast<std::size_t>(count));
    std::size_t used = 0;
    while (const auto size = answer_bytes(std::string_view(in_).substr(used))) {
      used += *size;
      check(std::string_view(in_).substr(used - kBodyBytes, kBodyBytes));
      answered(due_.front());
      due_.pop_front();
    }
    in_.erase(0, used);
  }

 private:
  // Of the first answer in these bytes; nullopt: it is not complete.
  [[nodiscard]] std::optional<std::size_t> answer_bytes(std::string_view bytes) {
    if (answer_bytes_ == 0) {
      const auto end = bytes.find("\r\n\r\n");
      if (carrier_ == Carrier::kHttp && end == std::string_view::npos) return std::nullopt;
      answer_bytes_ = (carrier_ == Carrier::kHttp ? end + 4 : 4) + kBodyBytes;
    }
    return bytes.size() < answer_bytes_ ? std::nullopt : std::optional(answer_bytes_);
  }
  void check(std::string_view body) {
    const Body expected = answer_body(request_body(answered_++));
    if (due_.empty() || body != std::string_view(expected.data(), expected.size())) fail("an answer is not that to its request");
  }

  const std::string head_;
  const Carrier carrier_;
  UniqueFd fd_;
  std::string out_, in_;
  std::size_t answer_bytes_ = 0;     // 0: not known yet
  std::deque<Nanoseconds> waiting_;  // not sent
  std::deque<Nanoseconds> due_;      // sent, without an answer
  std::uint64_t next_ = 0;
  std::uint64_t answered_ = 0;
};

class Load {
 public:
  explicit Load(const LoadPlan& plan) : plan_(plan), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    clients_.reserve(plan.connections);
    for (unsigned i = 0; i < plan.connections; ++i) {
      clients_.emplace_back(plan.carrier, plan.port);
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, clients_.back().fd(), &event) != 0) fail("epoll_ctl");
    }
    result_.latencies_ns.reserve(std::size_t{1} << 20);
  }

  LoadResult run(const std::function<void()>& at_begin, const std::function<void()>& at_end) {
    start_ = monotonic_now();
    begin_ = start_ + plan_.warm_up;
    end_ = begin_ + plan_.measured;
    bool begun = false;
    Nanoseconds began{};
    if (!plan_.rate_hz) fill();
    for (auto now = start_; !is_over(now); now = monotonic_now()) {
      if (!begun && now >= begin_) {
        begun = true;
        at_begin();
        began = monotonic_now();
      }
      if (plan_.rate_hz) send_due(now);
      poll();
    }
    result_.took = monotonic_now() - began;
    at_end();
    std::ranges::sort(result_.latencies_ns);
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool is_over(Nanoseconds now) const {
    if (plan_.most_requests && result_.requests >= *plan_.most_requests) return true;
    return now >= end_ && (!plan_.rate_hz || under_way_ == 0);
  }
  void fill() {
    for (auto& client : clients_) {
      for (unsigned i = 0; i < plan_.depth; ++i) client.add(start_);
      client.flush(plan_.depth);
    }
  }
  void send_due(Nanoseconds now) {
    for (; now < end_; ++due_) {
      const auto due = start_ + Nanoseconds(std::llround(static_cast<double>(due_) * 1e9 / *plan_.rate_hz));
      if (due > now || due >= end_) return;
      auto& client = clients_[due_ % clients_.size()];
      client.add(due);
      ++under_way_;
      client.flush(plan_.depth);
    }
  }
  void poll() {
    std::array<epoll_event, 256> events;
    // With a schedule to keep it does not sleep: waking up would be late.
    const int ready = ::epoll_wait(epoll_.fd(), events.data(), events.size(), plan_.rate_hz ? 0 : 100);
    for (int i = 0; i < ready; ++i) {
      auto& client = clients_[events[static_cast<std::size_t>(i)].data.u64];
      client.read([&](Nanoseconds due) { answered(client, due); });
      client.flush(plan_.depth);
    }
  }
  void answered(Client& client, Nanoseconds due) {
    const auto now = monotonic_now();
    if (plan_.rate_hz) {
      --under_way_;
    } else {
      client.add(now);
    }
    if (due < begin_ || (!plan_.rate_hz && now >= end_)) return;
    ++result_.requests;
    const auto latency = std::min<std::int64_t>((now - due).count(), std::numeric_limits<std::uint32_t>::max());
    result_.latencies_ns.push_back(static_cast<std::uint32_t>(latency));
  }

  const LoadPlan plan_;
  UniqueFd epoll_;
  std::vector<Client> clients_;
  Nanoseconds start_{}, begin_{}, end_{};
  std::uint64_t due_ = 0;        // requests that have been due
  std::uint64_t under_way_ = 0;  // of these, without an answer
  LoadResult result_;
};

}  // namespace

std::uint32_t LoadResult::quantile_ns(double quantile) const {
  if (latencies_ns.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(latencies_ns.size())));
  return latencies_ns[std::clamp<std::size_t>(rank, 1, latencies_ns.size()) - 1];
}

LoadResult run_load(const LoadPlan& plan, const std::function<void()>& at_begin, const std::function<void()>& at_end) {
  return Load(plan).run(at_begin, at_end);
}

}  // namespace tickwire::bench
